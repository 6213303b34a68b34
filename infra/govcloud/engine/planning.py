"""Making a plan: every stack is compared with the cloud as it stands, by the engine unless it is evident."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from govcloud.engine.evident import evident_steps
from govcloud.engine.plan import FieldStep, Plan, Step
from govcloud.engine.runner import EngineStep
from govcloud.engine.schedule import side_by_side
from govcloud.engine.setting import Setting, tool_digest
from govcloud.engine.state import NOTHING, StackState, read_state
from govcloud.errors import ToolkitError
from govcloud.progress import Progress
from govcloud.provider import KINDS, Consequence, Difference, Session, worst
from govcloud.stacks import Stack

PREVIEWS_AT_ONCE = 4
VALID_FOR = timedelta(days=7)
STEP = "plan {plane}"


def make_plan(
    setting: Setting,
    progress: Progress,
    now: datetime,
    only: Sequence[str] = (),
    targets: Sequence[str] = (),
    destroy: bool = False,
) -> Plan:
    """What an apply would do now. `only` names stacks, `targets` addresses; none means all.

    Raises ToolkitError for a stack or a target that neither the declaration nor the state knows.
    """
    wanted = setting.emptied() if destroy else setting
    with setting.work.lease("plan"):
        state = read_state(setting.work, setting.site)
        stacks = aimed_at(chosen(wanted, state, only, destroy), state, targets)
        steps = _look_at_all(wanted, stacks, state, targets, progress)
    return Plan(
        site=setting.site,
        plane=setting.plane,
        made=now,
        expires=now + VALID_FOR,
        destroy=destroy,
        stacks=tuple(stack.name for stack in stacks),
        targets=tuple(targets),
        topology=wanted.topology_digest,
        tool=tool_digest(),
        base={stack.name: state.get(stack.name, NOTHING).digest for stack in stacks},
        steps=tuple(step for stack in stacks for step in steps[stack.name]),
    )


def chosen(
    setting: Setting, state: Mapping[str, StackState], only: Sequence[str], destroy: bool
) -> tuple[Stack, ...]:
    """The stacks to look at, in order: the declared ones, and those that only the state still knows."""
    declared = {stack.name: stack for stack in setting.stacks}
    unknown = [name for name in only if name not in declared and name not in state]
    if unknown:
        raise ToolkitError(
            f"there is no stack {', '.join(unknown)}", f"plane {setting.plane}", "see `govcloud stacks`"
        )
    left = [
        Stack(setting.plane, name, ()) for name, known in state.items() if name not in declared and known.held
    ]
    stacks = [*declared.values(), *left]
    if destroy:
        stacks.reverse()
    return tuple(stack for stack in stacks if not only or stack.name in only)


def aimed_at(
    stacks: Sequence[Stack], state: Mapping[str, StackState], targets: Sequence[str]
) -> tuple[Stack, ...]:
    """The stacks that hold the targets; all of them where there are none."""
    holding: dict[str, Stack] = {}
    for stack in stacks:
        known = {stack.address(resource.name) for resource in stack.resources}
        known |= {held.address for held in state.get(stack.name, NOTHING).held}
        holding |= {target: stack for target in targets if target in known}
    unknown = [target for target in targets if target not in holding]
    if unknown:
        raise ToolkitError(
            f"there is no {', '.join(unknown)} in the stacks that are looked at",
            "--target",
            "name it as plane/stack/name, as `govcloud plan` shows it",
        )
    return tuple(stack for stack in stacks if not targets or stack in holding.values())


def needs(stacks: Sequence[Stack], destroy: bool) -> dict[str, list[str]]:
    """Which stacks must be done before which; the other way round where everything goes."""
    names = {stack.name for stack in stacks}
    found: dict[str, list[str]] = {stack.name: [] for stack in stacks}
    for stack in stacks:
        for other in stack.depends_on:
            if other in names:
                before, after = (stack.name, other) if destroy else (other, stack.name)
                found[after].append(before)
    return found


def _look_at_all(
    setting: Setting,
    stacks: Sequence[Stack],
    state: Mapping[str, StackState],
    targets: Sequence[str],
    progress: Progress,
) -> dict[str, list[Step]]:
    by_name = {stack.name: stack for stack in stacks}
    steps: dict[str, list[Step]] = {}
    name = STEP.format(plane=setting.plane)
    progress.step(name)
    lock = threading.Lock()
    with setting.running("plan") as (session, runner):
        runner.backend.clear_stale_locks()

        def look(stack: str) -> None:
            known = state.get(stack, NOTHING)
            found = None if targets else evident_steps(by_name[stack], known, session, setting.declared)
            if found is None:
                found = runner.preview(by_name[stack], setting.declared, targets).steps
            told = _steps(stack, found, session)
            with lock:
                steps[stack] = told
                progress.count(name, len(steps), len(stacks))

        order = needs(stacks, destroy=False)
        side_by_side(order, look, PREVIEWS_AT_ONCE, session.stop)
    progress.done(name)
    return steps


def _steps(stack: str, engine_steps: Sequence[EngineStep], session: Session) -> list[Step]:
    """The engine's steps, one an object: a replacement tells itself in three.

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
                found.append(_step(stack, step, operation, session))
    return found


def _operation(engine: EngineStep, replaced: set[str]) -> str:
    if engine.operation in ("replace", "create-replacement"):
        return "replace"
    if engine.operation in ("delete-replaced", "discard-replaced"):
        return "replace" if engine.identifier in replaced else "delete"
    return engine.operation


def _step(stack: str, engine: EngineStep, operation: str, session: Session) -> Step:
    kind = KINDS[engine.kind]
    difference = session.differences.get(engine.address) if operation != "delete" else None
    changes = tuple(_field_steps(difference, session)) if difference else ()
    note, inputs = "", ""
    if difference is not None and difference.missing:
        operation, note = "create", "it has gone from the cloud"
    elif operation == "create" and kind.listed and (left := session.find(engine.address, kind)) is not None:
        operation, note = "adopt", f"{kind.identity(left)} was left by a run that ended early"
    costs = [change.consequence for change in changes]
    if operation in ("delete", "replace"):
        costs.append(kind.delete_costs)
    if operation != "delete":
        inputs = session.references.inputs_digest(kind, session.references.declared_inputs(engine.address))
    return Step(
        stack=stack,
        address=engine.address,
        kind=engine.kind,
        operation=operation,
        identifier=engine.identifier,
        consequence=worst(costs) if operation != "create" else Consequence.NONE,
        inputs=inputs,
        changes=changes,
        note=note,
    )


def _field_steps(difference: Difference, session: Session) -> list[FieldStep]:
    name = session.references.named
    return [
        FieldStep(
            change.field.name,
            "(secret)" if change.field.write_only else name(change.live),
            "(secret)" if change.field.write_only else name(change.wanted),
            change.field.costs,
        )
        for change in difference.changes
    ]
