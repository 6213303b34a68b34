"""The diagram shows every segment and machine, planes apart, and escapes what it shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from govcloud.topology import Topology, diagram, load

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def city() -> Topology:
    return load(ROOT / "inventories" / "jiujiang")


def test_every_segment_and_machine_is_drawn(city: Topology) -> None:
    page = diagram(city)
    for plane in city.planes.values():
        missing = [s.id for s in plane.segments if str(s.prefix) not in page or s.name_zh not in page]
        assert not missing
        assert not [m.id for m in plane.machines if m.id not in page]


def test_planes_are_drawn_apart(city: Topology) -> None:
    page = diagram(city)
    assert page.count("nothing joins the planes") == len(city.planes) - 1
    assert page.count('<section class="plane') == len(city.planes)
