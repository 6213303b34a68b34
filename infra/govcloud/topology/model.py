"""The topology: what an inventory means, as frozen data. Everything later is computed from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from ipaddress import IPv4Address, IPv4Network

from govcloud.errors import Where
from govcloud.topology import common, hosted, moving
from govcloud.topology.plane import Egress, LevelName, Plane
from govcloud.topology.words import Protection, Service


@dataclass(frozen=True)
class Segment:
    """A security domain of one plane: a network with one prefix, owned by one project.

    `kind` is `unit`, `county`, `township`, `platform`, `system` or `conference`; `router` the id of the
    router whose interface is its gateway, the first address of the prefix.
    """

    id: str
    plane: str
    kind: str
    level: LevelName
    name_zh: str
    owner: str
    project: str
    protection: Protection
    prefix: IPv4Network
    router: str
    has_machines: bool
    source: tuple[str, ...] = ()

    @property
    def gateway(self) -> IPv4Address:
        """The router's address in the segment."""
        return self.prefix[1]

    @property
    def dynamic(self) -> tuple[IPv4Address, IPv4Address]:
        """First and last address of the upper half, which the cloud may give to unplanned ports."""
        return self.prefix[self.prefix.num_addresses // 2], self.prefix[-2]


@dataclass(frozen=True)
class Router:
    """A router: the plane's `border`, or that of one summary (a county, or a block of city units)."""

    id: str
    plane: str
    owner: str
    project: str
    level: LevelName
    backbone_address: IPv4Address
    summary: IPv4Network | None = None


@dataclass(frozen=True)
class Machine:
    """A machine. `runs` tells whether it really runs and is configured; `group` is the id of its Group."""

    id: str
    plane: str
    name_zh: str
    kind: str
    project: str
    owner: str
    segment: str
    address: IPv4Address
    floating: IPv4Address | None
    role: str
    configure: tuple[str, ...]
    flavor: str
    zone: str
    runs: bool
    group: str
    protection: Protection
    system: str | None = None
    component: str | None = None
    shared_address: IPv4Address | None = None
    source: tuple[str, ...] = ()


@dataclass(frozen=True)
class Group:
    """Machines of one purpose, which share a security group: a system's component, or a platform machine."""

    id: str
    plane: str
    project: str
    serves: tuple[str, ...]
    machines: tuple[str, ...]
    system: str | None = None
    core: bool = False


@dataclass(frozen=True)
class Source:
    """Where a flow comes from: `internet`, the `operators`, a `host` of today, a `group`, or `segments`."""

    kind: str
    id: str
    prefixes: tuple[IPv4Network, ...] = ()


@dataclass(frozen=True)
class Flow:
    """Who may reach whom on what, why, and by whose approval. Compiled to one rule for each service."""

    plane: str
    source: Source
    target: str
    service_id: str
    service: Service
    because: str
    approved: str | None
    where: Where


@dataclass(frozen=True)
class PlaneTopology:
    """One plane of the topology."""

    declaration: Plane
    egress: Egress | None
    segments: tuple[Segment, ...]
    routers: tuple[Router, ...]
    machines: tuple[Machine, ...]
    groups: tuple[Group, ...]
    flows: tuple[Flow, ...]
    systems: Mapping[str, hosted.System]
    conferences: Mapping[str, hosted.Conference]
    imports: Mapping[str, hosted.Import]
    websites: Mapping[str, hosted.Website]
    approvals: Mapping[str, hosted.Approval]
    adoptions: Mapping[str, hosted.Adoption]
    hosts: Mapping[str, moving.LegacyHost]
    moves: Mapping[str, moving.Move]
    platform_segments: Mapping[str, hosted.PlatformSegment]
    platform_machines: Mapping[str, hosted.PlatformMachine]
    declared_flows: Mapping[str, hosted.DeclaredFlow]
    members: tuple[str, ...]
    covered: Mapping[str, tuple[str, ...]]
    """By system: the units, counties and townships whose business it carries out."""
    served: Mapping[str, tuple[str, ...]]
    """By system: where it offers items of service to the public."""
    summaries: Mapping[str, IPv4Network]
    shared_addresses: Mapping[str, IPv4Address]

    @property
    def id(self) -> str:
        """The plane's id."""
        return self.declaration.id

    @property
    def provisioned(self) -> bool:
        """Whether the plane has a cloud of its own, or is declared only."""
        return self.declaration.provisioned

    @cached_property
    def segment(self) -> Mapping[str, Segment]:
        """Segments by id."""
        return {segment.id: segment for segment in self.segments}

    @cached_property
    def machine(self) -> Mapping[str, Machine]:
        """Machines by id."""
        return {machine.id: machine for machine in self.machines}

    @cached_property
    def group(self) -> Mapping[str, Group]:
        """Groups by id."""
        return {group.id: group for group in self.groups}


@dataclass(frozen=True)
class Topology:
    """A site: the common rosters, and the planes that were loaded."""

    site: common.Site
    units: Mapping[str, common.Unit]
    counties: Mapping[str, common.County]
    blueprints: Mapping[str, common.Blueprint]
    planes: Mapping[str, PlaneTopology]
    requirements: common.Requirements | None = None
    indicators: common.Indicators | None = None

    @cached_property
    def machines(self) -> tuple[Machine, ...]:
        """The machines of all loaded planes."""
        return tuple(machine for plane in self.planes.values() for machine in plane.machines)
