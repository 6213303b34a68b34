"""The whole city, as `./dev demo` raises it: counted in the clouds' own lists, configured, proved, planned again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest

from govcloud import lab as govlab
from govcloud.demo import Report, demonstrate
from govcloud.engine import History, Site, each_plane, find_drift, open_store
from govcloud.progress import Silent
from integration.conftest import ROOT, connect

AT_LEAST = 2000
PLANES = ("extranet", "classified")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The city's inventory, with clouds that nothing else stands in."""
    work = tmp_path_factory.mktemp("city")
    assert not any(cloud.alive for cloud in govlab.status(govlab.CLOUDS)), "the lab stands; take it down"
    govlab.down(work, govlab.CLOUDS)  # what a killed run may have left
    yield Site(ROOT / "inventories" / "jiujiang", work)
    govlab.down(work, govlab.CLOUDS)


@pytest.fixture(scope="module")
def said() -> list[str]:
    """What the demonstration says on its way."""
    return []


@pytest.fixture(scope="module")
def report(site: Site, said: list[str]) -> Report:
    """The demonstration, run once."""
    return demonstrate(site, Silent(), said.append)


def marked(work: Path, plane: str) -> Counter[str]:
    """How many objects of one cloud carry the city's marker, by the API's own lists and our none."""
    api = connect(work, plane)
    network, identity = api.network, api.identity
    lists = chain(
        network.networks(),
        network.subnets(),
        network.routers(),
        network.ports(),
        network.security_groups(),
        network.security_group_rules(),
        network.address_groups(),
        network.ips(),
        network.qos_policies(),
        identity.projects(),
        identity.users(),
    )
    found = Counter(
        type(one).__name__ for one in lists if (one.description or "").startswith(f"jiujiang/{plane}/")
    )
    servers = api.compute.servers(all_projects=True)
    found["Server"] = sum(
        server.metadata.get("govcloud", "").startswith(f"jiujiang/{plane}/") for server in servers
    )
    return found


def test_at_least_two_thousand_objects_stand_in_the_clouds(report: Report, site: Site) -> None:
    found = {plane: marked(site.work.root, plane) for plane in PLANES}
    assert sum(kinds.total() for kinds in found.values()) >= AT_LEAST, found
    assert found["extranet"]["Network"] >= 94 + 16 + 195
    assert found["classified"]["Network"] >= 16


def test_everything_declared_stands_exactly_once(report: Report) -> None:
    assert [census.plane for census in report.censuses if census.wrong] == []
    assert sum(census.total for census in report.censuses) >= AT_LEAST


def test_every_proof_holds(report: Report) -> None:
    assert len(report.proofs) >= 8
    assert [proof.what for proof in report.proofs if not proof.holds] == []


def test_a_departments_system_moved_in_while_people_used_it(report: Report) -> None:
    (seen,) = [proof.seen for proof in report.proofs if "while people use it" in proof.what]
    assert "0 are lost and 0 twice" in seen


def test_it_tells_what_it_did(report: Report, said: list[str]) -> None:
    assert "a second plan finds nothing to do" in said
    assert any("machines configured" in line for line in said)


def test_its_plans_were_signed_by_as_many_as_each_plane_asks_for(report: Report, site: Site) -> None:
    for plane, asked in (("extranet", 1), ("classified", 2)):
        store = open_store(None, site.plane_work(plane).state)
        begun, applied = [entry.said for entry in History(store).entries()][:2]
        assert (begun["signatures_asked"], len(begun["approvers"])) == (asked, asked)
        assert applied["what"] == "applied"


def test_the_untouched_city_has_no_drift(report: Report, site: Site) -> None:
    found = each_plane(site.settings(), lambda setting: find_drift(setting, Silent()))
    assert [one for drift in found for one in drift.found] == []
    assert sum(drift.objects for drift in found) == sum(census.total for census in report.censuses)
