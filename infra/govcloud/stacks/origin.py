"""What in the inventory a resource comes from, and what that says of its coming and going."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass

from govcloud.topology import Group, Machine, PlaneTopology, Segment, Topology
from govcloud.topology.thing import Lasting, Thing


@dataclass(frozen=True)
class Origin:
    """A thing of the inventory: where it stands, how people call it, and what is to become of it.

    `moved_from` are the ids that it had, `retire` says that it is to go with its data, `rebuild` that its
    data may go where a change asks for another object.
    """

    id: str
    where: str
    label: str
    moved_from: tuple[str, ...] = ()
    retire: bool = False
    rebuild: bool = False


class Origins:
    """The origins of one plane's segments, machines, groups and projects."""

    def __init__(self, topology: Topology, plane: PlaneTopology) -> None:
        self._topology = topology
        self._plane = plane
        self._root = topology.site.where().file.parent

    def plane(self) -> Origin:
        """The plane itself, for all that no single thing asks for."""
        return self._of(self._plane.declaration)

    def project(self, project: str) -> Origin:
        """A unit or a county; the plane for a project of the platform's."""
        return self._of(self._topology.units.get(project) or self._topology.counties.get(project))

    def segment(self, segment: Segment) -> Origin:
        """What the segment is for; a township's is its county's."""
        plane = self._plane
        if segment.kind == "platform":
            return self._of(plane.platform_segments[segment.id])
        if segment.kind == "system":
            return self._of(plane.systems[segment.id])
        if segment.kind == "conference":
            owners = [c for c in plane.conferences.values() if segment.id.startswith(f"{c.id}-")]
            return self._of(owners[0] if owners else None)
        return self.project(segment.project)

    def machine(self, machine: Machine) -> tuple[Origin, ...]:
        """The platform's machine, or the system or conference that it belongs to, then an edge's venue."""
        if machine.system is None:
            return (self._of(self._plane.platform_machines[machine.id]),)
        hosted = self._hosted(machine.system)
        edge = machine.kind == "conference" and machine.id == f"{machine.system}-edge-{machine.owner}"
        return (hosted, self.project(machine.owner)) if edge else (hosted,)

    def group(self, group: str) -> Origin:
        """Whose machines the group holds; the plane for the group of all machines."""
        found: Group | None = self._plane.group.get(group)
        if found is None:
            return self.plane()
        if found.system is None:
            return self._of(self._plane.platform_machines.get(found.id))
        return self._hosted(found.system)

    def _hosted(self, name: str) -> Origin:
        return self._of(self._plane.systems.get(name) or self._plane.conferences.get(name))

    def _of(self, thing: Thing | None) -> Origin:
        if thing is None:
            return self.plane()
        where = thing.where("id")
        place = f"{where.file.relative_to(self._root).as_posix()}:{where.line}"
        label = f"{thing.name_zh} ({thing.id})"
        if not isinstance(thing, Lasting):
            return Origin(thing.id, place, label if thing is not self._plane.declaration else "")
        return Origin(
            thing.id, place, label, thing.moved_from, thing.retire is True, thing.retire == "rebuild"
        )


def former_names(name: str, origins: Sequence[Origin]) -> tuple[str, ...]:
    """The names that a resource had before what it comes from was renamed, the newest first.

    One that has its first name again has that last among them: it is by that name that its objects were made.
    """
    found = []
    for ids in itertools.product(*((origin.id, *origin.moved_from) for origin in origins)):
        former = name
        for origin, other in zip(origins, ids, strict=True):
            # Names are made of the ids of what they come from: in front, behind who may reach whom, or
            # behind the conference whose edge stands there.
            pattern = rf"(^|^router-|-from-|-edge-){re.escape(origin.id)}(?=-|$)"
            former = re.sub(pattern, rf"\g<1>{other}", former)
        found.append(former)
    others = [one for one in dict.fromkeys(found) if one != name]
    return (*others, name) if others and found[-1] == name else tuple(others)
