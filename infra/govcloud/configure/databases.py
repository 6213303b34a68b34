"""The databases of a shared machine: one for each hosted system whose application runs and may reach it."""

from __future__ import annotations

from dataclasses import dataclass

from govcloud.configure.admission import clients
from govcloud.topology import Machine, PlaneTopology

SERVICE = "postgresql"
PORT = 5432


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


def databases(plane: PlaneTopology) -> tuple[Database, ...]:
    """Every database of the plane, by system.

    Systems whose machines are only simulated have none yet: nobody could use it, and an empty login is one
    more that somebody may guess.
    """
    found = []
    for system, declared in sorted(plane.systems.items()):
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
    allowed = clients(plane, target, SERVICE)
    return tuple(m for m in plane.machines if m.system == system and m.runs and m.group in allowed)
