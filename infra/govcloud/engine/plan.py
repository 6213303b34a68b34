"""A plan as data: what an apply will do, to what, and at what cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from govcloud.provider import Consequence, Permit

FORMAT = 1
OPERATIONS = ("create", "adopt", "update", "replace", "delete")


@dataclass(frozen=True)
class FieldStep:
    """One field of an update or replacement: what the cloud has, what is declared, what the change costs."""

    field: str
    before: Any
    after: Any
    consequence: Consequence


@dataclass(frozen=True)
class Step:
    """One object's part of a plan. `inputs` is the digest of what was declared for it."""

    stack: str
    address: str
    kind: str
    operation: str
    identifier: str
    consequence: Consequence
    inputs: str
    changes: tuple[FieldStep, ...] = ()
    note: str = ""

    def permits(self) -> list[Permit]:
        """What the provider may do for this step."""
        create = Permit("create", self.address, "", self.inputs)
        delete = Permit("delete", self.address, self.identifier)
        if self.operation in ("create", "adopt"):
            return [create, delete] if self.identifier else [create]
        if self.operation == "update":
            return [Permit("update", self.address, self.identifier, self.inputs)]
        return [create, delete] if self.operation == "replace" else [delete]


@dataclass(frozen=True)
class Plan:
    """A whole plan of one plane. `base` is the digest of every stack's state when it was made."""

    site: str
    plane: str
    made: datetime
    expires: datetime
    destroy: bool
    stacks: tuple[str, ...]
    """The stacks that were looked at, in the order in which they are applied."""
    targets: tuple[str, ...]
    topology: str
    tool: str
    base: Mapping[str, str]
    steps: tuple[Step, ...]

    def __bool__(self) -> bool:
        return bool(self.steps)

    def counts(self) -> dict[str, int]:
        """How many steps of each operation."""
        found = Counter(step.operation for step in self.steps)
        return {operation: found[operation] for operation in OPERATIONS if found[operation]}

    def of_stack(self, stack: str) -> tuple[Step, ...]:
        """The steps of one stack."""
        return tuple(step for step in self.steps if step.stack == stack)

    def document(self) -> dict[str, Any]:
        """The plan as JSON data."""
        return {
            "format": FORMAT,
            "site": self.site,
            "plane": self.plane,
            "made": self.made.isoformat(),
            "expires": self.expires.isoformat(),
            "destroy": self.destroy,
            "stacks": list(self.stacks),
            "targets": list(self.targets),
            "topology": self.topology,
            "tool": self.tool,
            "base": dict(self.base),
            "counts": self.counts(),
            "steps": [_step_document(step) for step in self.steps],
        }


def _step_document(step: Step) -> dict[str, Any]:
    document = asdict(step)
    document["consequence"] = step.consequence.value
    document["changes"] = [
        {**asdict(change), "consequence": change.consequence.value} for change in step.changes
    ]
    return document


def from_document(document: Mapping[str, Any]) -> Plan:
    """The plan that `document` describes; KeyError, TypeError or ValueError where it is not one."""
    if document["format"] != FORMAT:
        raise ValueError(f"format {document['format']!r}, not {FORMAT}")
    return Plan(
        site=document["site"],
        plane=document["plane"],
        made=datetime.fromisoformat(document["made"]),
        expires=datetime.fromisoformat(document["expires"]),
        destroy=bool(document["destroy"]),
        stacks=tuple(document["stacks"]),
        targets=tuple(document["targets"]),
        topology=document["topology"],
        tool=document["tool"],
        base=dict(document["base"]),
        steps=tuple(_step(entry) for entry in document["steps"]),
    )


def _step(entry: Mapping[str, Any]) -> Step:
    changes = tuple(
        FieldStep(c["field"], c["before"], c["after"], Consequence(c["consequence"]))
        for c in entry["changes"]
    )
    plain = {k: v for k, v in entry.items() if k not in ("changes", "consequence")}
    return Step(**plain, consequence=Consequence(entry["consequence"]), changes=changes)
