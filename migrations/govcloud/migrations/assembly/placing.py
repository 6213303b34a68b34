"""Where the parts of a move come to lie on the platform. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from govcloud.errors import ToolkitError
from govcloud.migrations.planning import host_of
from govcloud.topology import Machine, PlaneTopology
from govcloud.topology.moving import Move, MovedDatabase, MovedFiles, MovedSite, database_name

FILES = "/srv/systems"
"""Where hosted systems keep their files, each in a directory of its own."""
REHEARSALS = "/srv/rehearsals"


@dataclass(frozen=True)
class DatabasePlace:
    """A database of the host, and the machine and name under which it will stand.

    `of` says which copy of a rehearsal it is.
    """

    moved: MovedDatabase
    machine: Machine
    name: str
    of: str = ""

    @property
    def text(self) -> tuple[str, str]:
        """What is moved, and where to, for people."""
        return f"{self.moved.engine} {self.moved.name}", f"{self.machine.id}, database {self.name}"

    def aside(self, what: str) -> DatabasePlace:
        """The place of a copy that a rehearsal makes."""
        return replace(self, name=f"{self.name}_{what}"[-63:], of=what)


@dataclass(frozen=True)
class FilesPlace:
    """A directory of the host, and the machine and directory where it will lie."""

    moved: MovedFiles
    machine: Machine
    path: str

    @property
    def text(self) -> tuple[str, str]:
        """What is moved, and where to, for people."""
        return f"files {self.moved.path.rstrip('/')}", f"{self.machine.id}, {self.path}"

    def aside(self, what: str) -> FilesPlace:
        """The place of a copy that a rehearsal makes."""
        return replace(self, path=f"{REHEARSALS}/{what}{self.path.removeprefix(FILES)}")


@dataclass(frozen=True)
class WebPlace:
    """A site of the host, and the machine where it will be served, under a name, below a directory.

    A copy that a rehearsal makes (`of` says which) is laid down there and never served.
    """

    moved: MovedSite
    machine: Machine
    name: str
    root: str
    of: str = ""

    @property
    def text(self) -> tuple[str, str]:
        """What is moved, and where to, for people."""
        return f"site {self.moved.domain}", f"{self.machine.id}, {self.root}"

    def aside(self, what: str) -> WebPlace:
        """The place of a copy that a rehearsal makes."""
        root = f"{REHEARSALS}/{what}{self.root.removeprefix(FILES)}"
        return replace(self, name=f"{self.name}-{what}", root=root, of=what)


@dataclass(frozen=True)
class MachinePlace:
    """The whole host, and the machine on which it will run under a name.

    A copy that a rehearsal makes (`of` says which) runs without a network.
    """

    host: str
    machine: Machine
    name: str
    of: str = ""

    @property
    def text(self) -> tuple[str, str]:
        """What is moved, and where to, for people."""
        return f"machine {self.host}", f"{self.machine.id}, container {self.name}"

    def aside(self, what: str) -> MachinePlace:
        """The place of a copy that a rehearsal makes."""
        return replace(self, name=f"{self.name}-{what}"[-63:], of=what)


Place = DatabasePlace | FilesPlace | WebPlace | MachinePlace


def places(plane: PlaneTopology, move: Move) -> tuple[Place, ...]:
    """Every part of the move with its place; ToolkitErrors name what has none."""
    if move.whole_machine:
        return (_whole(plane, move),)
    served = [MovedFiles(path=path, component=site.component) for site in move.sites for path in site.content]
    return (
        *(_database(plane, move, one) for one in move.databases),
        *(_files(plane, move, one) for one in (*move.files, *served)),
        *(_site(plane, move, one) for one in move.sites),
    )


def place_of(plane: PlaneTopology, move: Move, component: str) -> Machine:
    """The machine that a component is put on; a store lies where the system's site is served."""
    found = _machine(plane, move, component)
    if found is not None:
        return found
    databases = {one.component for one in move.databases}
    others = [name for name in plane.systems[move.system].components if name not in databases]
    serving = [machine for name in others if (machine := _machine(plane, move, name)) is not None]
    if len(serving) != 1:
        raise ToolkitError(
            f"{component} lies on no machine, and {len(serving)} machines serve the system",
            f"move {move.id}",
            f"name the shared machine that serves its site in systems/{move.system}.yaml",
        )
    return serving[0]


def _machine(plane: PlaneTopology, move: Move, component: str) -> Machine | None:
    value = plane.systems[move.system].components.get(component)
    return plane.machine.get(value) if isinstance(value, str) else None


def _database(plane: PlaneTopology, move: Move, moved: MovedDatabase) -> DatabasePlace:
    return DatabasePlace(moved, place_of(plane, move, moved.component), database_name(move, moved))


def _files(plane: PlaneTopology, move: Move, moved: MovedFiles) -> FilesPlace:
    path = f"{FILES}/{move.system}{moved.path.rstrip('/')}"
    return FilesPlace(moved, place_of(plane, move, moved.component), path)


def _site(plane: PlaneTopology, move: Move, moved: MovedSite) -> WebPlace:
    machine = place_of(plane, move, moved.component)
    name = move.system if len(move.sites) == 1 else f"{move.system}-{moved.domain}"
    return WebPlace(moved, machine, name, f"{FILES}/{move.system}")


def _whole(plane: PlaneTopology, move: Move) -> MachinePlace:
    found = {*_own(plane, move.system), *_shared(plane, move)}
    if len(found) != 1:
        raise ToolkitError(
            f"{move.system} lies on {len(found)} machines, and a whole machine comes to lie on one",
            f"move {move.id}",
            f"name the machine that takes it in among the components in systems/{move.system}.yaml",
        )
    return MachinePlace(host_of(plane, move), plane.machine[found.pop()], move.system)


def _own(plane: PlaneTopology, system: str) -> Iterator[str]:
    return (machine.id for machine in plane.machines if machine.system == system)


def _shared(plane: PlaneTopology, move: Move) -> Iterator[str]:
    for name in plane.systems[move.system].components:
        machine = _machine(plane, move, name)
        if machine is not None:
            yield machine.id


def opened(plane: PlaneTopology, machine: Machine) -> tuple[tuple[int, int], ...]:
    """The TCP ports of a machine to which flows lead, as ranges with both ends included."""
    services = {flow.service for flow in plane.flows if flow.target == machine.group}
    ends = [(one.first or 0, one.last or 65535) for one in services if one.protocol in ("tcp", "any")]
    return tuple(sorted(ends))
