"""Carrying out a plan: nothing more, nothing else, and only in the world that it was made for."""

from __future__ import annotations

import functools
import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from govcloud.engine.approvals import demand_readable
from govcloud.engine.census import demand_standing
from govcloud.engine.folder import PlanFolder
from govcloud.engine.history import History
from govcloud.engine.journal import intents_of, note_progress
from govcloud.engine.leases import Leases
from govcloud.engine.order import Pass, passes
from govcloud.engine.plan import Plan
from govcloud.engine.planning import chosen
from govcloud.engine.preflight import demand_possible
from govcloud.engine.runner import EngineStep, Runner
from govcloud.engine.schedule import side_by_side
from govcloud.engine.setting import Setting, tool_digest
from govcloud.engine.state import read_stack
from govcloud.engine.stores import StoreError
from govcloud.engine.world import Machines, demand_base, demand_same_machines, demand_unmoved
from govcloud.errors import ToolkitError, ToolkitErrors
from govcloud.evidence import Approval, Trust, demand_approved
from govcloud.progress import Progress
from govcloud.provider import Permits, Session
from govcloud.stacks import Stack

log = logging.getLogger(__name__)
UPDATES_AT_ONCE = 4
COUNTED = ("create", "update", "delete", "create-replacement")


@dataclass(frozen=True)
class Applied:
    """What an apply has done: operations by kind, how many objects stand for the plane's declaration, and the
    digest of the history's newest entry."""

    done: Mapping[str, int]
    standing: int
    history: str


def demand_current(plan: Plan, setting: Setting, now: datetime) -> None:
    """Refuse a plan that is not for this site, declaration, tool and time."""
    faults = [
        (plan.site != setting.site, f"it is for site {plan.site}", "name the inventory it was made from"),
        (plan.plane != setting.plane, f"it is for plane {plan.plane}", "name that plane"),
        (plan.expires < now, f"it expired at {plan.expires:%Y-%m-%d %H:%M} UTC", "plan again"),
        (plan.made > now, f"it will be made at {plan.made:%Y-%m-%d %H:%M} UTC", "set the clocks right"),
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


def required_signatures(setting: Setting, history: History | None = None) -> int:
    """How many others must have signed: as many as are declared, and as the last applied plan needed.

    Asking for fewer is a change like any other, and needs the signatures that were asked for before it.
    """
    return max(setting.control.signatures, (history or History(setting.store)).signatures_asked())


def apply_plan(
    folder: PlanFolder,
    setting: Setting,
    progress: Progress,
    now: datetime,
    patience: float = 0.0,
    machines: Machines | None = None,
) -> Applied:
    """Carry the plan out, stack by stack in order, and count what stands in the end.

    `patience` is how many seconds to wait for another run to let go of a stack; `machines` checks and
    configures those that the plan speaks of. Raises ToolkitError before any changing call for a plan that is
    not current, not approved, or made for another world.
    """
    plan = folder.plan
    history = History(setting.store)
    if (entry := history.applied(folder.digest)) is not None:
        log.warning(
            "plan %s was applied at %s: nothing is left of it to do", folder.digest[:16], entry.said["at"]
        )
        return Applied({}, int(entry.said["standing"]), entry.digest)
    wanted = setting.emptied() if plan.destroy else setting
    demand_current(plan, wanted, now)
    demand_readable(folder)
    asked = required_signatures(setting, history)
    trust = Trust(setting.work.allowed_signers, setting.work.revoked_keys)
    approval = demand_approved(folder.sealed, asked, trust, now)
    touched = [stack for stack in plan.stacks if plan.of_stack(stack)]
    run = _Run(folder, setting, wanted, progress, history)
    with Leases(setting.store, touched, "apply", patience, run.lost) as leases:
        return run.carry_out(leases, approval, machines)


class _Run:
    """One run over one plane, with its leases held."""

    def __init__(
        self,
        folder: PlanFolder,
        setting: Setting,
        wanted: Setting,
        progress: Progress,
        history: History,
    ) -> None:
        self._folder = folder
        self._plan = folder.plan
        self._setting = setting
        self._wanted = wanted
        self._progress = progress
        self._history = history
        self._stop: Callable[[], None] = lambda: None
        self._done: dict[str, int] = {}
        self._lock = threading.Lock()
        self._name = f"apply {folder.plan.plane}"

    def lost(self) -> None:
        """The lease has been lost: begin nothing more, and let no engine write what is another's by now."""
        self._stop()

    def carry_out(
        self,
        leases: Leases,
        approval: Approval,
        machines: Machines | None,
    ) -> Applied:
        state = self._setting.state()
        resumed = demand_base(self._folder, self._setting.store, state)
        stacks = {s.name: s for s in chosen(self._wanted, state, self._plan.stacks, self._plan.destroy)}
        self._progress.step(self._name)
        permits = Permits(permit for step in self._plan.steps for permit in step.permits())
        intents = intents_of(self._setting.store)
        with self._wanted.running("apply", state, permits, intents, leases.demand) as (session, runner):
            demand_unmoved(session, self._plan, resumed)
            demand_possible(session, self._plan.steps)
            demand_same_machines(self._plan, machines, bool(resumed))
            # From now on what is declared is the rule: this very plan had the signatures that it needed.
            self._history.begun(self._folder, approval, self._setting.control.signatures)
            self._stop = functools.partial(_stop, session, runner)
            try:
                self._go_through(stacks, runner, session.stop)
            except ToolkitError as error:
                self._note_failure(error)
                raise
            finally:
                intents.close()
        changing = tuple(one.machine for one in self._plan.machines or () if one.changes)
        if machines is not None and changing:
            machines.configure(changing)
        standing = demand_standing(self._wanted, self._plan)
        entry = self._history.note("applied", plan=self._folder.digest, standing=standing)
        self._progress.done(self._name)
        return Applied(self._done, standing, entry.digest)

    def _note_failure(self, error: ToolkitError) -> None:
        """Note that it failed; where the store is what fails, the error that is raised says so."""
        try:
            self._history.note("failed", plan=self._folder.digest, errors=len(error.parts()))
        except StoreError as unnoted:
            log.warning("the history does not say that the apply failed: %s", unnoted)

    def _go_through(
        self,
        stacks: Mapping[str, Stack],
        runner: Runner,
        stop: Callable[[], None],
    ) -> None:
        steps = {name: self._plan.of_stack(name) for name in stacks}
        steps = {name: own for name, own in steps.items() if own}
        runner.backend.clear_stale_locks(steps)
        order = passes(steps, {name: stack.depends_on for name, stack in stacks.items()})
        left = {name: sum(one.stack == name for one in order) for name in steps}
        store, digest = self._setting.store, self._folder.digest

        def go(one: Pass) -> None:
            note_progress(store, one.stack, digest, None)
            targets = one.targets or self._plan.targets
            runner.update(stacks[one.stack], self._wanted.declared, self._heard, targets)
            with self._lock:
                left[one.stack] -= 1
                over = left[one.stack] == 0
            if over:
                after = read_stack(store, self._setting.site, one.stack).digest
                note_progress(store, one.stack, digest, after)

        side_by_side(order, go, UPDATES_AT_ONCE, stop)

    def _heard(self, step: EngineStep) -> None:
        if step.operation in COUNTED:
            with self._lock:
                self._done[step.operation] = self._done.get(step.operation, 0) + 1
                self._progress.count(self._name, sum(self._done.values()), len(self._plan.steps))


def _stop(session: Session, runner: Runner) -> None:
    """Begin nothing more, and end the engines before they write."""
    session.stop()
    runner.kill()
