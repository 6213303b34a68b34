"""A machine with all that its roles' values are derived from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from govcloud.configure.access import Access
from govcloud.configure.databases import Database, MovedIn, databases, moved_in
from govcloud.configure.portal import websites
from govcloud.topology import Machine, PlaneTopology, Topology
from govcloud.topology.moving import Engine


@dataclass(frozen=True)
class Subject:
    """A machine of the topology, and the way to its plane."""

    topology: Topology
    access: Access
    machine: Machine

    @property
    def plane(self) -> PlaneTopology:
        """The machine's plane."""
        return self.access.plane

    @cached_property
    def others(self) -> list[Machine]:
        """The other machines of the plane that run."""
        return [other for other in self.access.running if other.id != self.machine.id]

    @cached_property
    def kept(self) -> list[Database]:
        """The databases that lie on it."""
        return [database for database in databases(self.plane) if database.machine.id == self.machine.id]

    def moved_in(self, engine: Engine) -> list[MovedIn]:
        """The databases of an engine that moves bring to it."""
        return [one for one in moved_in(self.plane, engine) if one.machine.id == self.machine.id]

    @cached_property
    def placed(self) -> list[str]:
        """The systems that have a component on it, by id."""
        systems = self.plane.systems.items()
        return sorted(name for name, one in systems if self.machine.id in one.components.values())

    @property
    def led_to(self) -> list[str]:
        """Where it leads to as a bastion: the plane's machines, and hosts of today that are entered by it."""
        machines = [f"{other.address}:22" for other in self.others]
        hosts = [host for host in self.plane.hosts.values() if host.login.via == self.machine.id]
        return [*machines, *(f"{host.address}:{host.login.port}" for host in hosts)]

    @cached_property
    def used(self) -> Database | None:
        """The database that its application uses."""
        return next((d for d in databases(self.plane) if self.machine in d.applications), None)

    @cached_property
    def websites(self) -> list[dict[str, Any]]:
        """The sites that its application shows, the head of the group first."""
        return websites(self.topology, self.plane, self.machine.system) if self.machine.system else []

    @property
    def domains(self) -> list[str]:
        """The names that it answers to itself."""
        return [row["domain"] for row in self.websites if row["kind"] == "head"]
