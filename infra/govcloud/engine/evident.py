"""Stacks whose plan is plain without asking the engine: nothing stands yet, or all stands as declared.

Where our own comparison finds no difference the engine has nothing to weigh up, and where the state is empty
it can only create. Everything between the two (an object to change, to replace, to take away, a run that was
interrupted) has an order and consequences, which are the engine's to find. See decision 0008.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from govcloud.engine.programs import in_order
from govcloud.engine.runner import EngineStep
from govcloud.engine.state import StackState
from govcloud.provider import KINDS, Declared, Session
from govcloud.stacks import Stack


def evident_steps(
    stack: Stack, state: StackState, session: Session, declared: Mapping[str, Declared]
) -> Sequence[EngineStep] | None:
    """The engine's steps where they are evident, or None where it must be asked."""
    addresses = [stack.address(resource.name) for resource in stack.resources]
    own = {address: declared[address] for address in addresses}
    if not state.settled or any(session.check(KINDS[one.kind], one.inputs)[1] for one in own.values()):
        return None
    if not state.held:
        return [EngineStep(stack.address(one.name), one.kind, "create", "") for one in in_order(stack)]
    return () if _all_as_declared(own, state, session) else None


def _all_as_declared(own: Mapping[str, Declared], state: StackState, session: Session) -> bool:
    """Whether the state holds what is declared, and each object stands in the cloud as declared."""
    held = sorted((one.address, one.kind) for one in state.held)
    if held != sorted((address, one.kind) for address, one in own.items()):
        return False
    # What cannot be read back is compared with the state's secrets, which the engine alone can open.
    if any(
        field.write_only and field.name in one.inputs
        for one in own.values()
        for field in KINDS[one.kind].fields
    ):
        return False
    return not any(session.difference(one.address, KINDS[one.kind], one.identifier, {}) for one in state.held)
