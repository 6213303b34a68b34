"""Rebuilding a lost state from the cloud: what bears our marker, or is named in the inventory, is taken in.

Nothing in the cloud is changed: the engine runs over what stands, attached to a session that finds and never
makes. What differs from its declaration is the next plan's business.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from govcloud.engine.history import History
from govcloud.engine.leases import Leases
from govcloud.engine.schedule import side_by_side
from govcloud.engine.setting import Setting
from govcloud.engine.state import NOTHING, StackState
from govcloud.errors import ToolkitError, ToolkitErrors
from govcloud.progress import Progress
from govcloud.provider import KINDS, Session
from govcloud.stacks import Stack

UPDATES_AT_ONCE = 4


@dataclass(frozen=True)
class Adopted:
    """How many objects were taken into the state, by stack, and the declared addresses that do not stand."""

    plane: str
    by_stack: Mapping[str, int]
    absent: tuple[str, ...]


def adopt(setting: Setting, progress: Progress, patience: float = 0.0) -> Adopted:
    """Take into the state what stands in the cloud and is not in it; an adoption of all of a lost state, too.

    Raises ToolkitError for objects that claim to be ours and are not, before any state is written.
    """
    name = f"adopt {setting.plane}"
    progress.step(name)
    with Leases(setting.store, [stack.name for stack in setting.stacks], "adopt", patience) as leases:
        state = setting.state()
        with setting.running("adopt", state, may_write=leases.demand, adopts_only=True) as (session, runner):
            wanted = {
                stack.name: _adoptable(stack, state.get(stack.name, NOTHING), session)
                for stack in setting.stacks
            }
            busy = {stack: part for stack, part in wanted.items() if part.new}
            runner.backend.clear_stale_locks(busy)

            def take(stack: str) -> None:
                part = busy[stack]
                runner.update(part.stack, setting.declared, lambda _: None, part.new)
                progress.count(name, len(part.new), len(part.new))

            needs = {stack: [n for n in part.stack.depends_on if n in busy] for stack, part in busy.items()}
            side_by_side(needs, take, UPDATES_AT_ONCE, session.stop)
        taken = {stack: len(part.new) for stack, part in busy.items()}
        if taken:
            History(setting.store).note("adopted", plane=setting.plane, objects=taken)
    progress.done(name)
    absent = tuple(address for part in wanted.values() for address in part.absent)
    return Adopted(setting.plane, taken, absent)


@dataclass(frozen=True)
class _Part:
    """A stack with what of it stands, the addresses to take in, and those that do not stand."""

    stack: Stack
    new: tuple[str, ...]
    absent: tuple[str, ...]


def _adoptable(stack: Stack, known: StackState, session: Session) -> _Part:
    held = {one.address for one in known.held}
    new: list[str] = []
    absent: list[str] = []
    errors: list[ToolkitError] = []
    for resource in stack.resources:
        address = stack.address(resource.name)
        if address in held:
            continue
        try:
            found = session.find(address, KINDS[resource.kind])
        except ToolkitError as error:
            errors.append(error)
            continue
        (new if found is not None else absent).append(address)
    if errors:
        raise ToolkitErrors(errors)
    gone = {address.rpartition("/")[2] for address in absent}
    standing = tuple(
        replace(one, depends_on=tuple(name for name in one.depends_on if name not in gone))
        for one in stack.resources
        if one.name not in gone
    )
    return _Part(replace(stack, resources=standing), tuple(new), tuple(absent))
