"""The indicators that a topology reaches, as far as the declaration tells."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from govcloud.topology.model import PlaneTopology, Topology


@dataclass(frozen=True)
class Indicator:
    """How many of how many, and who is missing. `bar` is in per cent, None where none is set."""

    id: str
    name_zh: str
    bar: int | None
    reached: int
    total: int
    missing: tuple[str, ...]

    @property
    def percent(self) -> float | None:
        """In per cent; None where the topology holds nobody to count, so that it cannot be determined."""
        return 100.0 * self.reached / self.total if self.total else None

    @property
    def holds(self) -> bool | None:
        """Whether the bar is reached; None where that cannot be determined or no bar is set."""
        return None if self.percent is None or self.bar is None else self.percent >= self.bar


def indicators(topology: Topology) -> tuple[Indicator, ...]:
    """Every indicator, computed from what is declared; nothing is typed in."""
    declared = topology.indicators.targets if topology.indicators else ()
    targets = {target.id: target for target in declared}
    found = []
    for name, (name_zh, count) in COUNTS.items():
        reached, wanted = count(topology)
        everybody = tuple(dict.fromkeys(wanted))
        missing = tuple(one for one in everybody if one not in reached)
        target = targets.get(name)
        found.append(
            Indicator(
                id=name,
                name_zh=target.name_zh if target else name_zh,
                bar=target.bar if target else None,
                reached=len(everybody) - len(missing),
                total=len(everybody),
                missing=missing,
            )
        )
    return tuple(found)


Counted = tuple[set[str], Iterable[str]]
"""Ids that reach the indicator, and ids of all that are counted."""


def _open_planes(topology: Topology) -> Iterator[PlaneTopology]:
    """Planes that count: provisioned, and not classified."""
    for plane in topology.planes.values():
        if plane.provisioned and plane.declaration.grading == "mlps":
            yield plane


def _townships(topology: Topology) -> list[str]:
    return [township.id for county in topology.counties.values() for township in county.townships]


def _interconnection(topology: Topology) -> Counted:
    connected = {member for plane in _open_planes(topology) for member in plane.members}
    return connected, [*topology.units, *topology.counties, *_townships(topology)]


def _covered(topology: Topology) -> set[str]:
    planes = _open_planes(topology)
    return {one for plane in planes for covered in plane.covered.values() for one in covered}


def _served(topology: Topology) -> set[str]:
    return {one for plane in _open_planes(topology) for served in plane.served.values() for one in served}


def _villages(topology: Topology) -> Counted:
    """The inventory holds no villages, so nobody is counted."""
    del topology
    return set(), ()


def _sharing(topology: Topology) -> Counted:
    """Hosted systems that exchange information: they answer for a dataset, or depend on an exchange."""
    shared: set[str] = set()
    counted: list[str] = []
    for plane in _open_planes(topology):
        exchanges = {name for name, system in plane.systems.items() if _exchanges(topology, system.blueprint)}
        for name, system in plane.systems.items():
            if system.declared_only is not None or name in exchanges:
                continue
            counted.append(name)
            if system.datasets or exchanges.intersection(system.depends_on):
                shared.add(name)
    return shared, counted


def _exchanges(topology: Topology, blueprint: str | None) -> bool:
    return blueprint is not None and topology.blueprints[blueprint].exchanges


COUNTS: Mapping[str, tuple[str, Callable[[Topology], Counted]]] = {
    "interconnection": ("网络互联互通率", _interconnection),
    "business-city": ("市级主要业务覆盖率", lambda topology: (_covered(topology), topology.units)),
    "business-county": ("县级主要业务覆盖率", lambda topology: (_covered(topology), topology.counties)),
    "service-items-county": (
        "县级政务服务事项覆盖率",
        lambda topology: (_served(topology), topology.counties),
    ),
    "service-items-township": (
        "乡镇政务服务事项覆盖率",
        lambda topology: (_served(topology), _townships(topology)),
    ),
    "service-items-village": ("社区（行政村）政务服务事项覆盖率", _villages),
    "sharing": ("主要业务信息共享率", _sharing),
}
