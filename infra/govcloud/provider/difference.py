"""How an object differs from its declaration, and what that asks for and costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from govcloud.provider import markers
from govcloud.provider.kind import Change, Consequence, Field, Kind, Raw
from govcloud.provider.values import canonical


@dataclass(frozen=True)
class FieldChange:
    """One field whose value in the cloud is not the declared one."""

    field: Field
    live: Any
    wanted: Any


@dataclass(frozen=True)
class Difference:
    """How one object differs from its declaration.

    `missing`: it has gone from the cloud. `alone`: its declaration admits no second object beside it.
    """

    address: str
    kind: Kind
    identifier: str
    changes: tuple[FieldChange, ...] = ()
    missing: bool = False
    alone: bool = False

    def __bool__(self) -> bool:
        return self.missing or bool(self.changes)

    @property
    def replaces(self) -> bool:
        """Whether another object has to take its place."""
        return self.missing or any(change.field.change.replaces for change in self.changes)

    @property
    def delete_first(self) -> bool:
        """Whether the old object must be gone before the new one can stand."""
        first = any(change.field.change is Change.DELETE_FIRST for change in self.changes)
        return first or (self.replaces and self.alone)


MARKER_FIELD = Field("marker")


def live_digest(kind: Kind, raw: Raw) -> str:
    """A digest of an object as it stands: its marker, and every property that can be declared and read."""
    return markers.digest([kind.marker(raw), canonical(kind.project(raw))])


def worst(costs: Sequence[Consequence]) -> Consequence:
    """The gravest of several consequences."""
    order = list(Consequence)
    return max(costs, key=order.index, default=Consequence.NONE)
