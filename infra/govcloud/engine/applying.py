"""Carrying out a plan: nothing more, nothing else."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from govcloud.engine.census import demand_standing
from govcloud.engine.plan import Plan
from govcloud.engine.planning import chosen, needs
from govcloud.engine.runner import EngineStep
from govcloud.engine.schedule import side_by_side
from govcloud.engine.setting import Setting, tool_digest
from govcloud.engine.state import read_state
from govcloud.errors import ToolkitError, ToolkitErrors
from govcloud.progress import Progress
from govcloud.provider import Intents, Permits

UPDATES_AT_ONCE = 4


@dataclass(frozen=True)
class Applied:
    """What an apply has done: operations by kind, and how many objects stand for the plane's declaration."""

    done: Mapping[str, int]
    standing: int


def demand_current(plan: Plan, setting: Setting, now: datetime) -> None:
    """Refuse a plan that is not for this site, declaration, tool and time."""
    faults = [
        (plan.site != setting.site, f"it is for site {plan.site}", "name the inventory it was made from"),
        (plan.plane != setting.plane, f"it is for plane {plan.plane}", "name that plane"),
        (plan.expires < now, f"it expired at {plan.expires:%Y-%m-%d %H:%M} UTC", "plan again"),
        (plan.tool != tool_digest(), f"another version of the tool made it ({plan.tool})", "plan again"),
        (plan.topology != setting.topology_digest, "the declaration has changed since", "plan again"),
    ]
    errors = [
        ToolkitError(f"the plan cannot be applied: {what}", "plan", remedy)
        for bad, what, remedy in faults
        if bad
    ]
    if errors:
        raise ToolkitErrors(errors)


def apply_plan(plan: Plan, setting: Setting, progress: Progress, now: datetime) -> Applied:
    """Carry the plan out, stack by stack in order, and count what stands in the end."""
    wanted = setting.emptied() if plan.destroy else setting
    demand_current(plan, wanted, now)
    state = read_state(setting.work, setting.site)
    stacks = {s.name: s for s in chosen(wanted, state, plan.stacks, plan.destroy) if plan.of_stack(s.name)}
    permits = Permits(permit for step in plan.steps for permit in step.permits())
    done: dict[str, int] = {}
    lock = threading.Lock()
    name = f"apply {plan.plane}"
    progress.step(name)
    with setting.work.lease("apply"):
        intents = Intents(setting.work.intents)
        with wanted.running("apply", permits, intents) as (session, runner):
            runner.backend.clear_stale_locks()

            def heard(step: EngineStep) -> None:
                if step.operation in ("create", "update", "delete", "create-replacement"):
                    with lock:
                        done[step.operation] = done.get(step.operation, 0) + 1
                        progress.count(name, sum(done.values()), len(plan.steps))

            def update(stack: str) -> None:
                runner.update(stacks[stack], wanted.declared, heard, plan.targets)

            order = needs(tuple(stacks.values()), plan.destroy)
            side_by_side(order, update, UPDATES_AT_ONCE, session.stop)
        intents.close()
        standing = demand_standing(wanted, plan)
    progress.done(name)
    return Applied(done, standing)
