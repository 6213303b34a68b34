"""What integration tests share: the lab's two clouds, brought up once for the whole run."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import openstack.config
import pytest
from openstack.connection import Connection

from govcloud import lab as govlab
from govcloud.engine import Plan, Setting, Site, apply_plan, each_plane, make_plan, write_plan
from govcloud.progress import Silent
from govcloud.toolchain import find_pulumi


def pytest_configure(config: pytest.Config) -> None:
    """openstacksdk warns of itself: it calls, inside, what it has deprecated for us."""
    for release in ("50", "60"):
        config.addinivalue_line("filterwarnings", f"ignore::openstack.warnings.RemovedInSDK{release}Warning")


def connect(work: Path, plane: str) -> Connection:
    """A new connection as the administrator of one plane's cloud, by `<work>/<plane>/clouds.yaml`."""
    file = work / plane / "clouds.yaml"
    config = openstack.config.OpenStackConfig(config_files=[str(file)], load_envvars=False)
    return Connection(config=config.get_one(cloud=plane))


def offer_images(lab: StandingLab, work: Path, clouds: Sequence[govlab.LabCloud] = govlab.CLOUDS) -> None:
    """Give a work directory the lab's credentials and guest image."""
    for cloud in clouds:
        govlab.offer_image(work / cloud.plane / "images")
        credentials = work / cloud.plane / "clouds.yaml"
        credentials.write_text((lab.work / cloud.plane / "clouds.yaml").read_text())


@dataclass(frozen=True)
class StandingLab:
    """The clouds `extranet` and `classified`, ready; `work` holds `<plane>/clouds.yaml`."""

    work: Path

    def connect(self, plane: str) -> Connection:
        """A new connection as the administrator of one plane's cloud."""
        return connect(self.work, plane)


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandingLab]:
    """The lab: what stood before stays as it was, what the tests brought up goes with them."""
    chosen = os.environ.get("GOVCLOUD_WORK")
    work = Path(chosen).absolute() if chosen else tmp_path_factory.mktemp("work")
    ours = [now.cloud for now in govlab.status(govlab.CLOUDS) if not now.alive]
    govlab.down(work, ours)  # what a killed run may have left
    govlab.up(work, govlab.CLOUDS)
    yield StandingLab(work)
    govlab.down(work, ours)


ROOT = Path(__file__).parents[2]


def plan(setting: Setting, **more: bool) -> Plan:
    """A plan of everything, made now."""
    return make_plan(setting, Silent(), datetime.now(UTC), **more)


def apply(made: Plan, setting: Setting) -> int:
    """Apply it now; how many objects stand for it."""
    folder = write_plan(made, setting.work.plans)
    return apply_plan(folder, setting, Silent(), datetime.now(UTC)).standing


@pytest.fixture(scope="session")
def small_site(lab: StandingLab, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """`inventories/minimal` with a work directory of its own."""
    work = tmp_path_factory.mktemp("minimal")
    offer_images(lab, work)
    return Site(ROOT / "inventories" / "minimal", work)


@pytest.fixture(scope="session")
def pulumi_root() -> Path:
    """Where the Pulumi CLI lies."""
    return find_pulumi(Silent()).root


@pytest.fixture(scope="session")
def settings(small_site: Site, pulumi_root: Path) -> list[Setting]:
    """A setting for each plane of the small site."""
    return small_site.settings(pulumi_root)


Standing = Callable[..., dict[str, Setting]]
"""Takes names of planes; gives a setting for each, standing."""


@pytest.fixture(scope="session")
def standing(settings: list[Setting]) -> Iterator[Standing]:
    """Applies the planes of the small site that do not stand yet, side by side; takes all down in the end."""
    stand: dict[str, Setting] = {}

    def raise_planes(*planes: str) -> dict[str, Setting]:
        missing = [one for one in settings if one.plane in planes and one.plane not in stand]
        each_plane(missing, lambda setting: apply(plan(setting), setting))
        stand.update({one.plane: one for one in missing})
        return stand

    yield raise_planes
    each_plane(list(stand.values()), lambda setting: apply(plan(setting, destroy=True), setting))


@pytest.fixture(scope="session")
def applied(settings: list[Setting], standing: Standing) -> dict[str, Setting]:
    """The small site standing in both clouds."""
    return standing(*(setting.plane for setting in settings))
