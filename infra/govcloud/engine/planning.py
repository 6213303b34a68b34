"""Making a plan: every stack is compared with the cloud as it stands, by the engine unless it is evident."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from govcloud.engine.evident import evident_steps
from govcloud.engine.plan import MachineStep, Plan, Step
from govcloud.engine.preflight import demand_possible
from govcloud.engine.runner import Runner
from govcloud.engine.schedule import side_by_side
from govcloud.engine.setting import Setting, tool_digest
from govcloud.engine.state import NOTHING, StackState
from govcloud.engine.steps import Telling, demand_retired
from govcloud.errors import ToolkitError
from govcloud.progress import Progress
from govcloud.provider import Session
from govcloud.stacks import Stack

PREVIEWS_AT_ONCE = 4
STEP = "plan {plane}"


def make_plan(
    setting: Setting,
    progress: Progress,
    now: datetime,
    only: Sequence[str] = (),
    targets: Sequence[str] = (),
    destroy: bool = False,
    author: str = "",
    machines: tuple[MachineStep, ...] | None = None,
) -> Plan:
    """What an apply would do now. `only` names stacks, `targets` addresses; none means all.

    Nothing is locked: what others change meanwhile is found when the plan is applied. Raises ToolkitError for
    a stack or a target that neither the declaration nor the state knows, for what would destroy data that
    nobody has declared to go, and for what the cloud has no room for.
    """
    wanted = setting.emptied() if destroy else setting
    state = setting.state()
    stacks = aimed_at(chosen(wanted, state, only, destroy), state, targets)
    steps = _look_at_all(setting, wanted, stacks, state, targets, progress)
    told = tuple(step for stack in stacks for step in steps[stack.name])
    if not destroy:
        demand_retired(told, setting.stacks)
    return Plan(
        site=setting.site,
        plane=setting.plane,
        made=now,
        expires=now + timedelta(days=setting.control.plans_last),
        author=author,
        signatures=setting.control.signatures,
        destroy=destroy,
        stacks=tuple(stack.name for stack in stacks),
        targets=tuple(targets),
        topology=wanted.topology_digest,
        tool=tool_digest(),
        base={stack.name: state.get(stack.name, NOTHING).digest for stack in stacks},
        steps=told,
        machines=machines,
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
        Stack(setting.plane, name, (), tuple(sorted(known.needs - {name})))
        for name, known in state.items()
        if name not in declared and known.held
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


def _look_at_all(
    setting: Setting,
    wanted: Setting,
    stacks: Sequence[Stack],
    state: Mapping[str, StackState],
    targets: Sequence[str],
    progress: Progress,
) -> dict[str, list[Step]]:
    steps: dict[str, list[Step]] = {}
    name = STEP.format(plane=setting.plane)
    progress.step(name)
    lock = threading.Lock()
    by_name = {stack.name: stack for stack in stacks}
    needs = {stack.name: [n for n in stack.depends_on if n in by_name] for stack in stacks}
    with wanted.running("plan", state) as (session, runner):
        telling = Telling(session, setting.stacks)

        def look(stack: str) -> None:
            told = _look(by_name[stack], wanted, state.get(stack, NOTHING), targets, session, runner, telling)
            with lock:
                steps[stack] = told
                progress.count(name, len(steps), len(stacks))

        side_by_side(needs, look, PREVIEWS_AT_ONCE, session.stop)
        demand_possible(session, [step for told in steps.values() for step in told])
    progress.done(name)
    return steps


def _look(
    stack: Stack,
    wanted: Setting,
    known: StackState,
    targets: Sequence[str],
    session: Session,
    runner: Runner,
    telling: Telling,
) -> list[Step]:
    """One stack's steps."""
    found = None if targets else evident_steps(stack, known, session, wanted.declared)
    if found is None:
        found = runner.preview(stack, wanted.declared, targets).steps
    return telling.steps(stack.name, found)
