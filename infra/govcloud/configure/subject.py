"""A machine with all that its roles' values are derived from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from govcloud.configure.access import Access
from govcloud.configure.databases import Database, databases
from govcloud.configure.portal import websites
from govcloud.topology import Machine, PlaneTopology, Topology


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
