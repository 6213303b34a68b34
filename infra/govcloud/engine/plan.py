"""A plan as data: what an apply will do, to what, at what cost, and the world that it was made in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from govcloud.provider import Consequence, Permit

FORMAT = 2
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
    """One object's part of a plan.

    `inputs` is the digest of what was declared for it, `live` that of the object as it stood (empty for what
    is created), `interrupts` the names of the systems that a change of service reaches, `where` the place in
    the inventory that declares it.
    """

    stack: str
    address: str
    kind: str
    operation: str
    identifier: str
    consequence: Consequence
    inputs: str
    changes: tuple[FieldStep, ...] = ()
    note: str = ""
    live: str = ""
    interrupts: tuple[str, ...] = ()
    where: str = ""

    def permits(self) -> list[Permit]:
        """What the provider may do for this step."""
        create = Permit("create", self.address, "", self.inputs)
        delete = Permit("delete", self.address, self.identifier, "", self.live)
        if self.operation in ("create", "adopt"):
            return [create, delete] if self.identifier else [create]
        if self.operation == "update":
            return [Permit("update", self.address, self.identifier, self.inputs, self.live)]
        return [create, delete] if self.operation == "replace" else [delete]


@dataclass(frozen=True)
class TaskChange:
    """One task of Ansible's that would change a machine, with the difference that it shows."""

    task: str
    difference: str


@dataclass(frozen=True)
class MachineStep:
    """What configuring one machine would change; `unchecked` names tasks that only a real run can tell of."""

    machine: str
    changes: tuple[TaskChange, ...]
    unchecked: tuple[str, ...] = ()


@dataclass(frozen=True)
class Plan:
    """A whole plan of one plane. `base` is the digest of every stack's state when it was made."""

    site: str
    plane: str
    made: datetime
    expires: datetime
    author: str
    """Who made it, by their own word; where signatures are asked for, the author's signature says so."""
    signatures: int
    """How many others must sign it."""
    destroy: bool
    stacks: tuple[str, ...]
    """The stacks that were looked at, in the order in which they are applied."""
    targets: tuple[str, ...]
    topology: str
    tool: str
    base: Mapping[str, str]
    steps: tuple[Step, ...]
    machines: tuple[MachineStep, ...] | None = None
    """None where the machines were not looked at."""

    def __bool__(self) -> bool:
        return bool(self.steps or any(machine.changes for machine in self.machines or ()))

    def counts(self) -> dict[str, int]:
        """How many steps of each operation, and how many machines would be configured anew."""
        found = Counter(step.operation for step in self.steps)
        counted = {operation: found[operation] for operation in OPERATIONS if found[operation]}
        machines = sum(bool(machine.changes) for machine in self.machines or ())
        return counted | ({"configure": machines} if machines else {})

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
            "author": self.author,
            "signatures": self.signatures,
            "destroy": self.destroy,
            "stacks": list(self.stacks),
            "targets": list(self.targets),
            "topology": self.topology,
            "tool": self.tool,
            "base": dict(self.base),
            "counts": self.counts(),
            "steps": [_step_document(step) for step in self.steps],
            "machines": None if self.machines is None else [asdict(machine) for machine in self.machines],
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
    machines = document["machines"]
    return Plan(
        site=document["site"],
        plane=document["plane"],
        made=datetime.fromisoformat(document["made"]),
        expires=datetime.fromisoformat(document["expires"]),
        author=document["author"],
        signatures=int(document["signatures"]),
        destroy=bool(document["destroy"]),
        stacks=tuple(document["stacks"]),
        targets=tuple(document["targets"]),
        topology=document["topology"],
        tool=document["tool"],
        base=dict(document["base"]),
        steps=tuple(_step(entry) for entry in document["steps"]),
        machines=None if machines is None else tuple(_machine(entry) for entry in machines),
    )


def _step(entry: Mapping[str, Any]) -> Step:
    changes = tuple(
        FieldStep(c["field"], c["before"], c["after"], Consequence(c["consequence"]))
        for c in entry["changes"]
    )
    taken = {"changes": changes, "interrupts": tuple(entry["interrupts"])}
    return Step(**{**entry, **taken, "consequence": Consequence(entry["consequence"])})


def _machine(entry: Mapping[str, Any]) -> MachineStep:
    changes = tuple(TaskChange(**change) for change in entry["changes"])
    return MachineStep(entry["machine"], changes, tuple(entry["unchecked"]))
