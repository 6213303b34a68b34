"""An apply that is killed at random instants, in any of its processes: run again, all stands once."""

from __future__ import annotations

import random
import time
from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest

from govcloud.engine import Setting, Site, find_drift, make_plan, take_census
from govcloud.engine.journal import INTENTS
from govcloud.progress import Silent
from govcloud.provider import KINDS, CloudError, Session
from integration.conftest import ROOT, StandingLab, apply, offer_images, plan
from integration.crash.killing import Ground, Kills, copies, finish, kill_until

KILLS = 6
"""`./dev bench crash` has sixty."""
SWEPT_WITHIN = 180.0
COUNTY = "classified/county-lakeside"
STACKS = (COUNTY, "classified/county-990421")


@pytest.fixture(scope="module")
def site(lab: StandingLab, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """The small site with a work directory of its own."""
    work = tmp_path_factory.mktemp("killed")
    offer_images(lab, work)
    return Site(ROOT / "inventories" / "minimal", work)


@pytest.fixture(scope="module")
def setting(site: Site, pulumi_root: Path) -> Iterator[Setting]:
    """Its classified plane, standing; taken down in the end."""
    made = site.setting("classified", pulumi_root)
    apply(plan(made), made)
    yield made
    apply(plan(made, destroy=True), made)


def _take_down(setting: Setting, *stacks: str) -> None:
    apply(make_plan(setting, Silent(), datetime.now(UTC), stacks, destroy=True), setting)


def _ground(site: Site, setting: Setting, log: Path, *more: str, adopts: bool = True) -> Ground:
    where = ("--inventory", str(site.inventory), "--work", str(site.work.root), "--plane", "classified")
    return Ground(setting, ("apply", "--yes", *where, *more), log, adopts)


def test_whatever_is_killed_and_whenever_all_stands_once(
    site: Site, setting: Setting, tmp_path: Path
) -> None:
    only = [word for stack in STACKS for word in ("--stack", stack)]
    ground, kills, dice = _ground(site, setting, tmp_path / "calls", *only), Kills(), random.Random(4)
    while kills.number < KILLS:
        _take_down(setting, *STACKS)
        kill_until(ground, KILLS, dice, kills, calls=8)
    finish(ground)
    assert kills.survivors == []
    assert kills.amid_a_create >= KILLS // 2, kills
    assert take_census(setting).wrong == ()
    assert find_drift(setting, Silent()).found == ()
    assert not plan(setting)


def test_a_tool_that_does_not_look_makes_things_twice(site: Site, setting: Setting, tmp_path: Path) -> None:
    """The control: kills with adoption switched off. It would pass if nothing were ever at stake."""
    _take_down(setting, COUNTY)
    ground = _ground(site, setting, tmp_path / "calls", "--stack", COUNTY, adopts=False)
    for calls in (5, 7):
        with ground.start() as run:
            # The second may find its way blocked by copies before that.
            while ground.begun(run.pid) < calls and run.poll() is None:
                time.sleep(0.005)
            run.kill()
            run.communicate()
    try:
        assert copies(setting, [COUNTY])
    finally:
        _sweep(setting)
    apply(plan(setting), setting)
    assert take_census(setting).wrong == ()


def _sweep(setting: Setting) -> None:
    """Delete what bears the county's marker, whatever made it, until nothing does."""
    # What was sent need not be waited for: it is taken away here.
    for name in setting.store.names(INTENTS):
        setting.store.delete(name)
    until = time.monotonic() + SWEPT_WITHIN
    while _swept(setting):
        assert time.monotonic() < until, "copies keep coming"


def _swept(setting: Setting) -> int:
    """How much there was to delete, the dependent first; some of it may still have been coming."""
    with setting.looking({}) as session:
        routers = _marked(session, "router")
        legs = KINDS["router_interface"]
        found = [(legs, legs.identity(leg)) for leg in _legs(session) if leg["router"] in routers]
        for name in ("security_group_rule", "security_group", "subnet", "network"):
            found += [(KINDS[name], identifier) for identifier in _marked(session, name)]
        for identifier in routers:
            session.cloud.send("network", "PUT", f"/routers/{identifier}", {"router": {"routes": []}})
        found += [(KINDS["router"], identifier) for identifier in routers]
        for kind, identifier in found:
            try:
                kind.delete(session.cloud, identifier)
            except CloudError as error:
                # What has come since it was looked at holds it: that is met the next time.
                if error.status != HTTPStatus.CONFLICT:
                    raise
    return len(found)


def _legs(session: Session) -> Collection[Any]:
    return session.snapshot.index(KINDS["router_interface"]).by_id.values()


def _marked(session: Session, name: str) -> list[str]:
    kind = KINDS[name]
    return [
        identifier
        for identifier, raw in session.snapshot.index(kind).by_id.items()
        if f"/{COUNTY}/" in kind.marker(raw)
    ]
