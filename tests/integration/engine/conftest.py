"""The small site, applied to the lab's clouds for these tests alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from govcloud.engine import Plan, Setting, Site, apply_plan, each_plane, make_plan
from govcloud.progress import Silent
from govcloud.toolchain import find_pulumi
from integration.conftest import StandingLab, offer_images

ROOT = Path(__file__).parents[3]


def plan(setting: Setting, **more: bool) -> Plan:
    """A plan of everything, made now."""
    return make_plan(setting, Silent(), datetime.now(UTC), **more)


def apply(made: Plan, setting: Setting) -> int:
    """Apply it now; how many objects stand for it."""
    return apply_plan(made, setting, Silent(), datetime.now(UTC)).standing


@pytest.fixture(scope="session")
def small_site(lab: StandingLab, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """`inventories/minimal` with a work directory of its own."""
    work = tmp_path_factory.mktemp("minimal")
    offer_images(lab, work)
    return Site(ROOT / "inventories" / "minimal", work)


@pytest.fixture(scope="session")
def settings(small_site: Site) -> list[Setting]:
    """A setting for each plane of the small site."""
    return small_site.settings(find_pulumi(Silent()).root)


@pytest.fixture(scope="session")
def applied(settings: list[Setting]) -> Iterator[dict[str, Setting]]:
    """The small site standing in both clouds; taken down after."""
    each_plane(settings, lambda setting: apply(plan(setting), setting))
    yield {setting.plane: setting for setting in settings}
    each_plane(settings, lambda setting: apply(plan(setting, destroy=True), setting))
