"""What is planned: what moves carry, which wait for which, and on which days they may not be."""

from __future__ import annotations

import copy
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from govcloud.errors import ToolkitError
from govcloud.migrations.assessing import Assessment, judge
from govcloud.migrations.planning import candidates, plan_document, plan_page, plan_waves
from govcloud.migrations.planning.loads import load_of
from govcloud.migrations.planning.needs import needs_of
from govcloud.topology import Topology, load
from govcloud.topology.moving import Move
from unit.inventories import MINIMAL

NOW = datetime(2012, 5, 1, tzinfo=UTC)
HOST = "legacy-court"
PROBES: dict[str, Any] = {
    "system": {
        "time": NOW.timestamp(),
        "asked": NOW.timestamp(),
        "mounts": [{"place": "/", "device": "/dev/sda1", "kind": "ext4", "size": 900, "free": 300}],
        "unread": [],
    },
    "network": {"listening": [{"port": 443}], "peers": [], "unread": []},
    "schedules": {"crontabs": [], "timers": [], "unread": []},
    "web": {"sites": [{"domains": ["notices.example"], "roots": [], "certificates": []}], "unread": []},
    "trees": {
        "trees": [
            {
                "root": "/srv/notices/attachments",
                "entries": 50,
                "bytes": 4000,
                "hour": 3600,
                "named": [],
                "special": [["fifo", "/srv/notices/attachments/queue"]],
            }
        ],
        "unread": [],
    },
    "databases": {
        "seconds": 10.0,
        "servers": [
            {
                "engine": "postgresql",
                "directory": "/data",
                "settings": [["server_version", "13.1"], ["server_version_num", "130001"]],
                "databases": [["notices", "100000"], ["other", "7"]],
                "written": [["1000"]],
                "later": {"written": [["6000"]]},
                "inside": {"notices": {"tables": [["12", "9"]]}},
            }
        ],
        "unread": [],
    },
}


@pytest.fixture(scope="module")
def topology() -> Topology:
    return load(MINIMAL)


@pytest.fixture
def probes() -> dict[str, Any]:
    return copy.deepcopy(PROBES)


def look(probes: dict[str, Any], host: str = HOST) -> Assessment:
    return Assessment("extranet", host, NOW, probes, judge(probes))


def moves(topology: Topology) -> list[Move]:
    return [topology.planes["extranet"].moves["court-notices-move"]]


def test_a_move_carries_its_databases_and_directories(topology: Topology, probes: dict[str, Any]) -> None:
    (move,) = moves(topology)
    found = load_of(look(probes), move)
    assert (found.data, found.changes, found.rest, found.entries, found.objects) == (104000, 501.0, 1, 50, 12)


def test_what_the_host_does_not_have_is_named(topology: Topology, probes: dict[str, Any]) -> None:
    probes["databases"]["servers"][0]["databases"].pop(0)
    probes["web"]["sites"].clear()
    with pytest.raises(ToolkitError, match=r"has no postgresql database notices, site notices\.example"):
        load_of(look(probes), moves(topology)[0])


def test_a_whole_machine_carries_what_its_disks_hold(topology: Topology, probes: dict[str, Any]) -> None:
    whole = moves(topology)[0].model_copy(
        update={"whole_machine": True, "databases": (), "files": (), "sites": ()}
    )
    assert load_of(look(probes), whole).data == 600


def test_what_was_not_accepted_stands_in_the_way(topology: Topology, probes: dict[str, Any]) -> None:
    probes["trees"]["trees"][0]["special"].append(["socket", "/srv/notices/attachments/live"])
    with pytest.raises(ToolkitError, match="file /srv/notices/attachments/live"):
        candidates(topology, topology.planes["extranet"], moves(topology), {HOST: look(probes)}, {})


def test_the_plan_says_when_why_and_how_long(topology: Topology, probes: dict[str, Any]) -> None:
    plane = topology.planes["extranet"]
    among = candidates(topology, plane, moves(topology), {HOST: look(probes)}, {})
    waves = plan_waves(among, date(2012, 5, 1), 2, ZoneInfo("Asia/Shanghai"))
    (wave,) = plan_document(waves, among)
    assert wave["begins"] == "2012-06-02T22:00:00+08:00"
    assert wave["moves"][0]["move"] == "court-notices-move"
    assert wave["moves"][0]["how"]
    names = {system.id: system.name_zh for system in plane.systems.values()}
    page = plan_page("example", "extranet", NOW, waves, among, names)
    assert "法院公告系统" in page
    assert "catching up" in page


def test_a_blackout_holds_for_the_owners_that_it_names(topology: Topology, probes: dict[str, Any]) -> None:
    plane = topology.planes["extranet"]
    (blackout,) = plane.declaration.migration.blackouts
    for owners, closed in (("units/city-court", 1), ("bodies/court", 1), ("units/*", 1), ("counties/*", 0)):
        rules = plane.declaration.migration.model_copy(
            update={"blackouts": (blackout.model_copy(update={"owners": (owners,)}),)}
        )
        closing = _with(plane, rules)
        found = candidates(topology, closing, moves(topology), {HOST: look(probes)}, {})
        assert len(found["court-notices-move"].closed) == closed, owners


def _with(plane: Any, rules: Any) -> Any:
    return replace(plane, declaration=plane.declaration.model_copy(update={"migration": rules}))


def second_move(plane: Any) -> Any:
    """The plane with one move from its host, and a second host, from which finance is moved."""
    host = plane.hosts[HOST].model_copy(
        update={"id": "legacy-finance", "address": plane.hosts[HOST].address + 1}
    )
    first = plane.moves["court-notices-move"]
    move = first.model_copy(update={"id": "finance-move", "system": "finance"})
    hosts = {HOST: plane.hosts[HOST], host.id: host}
    return replace(plane, hosts=hosts, moves={first.id: first, move.id: move})


def peer(address: str, own: int, other: int) -> dict[str, Any]:
    return {"program": "app", "address": address, "ports": [own, other], "seen": 1}


@pytest.mark.parametrize(
    ("own", "other", "first"),
    [(50000, 5432, "finance-move"), (443, 50000, "court-notices-move")],
    ids=["as a client", "as a server"],
)
def test_who_was_seen_calling_moves_behind_whom_it_called(
    topology: Topology, probes: dict[str, Any], own: int, other: int, first: str
) -> None:
    plane = second_move(topology.planes["extranet"])
    probes["network"]["peers"] = [peer("198.51.100.202", own, other)]
    needs = needs_of(plane, {HOST: look(probes)})
    (second,) = needs.keys() - {first}
    assert needs[second] == {first}
    assert not needs[first]


def test_what_configuration_names_counts_too(topology: Topology, probes: dict[str, Any]) -> None:
    plane = second_move(topology.planes["extranet"])
    probes["trees"]["trees"][0]["named"] = [
        {"host": "legacy-finance", "file": "/a", "line": 1, "kind": "host", "port": 0}
    ]
    assert needs_of(plane, {HOST: look(probes)})["court-notices-move"] == {"finance-move"}
