"""Whether the world is still the one that a plan was made for, or that and a part of this very plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Protocol

from govcloud.engine.folder import PlanFolder
from govcloud.engine.journal import Progressed, progressed
from govcloud.engine.plan import MachineStep, Plan, Step
from govcloud.engine.state import NOTHING, StackState
from govcloud.engine.stores import Store
from govcloud.errors import ToolkitError, ToolkitErrors
from govcloud.provider import KINDS, Session

AGAIN = "plan again, and read what the plan says by then"


class Machines(Protocol):
    """The machines that a plan speaks of; who can reach them gives this to an apply."""

    def check(self) -> tuple[MachineStep, ...]:
        """What configuring them would change now."""

    def configure(self, names: tuple[str, ...]) -> None:
        """Configure them."""


def demand_same_machines(plan: Plan, machines: Machines | None, resumed: bool) -> None:
    """Refuse a plan where configuring a machine would change something else than it says.

    Where this very plan has been begun before, a machine may be done already.
    """
    if not plan.machines:
        return
    if machines is None:
        raise ToolkitError("the plan speaks of machines, and nobody can reach them", "plan", AGAIN)
    now = {one.machine: one for one in machines.check()}
    errors = [
        ToolkitError("configuring it would change something else by now", f"machine {one.machine}", AGAIN)
        for one in plan.machines
        if (seen := now.get(one.machine)) != one and not (resumed and seen is not None and not seen.changes)
    ]
    if errors:
        raise ToolkitErrors(errors)


def demand_base(folder: PlanFolder, store: Store, state: Mapping[str, StackState]) -> frozenset[str]:
    """Refuse a plan whose stacks another run has written since; the stacks that this very plan has begun."""
    resumed = set()
    errors = []
    for stack, base in folder.plan.base.items():
        present = state.get(stack, NOTHING).digest
        last = progressed(store, stack)
        if last is not None and last.plan == folder.digest:
            resumed.add(stack)
            moved = last.state is not None and present not in (last.state, base)
        else:
            moved = present != base
        if moved:
            errors.append(
                ToolkitError(f"its state has changed since the plan was made{_by(last)}", stack, AGAIN)
            )
    if errors:
        raise ToolkitErrors(errors)
    return frozenset(resumed)


def _by(last: Progressed | None) -> str:
    return f"; the plan that was last applied to it is {last.plan[:16]}" if last is not None else ""


def demand_unmoved(session: Session, plan: Plan, resumed: frozenset[str]) -> None:
    """Refuse a plan one of whose objects is not as it was, before the first changing call.

    What this very plan may have done already, in a stack that it has begun, is as good as what was there.
    """
    errors = [
        ToolkitError(f"{step.address} {moved} since the plan was made", f"cloud {session.cloud.name}", AGAIN)
        for step in plan.steps
        for moved in _moved(session, step, step.stack in resumed)
    ]
    if errors:
        raise ToolkitErrors(errors)


def _moved(session: Session, step: Step, begun: bool) -> Iterator[str]:
    kind = KINDS[step.kind]
    if step.operation in ("create", "adopt"):
        if begun or not kind.listed or kind.repeatable:
            return
        found = session.find(step.address, kind)
        if (found is not None) != (step.operation == "adopt"):
            yield "has gone" if found is None else f"has been made ({kind.identity(found)})"
        return
    live = session.live(kind, step.identifier)
    if live == step.live:
        return
    if not begun:
        yield "has been changed" if live else "has gone"
    elif live and (step.operation == "delete" or _undone(session, step)):
        yield "has been changed by another"


def _undone(session: Session, step: Step) -> bool:
    """Whether an update is not done: something that can be read is not as declared."""
    if step.operation != "update":
        return False
    difference = session.difference(step.address, KINDS[step.kind], step.identifier, {})
    return any(not change.field.write_only for change in difference.changes)
