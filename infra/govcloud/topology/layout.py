"""What one plane will hold: segments, machines and their groups, laid out from its declarations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from govcloud.errors import Where
from govcloud.topology.addressing import AddressRequest
from govcloud.topology.common import Component
from govcloud.topology.declared import Declared, DeclaredPlane
from govcloud.topology.drafts import (
    BRIDGES,
    EDGES,
    Layout,
    MachineDraft,
    SegmentDraft,
    components,
    shared_id,
)
from govcloud.topology.hosted import Conference, Override, PlatformMachine, PlatformSegment, System
from govcloud.topology.model import Group
from govcloud.topology.plane import LevelName, Plane
from govcloud.topology.selectors import Resolver, UnresolvedError

NO_OVERRIDE = Override()


def lay_out(declared: Declared, plane: DeclaredPlane, resolver: Resolver) -> Layout:
    """Draft a plane. What does not resolve is left out: the checks report it."""
    if plane.plane is None:
        return Layout()
    drafter = _Drafter(declared, plane, plane.plane, resolver)
    layout = Layout()
    drafter.platform(layout)
    drafter.conferences(layout)
    drafter.systems(layout)
    layout.segments.extend(drafter.members())
    return layout


class _Drafter:
    def __init__(
        self, declared: Declared, plane: DeclaredPlane, declaration: Plane, resolver: Resolver
    ) -> None:
        self.declared = declared
        self.plane = plane
        self.declaration = declaration
        self.resolver = resolver

    # -- the platform itself -----------------------------------------------------------------

    def platform(self, layout: Layout) -> None:
        occupied = {machine.segment for machine in self.plane.machines.values()}
        for segment in self.plane.segments.values():
            layout.segments.append(self._platform_segment(segment, segment.id in occupied))
        for machine in self.plane.machines.values():
            home = self.plane.segments.get(machine.segment)
            if home is not None:
                group = Group(
                    machine.id, self.plane.id, home.project, machine.serves, (machine.id,), core=home.monitors
                )
                layout.groups.append(group)
                layout.machines.append(self._platform_machine(machine, home))

    def _platform_segment(self, segment: PlatformSegment, occupied: bool) -> SegmentDraft:
        return SegmentDraft(
            id=segment.id,
            kind="platform",
            level="platform",
            name_zh=segment.name_zh,
            owner=segment.project,
            project=segment.project,
            protection=segment.protection or self.declaration.protection,
            where=segment.where("prefix"),
            has_machines=occupied,
            prefix=segment.prefix,
            source=segment.source,
        )

    def _platform_machine(self, machine: PlatformMachine, home: PlatformSegment) -> MachineDraft:
        return MachineDraft(
            id=machine.id,
            kind="platform",
            name_zh=machine.name_zh,
            project=home.project,
            owner=home.project,
            segment=home.id,
            role=machine.role,
            group=machine.id,
            where=machine.where("address"),
            protection=home.protection or self.declaration.protection,
            configure=machine.configure,
            flavor=machine.flavor,
            placement=machine.placement,
            address=machine.address,
            floating=machine.floating,
            source=machine.source,
        )

    # -- systems -----------------------------------------------------------------------------

    def systems(self, layout: Layout) -> None:
        for system in self.plane.systems.values():
            blueprint = self.declared.blueprints.get(system.blueprint or "")
            if blueprint is None or system.declared_only is not None:
                continue
            before = len(layout.machines)
            for name, component, value in components(system, blueprint):
                if component.kind == "machines" and isinstance(value, int):
                    self._component(layout, system, name, component, value)
            if len(layout.machines) > before:
                layout.segments.append(
                    SegmentDraft(
                        id=system.id,
                        kind="system",
                        level="systems",
                        name_zh=system.name_zh,
                        owner=system.owner,
                        project=system.owner,
                        protection=system.protection,
                        where=system.where("id"),
                        has_machines=True,
                        source=system.source,
                    )
                )

    def _component(self, layout: Layout, system: System, name: str, component: Component, count: int) -> None:
        override = system.overrides.get(name, NO_OVERRIDE)
        group = f"{system.id}-{name}"
        ids = tuple(group if number == 1 else f"{group}-{number}" for number in range(1, count + 1))
        layout.groups.append(Group(group, self.plane.id, system.owner, component.serves, ids, system.id))
        for machine in ids:
            layout.machines.append(
                MachineDraft(
                    id=machine,
                    kind="system",
                    name_zh=system.name_zh,
                    project=system.owner,
                    owner=system.owner,
                    segment=system.id,
                    role=override.role or component.role or name,
                    group=group,
                    where=system.where("components", name),
                    protection=system.protection,
                    configure=component.configure if override.configure is None else override.configure,
                    flavor=override.flavor or component.flavor,
                    placement=override.placement,
                    floating=override.floating if machine == group else None,
                    system=system.id,
                    component=name,
                    source=system.source,
                )
            )

    # -- conferences -------------------------------------------------------------------------

    def conferences(self, layout: Layout) -> None:
        for conference in self.plane.conferences.values():
            for part in (BRIDGES, EDGES):
                layout.segments.append(self._conference_segment(conference, part))
            bridges = self._bridges(conference)
            edges = list(self._edges(conference))
            layout.machines.extend([*bridges, *edges])
            for part, machines in ((BRIDGES, bridges), (EDGES, edges)):
                names = tuple(machine.id for machine in machines)
                serves = (*conference.signalling, *conference.media)
                group = Group(
                    f"{conference.id}-{part}", self.plane.id, conference.project, serves, names, conference.id
                )
                layout.groups.append(group)
            layout.shared.append(
                AddressRequest(
                    shared_id(conference.id), f"{conference.id}-{BRIDGES}", conference.where("bridges")
                )
            )

    def _conference_segment(self, conference: Conference, part: str) -> SegmentDraft:
        return SegmentDraft(
            id=f"{conference.id}-{part}",
            kind="conference",
            level="platform",
            name_zh=conference.name_zh,
            owner=conference.owner,
            project=conference.project,
            protection=self.declaration.protection,
            where=conference.where(part),
            has_machines=True,
            source=conference.source,
        )

    def _bridges(self, conference: Conference) -> list[MachineDraft]:
        bridges = conference.bridges
        return [
            self._conference_machine(
                conference,
                f"{conference.id}-bridge-{number}",
                BRIDGES,
                conference.owner,
                bridges.flavor,
                bridges.placement,
            )
            for number in range(1, bridges.count + 1)
        ]

    def _edges(self, conference: Conference) -> Iterator[MachineDraft]:
        edges = conference.edges
        for selector in edges.venues:
            try:
                venues = self.resolver.resolve(selector).ids
            except UnresolvedError:
                continue
            for venue in venues:
                yield self._conference_machine(
                    conference, f"{conference.id}-edge-{venue}", EDGES, venue, edges.flavor, edges.placement
                )

    def _conference_machine(
        self,
        conference: Conference,
        name: str,
        part: str,
        owner: str,
        flavor: str | None,
        placement: str | None,
    ) -> MachineDraft:
        return MachineDraft(
            id=name,
            kind="conference",
            name_zh=conference.name_zh,
            project=conference.project,
            owner=owner,
            segment=f"{conference.id}-{part}",
            role=f"conference-{part[:-1]}",
            group=f"{conference.id}-{part}",
            where=conference.where(part),
            protection=self.declaration.protection,
            flavor=flavor,
            placement=placement,
            system=conference.id,
            component=part,
            shared=shared_id(conference.id) if part == BRIDGES else None,
            source=conference.source,
        )

    # -- members -----------------------------------------------------------------------------

    def members(self) -> Iterator[SegmentDraft]:
        """A segment for every member: units on the city's level, townships in their county's summary."""
        where = self.declaration.where("members")
        names = self._townships()
        for member in self.resolver.members:
            if member in self.declared.ambiguous:
                continue  # the check of the rosters reports it
            unit, county = self.declared.units.get(member), self.declared.counties.get(member)
            if unit is not None:
                yield self._member(member, "unit", "city", unit.name_zh, member, None, where, unit.source)
            elif county is not None:
                yield self._member(
                    member, "county", "county", county.name_zh, member, member, where, county.source
                )
            else:
                owner = self.resolver.rosters.county_of[member]
                source = self.declared.counties[owner].source
                yield self._member(member, "township", "county", names[member], owner, owner, where, source)

    def _townships(self) -> Mapping[str, str]:
        return {
            township.id: township.name_zh
            for county in self.declared.counties.values()
            for township in county.townships
        }

    def _member(
        self,
        member: str,
        kind: str,
        level: LevelName,
        name_zh: str,
        project: str,
        county: str | None,
        where: Where,
        source: tuple[str, ...],
    ) -> SegmentDraft:
        return SegmentDraft(
            id=member,
            kind=kind,
            level=level,
            name_zh=name_zh,
            owner=member,
            project=project,
            protection=self.declaration.protection,
            where=where,
            county=county,
            source=source,
        )
