"""Row by row, what in the topology stands for the site's requirements."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from govcloud.topology.model import PlaneTopology, Topology
from govcloud.topology.thing import Thing


class Standing(StrEnum):
    """How a thing stands."""

    PROVISIONED = "provisioned"
    HOSTED = "hosted"
    MIGRATED = "migrated"
    DECLARED_ONLY = "declared only"


@dataclass(frozen=True)
class Stand:
    """One thing that stands for a row. `plane` is empty for what is common to all planes."""

    kind: str
    id: str
    name_zh: str
    plane: str
    standing: Standing


def rows(topology: Topology) -> Mapping[str, tuple[Stand, ...]]:
    """By row of the requirements, in their order, the things that name it in `source`."""
    known = topology.requirements.rows if topology.requirements else ()
    found: dict[str, list[Stand]] = {row.id: [] for row in known}
    for source, stand in _stands(topology):
        for row in source:
            found.setdefault(row, []).append(stand)
    return {row: tuple(stands) for row, stands in found.items()}


def _stands(topology: Topology) -> Iterator[tuple[tuple[str, ...], Stand]]:
    connected = {
        member for plane in topology.planes.values() if plane.provisioned for member in plane.members
    }
    for kind, things in (("unit", topology.units), ("county", topology.counties)):
        for thing in things.values():
            standing = Standing.PROVISIONED if thing.id in connected else Standing.DECLARED_ONLY
            yield thing.source, Stand(kind, thing.id, thing.name_zh, "", standing)
    if topology.indicators is not None:
        stand = Stand("indicators", "indicators", "指标", "", Standing.DECLARED_ONLY)
        yield topology.indicators.source, stand
    for plane in topology.planes.values():
        yield from _of_plane(plane)


def _of_plane(plane: PlaneTopology) -> Iterator[tuple[tuple[str, ...], Stand]]:
    built = Standing.PROVISIONED if plane.provisioned else Standing.DECLARED_ONLY
    yield plane.declaration.source, _stand("plane", plane.declaration, plane, built)
    compute = plane.declaration.compute
    for placement in compute.placements if compute else ():
        yield placement.source, Stand("placement", placement.id, placement.name_zh, plane.id, built)
    collections: tuple[tuple[str, Mapping[str, Thing], Standing], ...] = (
        ("segment", plane.platform_segments, built),
        ("machine", plane.platform_machines, built),
        ("flow", plane.declared_flows, built),
        ("conference", plane.conferences, built),
        ("website", plane.websites, Standing.HOSTED if plane.provisioned else built),
        ("import", plane.imports, Standing.DECLARED_ONLY),
        ("approval", plane.approvals, Standing.DECLARED_ONLY),
    )
    if plane.egress is not None:
        yield plane.egress.source, _stand("egress", plane.egress, plane, built)
    for kind, things, standing in collections:
        for thing in things.values():
            yield thing.source, _stand(kind, thing, plane, standing)
    for system in plane.systems.values():
        yield system.source, _stand("system", system, plane, _hosting(plane, system.id))


def _hosting(plane: PlaneTopology, system: str) -> Standing:
    declared = plane.systems[system]
    if declared.declared_only is not None or not plane.provisioned:
        return Standing.DECLARED_ONLY
    return Standing.MIGRATED if declared.runs_today is not None else Standing.HOSTED


def _stand(kind: str, thing: Thing, plane: PlaneTopology, standing: Standing) -> Stand:
    return Stand(kind, thing.id, thing.name_zh, plane.id, standing)
