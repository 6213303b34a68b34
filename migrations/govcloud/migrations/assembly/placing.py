"""Where the parts of a move come to lie on the platform. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from govcloud.errors import ToolkitError
from govcloud.topology import Machine, PlaneTopology
from govcloud.topology.moving import Move, MovedDatabase, MovedFiles

FILES = "/srv/systems"
"""Where hosted systems keep their files, each in a directory of its own."""
REHEARSALS = "/srv/rehearsals"


@dataclass(frozen=True)
class DatabasePlace:
    """A database of the host, and the machine and name under which it will stand."""

    moved: MovedDatabase
    machine: Machine
    name: str

    @property
    def text(self) -> tuple[str, str]:
        """What is moved, and where to, for people."""
        return f"{self.moved.engine} {self.moved.name}", f"{self.machine.id}, database {self.name}"

    def aside(self, what: str) -> DatabasePlace:
        """The place of a copy that a rehearsal makes."""
        return replace(self, name=f"{self.name}_{what}"[-63:])


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


Place = DatabasePlace | FilesPlace


def places(plane: PlaneTopology, move: Move) -> tuple[Place, ...]:
    """Every part of the move with its place; ToolkitErrors name what has none."""
    alone = len(move.databases) == 1
    databases = [_database(plane, move, one, alone) for one in move.databases]
    return (*databases, *(_files(plane, move, one) for one in move.files))


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


def _database(plane: PlaneTopology, move: Move, moved: MovedDatabase, alone: bool) -> DatabasePlace:
    name = move.system.replace("-", "_")
    # The only one bears the system's name, as the platform's own databases do.
    return DatabasePlace(
        moved, place_of(plane, move, moved.component), name if alone else f"{name}_{moved.name}"[:63]
    )


def _files(plane: PlaneTopology, move: Move, moved: MovedFiles) -> FilesPlace:
    path = f"{FILES}/{move.system}{moved.path.rstrip('/')}"
    return FilesPlace(moved, place_of(plane, move, moved.component), path)
