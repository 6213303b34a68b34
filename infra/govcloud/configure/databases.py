"""The databases of a shared machine: one for each hosted system whose application runs and may reach it.

Those that have moved in, or will, are none of ours to make: a move brings them with their accounts.
"""

from __future__ import annotations

from dataclasses import dataclass

from govcloud.configure.admission import clients
from govcloud.topology import Machine, PlaneTopology
from govcloud.topology.moving import Engine, database_name

SERVICE: Engine = "postgresql"
PORT = 5432
MARIADB_PORT = 3306


@dataclass(frozen=True)
class Database:
    """A system's database: `name` is also the name of its login, `machine` where it lies."""

    system: str
    name_zh: str
    name: str
    machine: Machine
    applications: tuple[Machine, ...]

    @property
    def secret(self) -> str:
        """The name of its login's password in the plane's secret source."""
        return f"database-{self.system}"


@dataclass(frozen=True)
class MovedIn:
    """A database that a move brings: the accounts that use it, and the machines from which they may."""

    name: str
    machine: Machine
    accounts: tuple[str, ...]
    applications: tuple[Machine, ...]


def moved_in(plane: PlaneTopology, engine: Engine = SERVICE) -> tuple[MovedIn, ...]:
    """Every database of an engine that a declared move brings, or has brought, to a machine that runs."""
    found = []
    for move in plane.moves.values():
        components = plane.systems[move.system].components
        for moved in move.databases:
            machine = plane.machine.get(str(components.get(moved.component)))
            if (
                moved.engine == engine
                and machine is not None
                and machine.runs
                and engine in machine.configure
            ):
                name = database_name(move, moved)
                applications = _sharing(plane, move.system, machine, engine)
                found.append(MovedIn(name, machine, moved.accounts, applications))
    return tuple(found)


def databases(plane: PlaneTopology) -> tuple[Database, ...]:
    """Every database of the plane, by system.

    Systems whose machines are only simulated have none yet: nobody could use it, and an empty login is one
    more that somebody may guess.
    """
    found = []
    moving = {move.system for move in plane.moves.values() if move.databases}
    for system, declared in sorted(plane.systems.items()):
        if system in moving:
            continue
        for placed in declared.components.values():
            machine = plane.machine.get(str(placed))
            if machine is None or SERVICE not in machine.configure:
                continue
            applications = _applications(plane, system, machine)
            if applications:
                name = system.replace("-", "_")
                found.append(Database(system, declared.name_zh, name, machine, applications))
    return tuple(found)


def _applications(plane: PlaneTopology, system: str, target: Machine) -> tuple[Machine, ...]:
    """The system's own machines that run and may reach the target."""
    return tuple(machine for machine in _reaching(plane, target, SERVICE) if machine.system == system)


def _sharing(plane: PlaneTopology, system: str, target: Machine, engine: Engine) -> tuple[Machine, ...]:
    """Those, and the shared ones that serve the system."""
    shared = plane.systems[system].components.values()
    return tuple(
        machine
        for machine in _reaching(plane, target, engine)
        if machine.id != target.id and (machine.system == system or machine.id in shared)
    )


def _reaching(plane: PlaneTopology, target: Machine, service: Engine) -> list[Machine]:
    allowed = clients(plane, target, service)
    return [machine for machine in plane.machines if machine.runs and machine.group in allowed]
