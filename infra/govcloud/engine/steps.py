"""From the engine's steps to the plan's: one for each object, with its cost and whom it reaches."""

from __future__ import annotations

from collections.abc import Sequence

from govcloud.engine.interrupts import Interrupts
from govcloud.engine.plan import FieldStep, Step
from govcloud.engine.runner import EngineStep
from govcloud.errors import ToolkitError, ToolkitErrors
from govcloud.provider import KINDS, Consequence, Difference, Kind, Session, worst
from govcloud.stacks import Stack


class Telling:
    """Tells the engine's steps over one plane's stacks; `stacks` are all that the plane declares."""

    def __init__(self, session: Session, stacks: Sequence[Stack]) -> None:
        self._session = session
        self._interrupts = Interrupts(stacks)
        self._where = {
            stack.address(resource.name): resource.where for stack in stacks for resource in stack.resources
        }

    def steps(self, stack: str, engine_steps: Sequence[EngineStep]) -> list[Step]:
        """One step an object: a replacement tells itself in three.

        A deletion that belongs to no replacement of this plan is that of an object whose replacement was
        interrupted: the old one still waits to go.
        """
        by_address: dict[str, list[EngineStep]] = {}
        for step in engine_steps:
            if step.operation != "same":
                by_address.setdefault(step.address, []).append(step)
        found = []
        for steps in by_address.values():
            replaced = {s.identifier for s in steps if s.operation in ("replace", "create-replacement")}
            told: set[tuple[str, str]] = set()
            for step in steps:
                operation = _operation(step, replaced)
                if (operation, step.identifier) not in told:
                    told.add((operation, step.identifier))
                    found.append(self._step(stack, step, operation))
        return found

    def _step(self, stack: str, engine: EngineStep, operation: str) -> Step:
        session, kind = self._session, KINDS[engine.kind]
        difference = session.differences.get(engine.address) if operation != "delete" else None
        operation, note = self._noted(engine, kind, operation, difference)
        changes = tuple(self._field_steps(difference)) if difference else ()
        costs = [change.consequence for change in changes]
        if operation in ("delete", "replace"):
            costs.append(kind.delete_costs)
        consequence = worst(costs) if operation not in ("create", "adopt") else Consequence.NONE
        inputs = ""
        if operation != "delete":
            inputs = session.references.inputs_digest(
                kind, session.references.declared_inputs(engine.address)
            )
        return Step(
            stack=stack,
            address=engine.address,
            kind=engine.kind,
            operation=operation,
            identifier=engine.identifier,
            consequence=consequence,
            inputs=inputs,
            changes=changes,
            note=note,
            live=session.live(kind, engine.identifier) if engine.identifier else "",
            interrupts=self._reached(engine, kind) if consequence is not Consequence.NONE else (),
            where=self._where.get(engine.address, ""),
        )

    def _noted(
        self, engine: EngineStep, kind: Kind, operation: str, difference: Difference | None
    ) -> tuple[str, str]:
        """The operation as the cloud has it, and what people should know of it."""
        gone = difference is not None and difference.missing
        if gone and (kind.listed and (other := self._session.find(engine.address, kind)) is not None):
            return "adopt", f"it has gone from the cloud, and {kind.identity(other)} stands for it"
        if gone:
            return "create", "it has gone from the cloud"
        declared = self._session.references.declared.get(engine.address)
        if operation == "create" and declared is not None:
            left = self._session.find(engine.address, kind) if kind.listed else None
            if left is not None and declared.existing:
                return "adopt", f"{kind.identity(left)}, which the inventory names"
            if left is not None:
                return "adopt", f"{kind.identity(left)} was left by a run that ended early"
        if declared is not None and declared.moved_from and operation == "update":
            return operation, f"was {declared.moved_from[0].rpartition('/')[2]}"
        return operation, ""

    def _reached(self, engine: EngineStep, kind: Kind) -> tuple[str, ...]:
        """Whom a change of the object reaches; of one no longer declared, by what it was a part of."""
        raw = self._session.snapshot.one(kind, engine.identifier)
        parts = [kind.project(raw).get(name) for name in kind.part_of] if raw is not None else []
        named = [self._session.references.named(part) for part in parts]
        return self._interrupts.served(engine.address, [str(name) for name in named])

    def _field_steps(self, difference: Difference) -> list[FieldStep]:
        name = self._session.references.named
        return [
            FieldStep(
                change.field.name,
                "(secret)" if change.field.write_only else name(change.live),
                "(secret)" if change.field.write_only else name(change.wanted),
                change.field.costs,
            )
            for change in difference.changes
        ]


def _operation(engine: EngineStep, replaced: set[str]) -> str:
    if engine.operation in ("replace", "create-replacement"):
        return "replace"
    if engine.operation in ("delete-replaced", "discard-replaced"):
        return "replace" if engine.identifier in replaced else "delete"
    return engine.operation


def demand_retired(steps: Sequence[Step], stacks: Sequence[Stack]) -> None:
    """Refuse to destroy data that the inventory has not declared to go, for that very thing."""
    retired = {address for stack in stacks for address in stack.retired}
    rebuilt = {stack.address(r.name) for stack in stacks for r in stack.resources if r.rebuild}
    errors = []
    for step in steps:
        grave = step.consequence is Consequence.DESTROYS_DATA
        if grave and step.operation == "delete" and step.address not in retired:
            remedy = "put its declaration back with `retire: true`, or back as it was"
            errors.append(ToolkitError(f"deleting {step.address} would destroy data", "plan", remedy))
        elif grave and step.operation == "replace" and step.address not in rebuilt:
            fields = ", ".join(change.field for change in step.changes)
            errors.append(
                ToolkitError(
                    f"replacing {step.address} (another {fields}) would destroy data",
                    step.where or "plan",
                    "take the change back, or say `retire: rebuild` there",
                )
            )
    if errors:
        raise ToolkitErrors(errors)
