"""Which stack holds what in a plane, and by which name: the one place that knows."""

from __future__ import annotations

from collections.abc import Mapping

from govcloud.stacks.origin import Origins
from govcloud.topology import Flow, Group, Machine, PlaneTopology, Segment, Source, Topology

CORE = "core"
CITY = "city"
SYSTEMS = "systems"
VIDEOCONF = "videoconf"

ORDER = (CORE, CITY, "county", SYSTEMS, VIDEOCONF)
"""Stacks stand in this order: one refers only to those before it, or to itself."""


class Places:
    """Addresses of a plane's resources by the topology's ids."""

    def __init__(self, topology: Topology, plane: PlaneTopology) -> None:
        self.topology = topology
        self.plane = plane
        self.origins = Origins(topology, plane)
        self._counties: Mapping[str, str] = {
            county.id: f"county-{county.key}" for county in topology.counties.values()
        }
        self._platform = {project.id for project in plane.declaration.projects}
        self._segments: Mapping[str, Segment] = plane.segment
        self._groups: Mapping[str, Group] = plane.group

    @property
    def image(self) -> str:
        """The id of the image that the plane's machines start from."""
        compute = self.plane.declaration.compute
        if compute is None:
            raise LookupError(f"plane {self.plane.id} has no machines")
        return compute.image.id

    def county(self, county: str) -> str:
        """The short name of a county's stack."""
        return self._counties[county]

    def project_stack(self, project: str) -> str:
        """The stack that holds a project."""
        if project in self._platform:
            return CORE
        return self._counties.get(project, CITY)

    def segment_stack(self, segment: Segment) -> str:
        """The stack that holds a segment."""
        if segment.kind == "platform":
            return CORE if self.plane.platform_segments[segment.id].monitors else SYSTEMS
        if segment.kind == "system":
            return SYSTEMS
        if segment.kind == "conference":
            return VIDEOCONF
        return self.project_stack(segment.project)

    def machine_stack(self, machine: Machine) -> str:
        """The stack that holds a machine: that of its segment."""
        return self.segment_stack(self._segments[machine.segment])

    def group_stack(self, group: str) -> str:
        """The stack that holds a group of machines."""
        machines = self._groups[group].machines if group in self._groups else ()
        return self.machine_stack(self.plane.machine[machines[0]]) if machines else CORE

    def rule_stack(self, flow: Flow) -> str:
        """The stack that holds a flow's rule: the later of its two ends."""
        ends = [self.group_stack(flow.target)]
        if flow.source.kind == "group":
            ends.append(self.group_stack(flow.source.id))
        return max(ends, key=lambda stack: ORDER.index("county" if stack.startswith("county-") else stack))

    def core(self, name: str) -> str:
        """A resource of the core stack."""
        return f"{self.plane.id}/{CORE}/{name}"

    def project(self, project: str) -> str:
        """The project of a unit, a county or the platform."""
        return f"{self.plane.id}/{self.project_stack(project)}/{project}-project"

    def network(self, segment: str) -> str:
        """A segment's network."""
        return f"{self.plane.id}/{self.segment_stack(self._segments[segment])}/{segment}-network"

    def subnet(self, segment: str) -> str:
        """A segment's subnet."""
        return f"{self.plane.id}/{self.segment_stack(self._segments[segment])}/{segment}-subnet"

    def group(self, group: str) -> str:
        """The security group of a group of machines."""
        return f"{self.plane.id}/{self.group_stack(group)}/{group}-group"

    def source_group(self, source: Source) -> str:
        """The address group that holds a source's prefixes."""
        return self.core(source_name(source))

    def router(self, router: str) -> str:
        """A router: the border's in the core, a summary's beside its segments."""
        county = router.removeprefix("router-")
        if router == "border":
            return self.core("border-router")
        return f"{self.plane.id}/{self._counties.get(county, CITY)}/{router}"


def source_name(source: Source) -> str:
    """The name of the address group for a source."""
    return f"from-{source.id}"


def global_name(topology: Topology, name: str) -> str:
    """A name that the whole cloud shares (of a project, user, flavor): the site's id goes before it."""
    return f"{topology.site.id}-{name}"
