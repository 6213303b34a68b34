"""What the compiler produces: stacks of desired resources, as plain frozen data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Secret:
    """A value that comes from the plane's secret source when it is needed, by name."""

    name: str


@dataclass(frozen=True)
class Supplied:
    """A public value that belongs to the plane's working directory (an operator's public key), by name."""

    name: str


Scalar = str | int | bool | None
Value = Scalar | Secret | Supplied | tuple["Value", ...] | Mapping[str, "Value"]


@dataclass(frozen=True)
class Resource:
    """One object that should stand in a plane's cloud.

    `name` is unique in its stack. A property that refers to another object holds its address,
    `<plane>/<stack>/<name>` (the kind's field says which properties those are).
    `depends_on` holds names of the same stack that must stand first although no property says so.
    """

    kind: str
    name: str
    properties: Mapping[str, Value]
    depends_on: tuple[str, ...] = ()
    moved_from: tuple[str, ...] = ()
    """The addresses that it had before the thing it comes from was renamed, the newest first."""
    where: str = ""
    """The place in the inventory that asks for it, `file:line` from the inventory's directory."""
    serves: str = ""
    """Whom it serves first of all, by name: a system, a unit, a county."""
    rebuild: bool = False
    """Whether its data may go where a change asks for another object."""
    existing: str = ""
    """The id of an object that was there before us and becomes this resource."""


@dataclass(frozen=True)
class Stack:
    """A unit of change and of damage: `name` is `<plane>/<what>`, such as `extranet/county-360403`."""

    plane: str
    name: str
    resources: tuple[Resource, ...]
    depends_on: tuple[str, ...] = field(default=())
    retired: tuple[str, ...] = ()
    """Addresses of what the inventory declares to go, data and all."""

    def address(self, name: str) -> str:
        """The address by which other resources refer to `name` of this stack."""
        return f"{self.name}/{name}"
