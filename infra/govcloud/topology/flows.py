"""Who may reach whom: the flows that the declarations allow, resolved to prefixes and groups of machines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from ipaddress import IPv4Network

from govcloud.errors import Where
from govcloud.topology.addressing import Plan, collapsed
from govcloud.topology.declared import Declared, DeclaredPlane
from govcloud.topology.drafts import BRIDGES, EDGES, Layout, components
from govcloud.topology.hosted import Conference, Reach, System
from govcloud.topology.model import Flow, Group, Source
from govcloud.topology.selectors import INTERNET, Meaning, Resolver, UnresolvedError
from govcloud.topology.words import Service

SSH = Service("tcp", 22, 22)
ICMP = Service("icmp")
ANY = Service("any")

LED_ON = "https"
"""The service by which a host of today leads people on."""
BASTION_ROLE = "bastion"
MANAGED = "managed"
"""The group that every machine of a plane is in: it lets the bastion and the monitoring reach it."""


class Flows:
    """Computes one plane's flows."""

    def __init__(
        self, declared: Declared, plane: DeclaredPlane, resolver: Resolver, layout: Layout, plan: Plan
    ) -> None:
        self.services = declared.site.services if declared.site else {}
        self.declared = declared
        self.plane = plane
        self.resolver = resolver
        self.plan = plan
        self.layout = layout
        self.groups: Mapping[str, Group] = {group.id: group for group in layout.groups}

    def all(self) -> tuple[Flow, ...]:
        """Every flow of the plane, each once, in a stable order."""
        return tuple(
            dict.fromkeys(
                [
                    *self._management(),
                    *self._platform(),
                    *self._systems(),
                    *self._declared(),
                    *self._moves(),
                    *self._conferences(),
                ]
            )
        )

    # -- who is reached ----------------------------------------------------------------------

    def targets(self, system: System, service: str) -> tuple[str, ...]:
        """Ids of the groups through which a system serves `service`; none when it does not."""
        host = self.plane.systems.get(system.within) if system.within else system
        blueprint = self.declared.blueprints.get(host.blueprint or "") if host else None
        if host is None or blueprint is None:
            return ()
        found = []
        for name, component, value in components(host, blueprint):
            group = self.groups.get(value if isinstance(value, str) else f"{host.id}-{name}")
            if group is not None and service in (component.serves or group.serves):
                found.append(group.id)
        return tuple(found)

    def groups_of(self, system: str, component: str | None = None) -> tuple[str, ...]:
        """Ids of the groups of a system's components: its own, or those of the shared machines it runs on."""
        declared = self.plane.systems.get(system)
        if declared is None:
            return ()
        host = self.plane.systems.get(declared.within or "") or declared
        blueprint = self.declared.blueprints.get(host.blueprint or "")
        found = []
        for name, part, value in components(host, blueprint) if blueprint else ():
            group = value if isinstance(value, str) else f"{host.id}-{name}"
            if part.kind == "machines" and component in (None, name) and group in self.groups:
                found.append(group)
        return tuple(found)

    # -- where flows come from ---------------------------------------------------------------

    def _management(self) -> Iterator[Flow]:
        if self.plane.plane is None or self.plane.plane.access is None:
            return
        where = self.plane.plane.where("access")
        operators = Source("operators", "operators", self.plane.plane.access.operators)
        for machine in self.layout.machines:
            if machine.role == BASTION_ROLE:
                yield self._flow(
                    operators, machine.group, "ssh", SSH, "operators enter through the bastion", None, where
                )
                source = Source("group", machine.group)
                yield self._flow(
                    source, MANAGED, "ssh", SSH, "operators reach machines from the bastion", None, where
                )
        for segment in self.plane.segments.values():
            if segment.monitors:
                source = self._segments(f"segments-{segment.id}", (segment.id,))
                yield self._flow(source, MANAGED, "icmp", ICMP, "monitoring", None, segment.where("monitors"))

    def _platform(self) -> Iterator[Flow]:
        for machine in self.plane.machines.values():
            for index, reach in enumerate(machine.reached_by):
                where = machine.where("reached_by", index)
                yield from self._reach(reach, (machine.id,), where)

    def _systems(self) -> Iterator[Flow]:
        for system in self.plane.systems.values():
            if system.declared_only is not None:
                continue
            for index, reach in enumerate(system.reached_by):
                for service in reach.services:
                    where = system.where("reached_by", index)
                    yield from self._reach(reach, self.targets(system, service), where, (service,))
            yield from self._needs(system)

    def _needs(self, system: System) -> Iterator[Flow]:
        """A component opens the components that its blueprint says it needs."""
        blueprint = self.declared.blueprints.get(system.blueprint or "")
        if blueprint is None:
            return
        parts = {name: (component, value) for name, component, value in components(system, blueprint)}
        for name, (component, _) in parts.items():
            source = f"{system.id}-{name}"
            for need in component.needs:
                part, value = parts.get(need, (None, None))
                target = self.groups.get(value if isinstance(value, str) else f"{system.id}-{need}")
                if part is None or target is None or source not in self.groups:
                    continue
                for service in part.serves or target.serves:
                    because = f"component {name} of {system.id} needs {need}"
                    where = system.where("components", need)
                    yield from self._named(
                        Source("group", source), target.id, service, because, system.reviewed, where
                    )

    def _declared(self) -> Iterator[Flow]:
        for flow in self.plane.flows.values():
            kind, _, rest = flow.to.partition("/")
            system, _, component = rest.partition("/")
            found = self.groups_of(system, component or None) if kind == "systems" else (rest,)
            targets = tuple(target for target in found if target in self.groups)
            yield from self._reach(flow.reach, targets, flow.where("reach"))

    def _moves(self) -> Iterator[Flow]:
        """A host of today leads on to the platform whoever still comes to it for what has moved."""
        for move in self.plane.moves.values():
            system = self.plane.systems.get(move.system)
            today = system.runs_today if system else None
            host = self.plane.hosts.get(today.host) if today else None
            if system is None or host is None or not (move.sites or move.whole_machine):
                continue
            source = Source("host", f"host-{host.id}", (IPv4Network(host.address),))
            because = f"what still comes to {host.id} for {system.id} is led on"
            where = move.where("whole_machine" if move.whole_machine else "sites")
            for service in self._serves(system) if move.whole_machine else (LED_ON,):
                for target in self.targets(system, service):
                    yield from self._named(source, target, service, because, move.reviewed, where)

    def _serves(self, system: System) -> tuple[str, ...]:
        """What the system's own machines serve."""
        own = [group for group in self.groups.values() if group.system == system.id]
        return tuple(sorted({service for group in own for service in group.serves}))

    def _conferences(self) -> Iterator[Flow]:
        for conference in self.plane.conferences.values():
            yield from self._conference(conference)

    def _conference(self, conference: Conference) -> Iterator[Flow]:
        bridges, edges = f"{conference.id}-{BRIDGES}", f"{conference.id}-{EDGES}"
        where = conference.where("id")
        because = f"conference {conference.id}"
        for service in (*conference.signalling, *conference.media):
            yield from self._named(
                Source("group", edges), bridges, service, because, conference.reviewed, where
            )
            yield from self._named(
                Source("group", bridges), edges, service, because, conference.reviewed, where
            )
        standby = f"{because}: the bridges keep each other's state"
        yield self._flow(Source("group", bridges), bridges, "any", ANY, standby, conference.reviewed, where)

    # -- building ----------------------------------------------------------------------------

    def _reach(
        self, reach: Reach, targets: Iterable[str], where: Where, services: Iterable[str] | None = None
    ) -> Iterator[Flow]:
        sources = [source for selector in reach.sources for source in self.sources(selector)]
        for target in targets:
            for service in services or reach.services:
                for source in sources:
                    yield from self._named(source, target, service, reach.because, reach.approved, where)

    def sources(self, selector: str) -> Iterator[Source]:
        """Where a selector's members are: prefixes of segments, groups of machines, or the internet."""
        try:
            meaning: Meaning = self.resolver.resolve(selector)
        except UnresolvedError:
            return
        if meaning.kind == INTERNET:
            yield Source("internet", INTERNET)
        elif meaning.kind == "segments":
            yield self._segments(selector.replace("*", "all").replace("/", "-"), meaning.ids)
        elif meaning.kind == "machines":
            yield from (Source("group", name) for name in meaning.ids)
        else:
            for system in meaning.ids:
                yield from (Source("group", group) for group in self.groups_of(system, meaning.component))

    def _segments(self, name: str, ids: Iterable[str]) -> Source:
        prefixes = [self.plan.segments[segment] for segment in ids if segment in self.plan.segments]
        return Source("segments", name, collapsed(prefixes))

    def _named(
        self, source: Source, target: str, service: str, because: str, approved: str | None, where: Where
    ) -> Iterator[Flow]:
        if service in self.services:
            yield self._flow(source, target, service, self.services[service], because, approved, where)

    def _flow(
        self,
        source: Source,
        target: str,
        name: str,
        service: Service,
        because: str,
        approved: str | None,
        where: Where,
    ) -> Flow:
        return Flow(self.plane.id, source, target, name, service, because, approved, where)
