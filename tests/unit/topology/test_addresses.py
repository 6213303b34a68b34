"""The address plan: deterministic, and nothing in it ever moves."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from ipaddress import IPv4Network
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govcloud.errors import Where
from govcloud.topology import load
from govcloud.topology.addresses import allocate as allocate_site
from govcloud.topology.addressing import AddressRequest, Plan, SegmentRequest
from govcloud.topology.allocation import allocate
from govcloud.topology.document import Document
from govcloud.topology.lock import Lock
from govcloud.topology.plane import Plane

MINIMAL = Path(__file__).parents[3] / "inventories" / "minimal"
HERE = Where(Path("plane.yaml"))


def plane() -> Plane:
    found = Plane.model_validate(
        {
            "id": "office",
            "name_zh": "办公内网",
            "grading": "mlps",
            "protection": "mlps-2",
            "provisioned": False,
            "because": "a test",
            "members": ["units/*"],
            "addresses": {
                "space": "10.0.0.0/8",
                "backbone": "10.0.0.0/24",
                "platform": {"pool": "10.1.0.0/16", "segment": 24},
                "systems": {"pool": "10.2.0.0/16", "segment": 27},
                "city": {"pool": "10.3.0.0/16", "summary": 22, "segment": 24},
                "county": {"pool": "10.4.0.0/16", "summary": 21, "segment": 24},
            },
        }
    )
    found.bind(Document(HERE.file, None, {}))
    return found


def requests(units: Sequence[str], townships: Sequence[tuple[str, str]]) -> list[SegmentRequest]:
    city = [SegmentRequest(unit, "city", HERE) for unit in units]
    return city + [SegmentRequest(name, "county", HERE, county) for county, name in townships]


def plan(wanted: list[SegmentRequest], lock: Lock | None = None) -> Plan:
    machines = [AddressRequest(f"{request.id}-machine", request.id, HERE) for request in wanted]
    return allocate(plane(), lock or Lock(), wanted, machines)


def recorded(found: Plan) -> Lock:
    return Lock(summaries=found.summaries, segments=found.segments, addresses=found.addresses)


units = st.lists(st.sampled_from([f"u{n}" for n in range(30)]), unique=True)
townships = st.lists(
    st.tuples(st.sampled_from(["east", "west", "lake"]), st.sampled_from([f"t{n}" for n in range(8)])),
    unique_by=lambda t: t[1],
)


@given(units, townships, units, townships)
@settings(max_examples=60, deadline=None)
def test_nothing_moves_when_things_come_and_go(
    units_before: list[str],
    townships_before: list[tuple[str, str]],
    units_after: list[str],
    townships_after: list[tuple[str, str]],
) -> None:
    county_of = {name: county for county, name in townships_before}
    kept = [(county_of.get(name, county), name) for county, name in townships_after]
    before = plan(requests(units_before, townships_before))
    after = plan(requests(units_after, kept), recorded(before))
    assert not before.errors
    assert not after.errors
    for kind in ("summaries", "segments", "addresses"):
        was, now = getattr(before, kind), getattr(after, kind)
        assert {name: now[name] for name in was} == was


@given(units, townships)
@settings(max_examples=40, deadline=None)
def test_no_two_segments_overlap_and_each_lies_in_its_summary(
    some_units: list[str], some_townships: list[tuple[str, str]]
) -> None:
    found = plan(requests(some_units, some_townships))
    prefixes = sorted(found.segments.values())
    assert all(not a.overlaps(b) for a, b in pairwise(prefixes))
    assert len(set(found.addresses.values())) == len(found.addresses)
    for segment, summary in found.summary_of.items():
        assert found.segments[segment].subnet_of(found.summaries[summary])


@given(units, st.randoms())
@settings(max_examples=30, deadline=None)
def test_a_recorded_plan_does_not_depend_on_the_order_of_things(
    some_units: list[str], random: object
) -> None:
    wanted = requests(some_units, [])
    lock = recorded(plan(wanted))
    shuffled = list(wanted)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert plan(shuffled, lock).segments == plan(wanted, lock).segments
    assert plan(shuffled, lock).added == []


def test_what_is_gone_keeps_its_prefix() -> None:
    first = plan(requests(["a", "b", "c"], []))
    later = plan(requests(["a", "c", "d"], []), recorded(first))
    assert later.segments["d"] not in first.segments.values()
    assert later.segments["b"] == first.segments["b"]


def test_a_full_block_of_the_city_is_followed_by_another() -> None:
    found = plan(requests([f"u{n}" for n in range(6)], []))
    assert found.summaries == {"city-1": IPv4Network("10.3.0.0/22"), "city-2": IPv4Network("10.3.4.0/22")}
    assert found.summary_of["u3"] == "city-1"
    assert found.summary_of["u4"] == "city-2"


def test_the_county_s_own_segment_comes_first_in_its_summary() -> None:
    found = plan(requests([], [("east", "east"), ("east", "t1"), ("west", "west")]))
    assert found.segments["east"] == IPv4Network("10.4.0.0/24")
    assert found.segments["t1"] == IPv4Network("10.4.1.0/24")
    assert found.segments["west"] == IPv4Network("10.4.8.0/24")


def test_a_county_beyond_the_pool_is_told_once_and_its_townships_are_not() -> None:
    townships_of = [(f"c{n}", f"c{n}-t{m}") for n in range(33) for m in range(2)]
    found = plan(requests([], townships_of))
    assert [error.what for error in found.errors] == [
        "county c32 has no summary: pool 10.4.0.0/16 of level county is exhausted"
    ]


def test_machines_stand_in_the_planned_half_and_the_gateway_is_nobodys() -> None:
    wanted = [SegmentRequest("data", "systems", HERE)]
    machines = [AddressRequest(f"m{n}", "data", HERE) for n in range(12)]
    found = allocate(plane(), Lock(), wanted, machines)
    assert not found.errors
    assert [str(found.addresses[f"m{n}"]) for n in (0, 11)] == ["10.2.0.4", "10.2.0.15"]


def test_recording_makes_a_new_unit_loadable_and_moves_nothing(tmp_path: Path) -> None:
    root = tmp_path / "site"
    shutil.copytree(MINIMAL, root)
    before = load(root)
    (root / "units" / "city-audit.yaml").write_text(
        "id: city-audit\nname_zh: 市审计局\nbody: government\n", "utf-8"
    )
    for found in allocate_site(root):
        assert found.added == ("city-audit",)
        found.record()
    after = load(root)
    for name, was in before.planes.items():
        now = after.planes[name]
        assert {key: now.segment[key].prefix for key in was.segment} == {s.id: s.prefix for s in was.segments}
        assert {key: now.machine[key].address for key in was.machine} == {
            m.id: m.address for m in was.machines
        }
        assert "city-audit" in now.segment


def test_allocating_writes_nothing(tmp_path: Path) -> None:
    root = tmp_path / "site"
    shutil.copytree(MINIMAL, root)
    (root / "extranet" / "addresses.lock.yaml").unlink()
    found = allocate_site(root, ["extranet"])
    assert len(found[0].added) > 20
    assert not (root / "extranet" / "addresses.lock.yaml").exists()


@pytest.mark.parametrize("name", ["minimal", "jiujiang"])
def test_the_lock_files_in_the_repository_are_whole_and_in_order(name: str) -> None:
    for found in allocate_site(MINIMAL.parent / name):
        assert found.added == ()
        assert found.render() == found.file.read_text(encoding="utf-8")
