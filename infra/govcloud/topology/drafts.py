"""Drafts: what one plane will hold, before addresses are given out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network

from govcloud.errors import Where
from govcloud.topology.addressing import AddressRequest, SegmentRequest
from govcloud.topology.common import Blueprint, Component
from govcloud.topology.hosted import System
from govcloud.topology.model import Group
from govcloud.topology.plane import Compute, LevelName
from govcloud.topology.words import Protection

BRIDGES = "bridges"
EDGES = "edges"


@dataclass(frozen=True)
class SegmentDraft:
    """A segment without its prefix."""

    id: str
    kind: str
    level: LevelName
    name_zh: str
    owner: str
    project: str
    protection: Protection
    where: Where
    has_machines: bool = False
    county: str | None = None
    prefix: IPv4Network | None = None
    source: tuple[str, ...] = ()

    def request(self) -> SegmentRequest:
        """What it asks of the address plan."""
        return SegmentRequest(self.id, self.level, self.where, self.county, self.prefix)


@dataclass(frozen=True)
class MachineDraft:
    """A machine without its address."""

    id: str
    kind: str
    name_zh: str
    project: str
    owner: str
    segment: str
    role: str
    group: str
    where: Where
    protection: Protection
    configure: tuple[str, ...] = ()
    flavor: str | None = None
    placement: str | None = None
    address: IPv4Address | None = None
    floating: IPv4Address | None = None
    system: str | None = None
    component: str | None = None
    shared: str | None = None
    source: tuple[str, ...] = ()

    def request(self) -> AddressRequest:
        """What it asks of the address plan."""
        return AddressRequest(self.id, self.segment, self.where, self.address)


@dataclass
class Layout:
    """Drafts of everything in a plane."""

    segments: list[SegmentDraft] = field(default_factory=list)
    machines: list[MachineDraft] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    shared: list[AddressRequest] = field(default_factory=list)


def shared_id(conference: str) -> str:
    """The id under which the address plan holds a conference's shared address."""
    return f"{conference}-shared"


def components(system: System, blueprint: Blueprint) -> Iterator[tuple[str, Component, int | str | None]]:
    """A system's components: name, the blueprint's part, and the system's count, machine or size."""
    for name, component in blueprint.components.items():
        yield name, component, system.components.get(name, 1 if component.kind == "machines" else None)


def zone(compute: Compute, placement: str | None) -> tuple[str, bool]:
    """A placement's availability zone, and whether machines there really run."""
    found = compute.placement(placement)
    return (found.zone, found.runs) if found else (compute.default_placement, False)
