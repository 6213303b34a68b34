"""A court's system moves from its own server to the platform while people use it, and comes home again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from govcloud.demo.legacy import LegacyGuest
from govcloud.demo.machines import access_of, configure_all
from govcloud.demo.proofs import on
from govcloud.migrations.remote import Host
from govcloud.progress import Silent
from govcloud.provider import Cloud
from integration.conftest import StandingLab, apply, offer_images, plan
from integration.moving.department import (
    ADDRESS,
    COURT,
    MOVE,
    PLANE,
    Court,
    People,
    door,
    settle_in,
    site_of_the_court,
    title_of,
)

WEB, DATABASE = "shared-web", "shared-postgresql"


@pytest.fixture(scope="module")
def court(lab: StandingLab, pulumi_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Court]:
    work = tmp_path_factory.mktemp("court")
    offer_images(lab, work)
    site = site_of_the_court(work)
    (setting,) = site.settings(pulumi_root)
    guest = LegacyGuest(Cloud(PLANE, setting.work.clouds_file), "legacy-court", ADDRESS)
    apply(plan(setting), setting)
    try:
        found = settle_in(site, guest)
        configure_all(found.site, [setting], Silent(), lambda _: None)
        yield found
    finally:
        guest.fall()
        apply(plan(setting, destroy=True), setting)


def marks(court: Court, where: str) -> list[str]:
    """The marks of the entries that a server's register holds, as often as it holds them."""
    query = "SELECT mark FROM register.entry WHERE mark <> '' ORDER BY mark"
    words = ("runuser", "-u", "postgres", "--", "psql", "-XAtc", query, "-d")
    if where == DATABASE:
        access = access_of(court.site, PLANE)
        return on(access, access.machine(DATABASE), "sudo", *map(repr, words), "court_notices").split()
    with Host(court.login) as host:
        return host.done([*words, COURT.account]).decode().split()


def test_a_system_moves_while_people_use_it_and_comes_home(court: Court) -> None:
    assert court.done("assess", "legacy-court", "--seconds", "1")
    held = court.done("rehearse", MOVE)
    assert held["downtime"] < 30
    with People(court) as people:
        court.done("run", MOVE)
        done = court.done("cutover", court.ordered(), "--key", court.key("author"))
        people.until(20)
    assert done["differences"] == []
    assert people.refused <= {503}
    found = marks(court, DATABASE)
    assert len(found) == len(set(found))
    assert set(people.acknowledged) <= set(found)
    assert done["downtime"] <= people.gap < 30


def test_the_old_address_leads_to_the_platform(court: Court) -> None:
    with door(court) as pool:
        page = pool.request("GET", "/").data.decode()
    assert title_of(page) == COURT.title
    with Host(court.login) as host:
        assert host.run(["systemctl", "is-active", "notices.service"]).out.strip() == b"inactive"


def test_what_was_written_there_comes_home(court: Court) -> None:
    with People(court) as people:
        people.until(20)
        court.done("rollback", MOVE, "--yes")
        people.until(20)
    found = marks(court, "court")
    assert len(found) == len(set(found))
    assert set(people.acknowledged) <= set(found)
    with Host(court.login) as host:
        assert host.run(["systemctl", "is-active", "notices.service"]).out.strip() == b"active"
        assert host.run(["test", "-e", "/var/lib/govcloud/sites/court-notices"]).code == 1
