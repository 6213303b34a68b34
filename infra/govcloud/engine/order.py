"""In which order a plan's stacks are gone through: what others stand on is made first and taken away last.

A stack that both makes and takes away, while others that the plan touches stand on it, is gone through twice:
they could neither be led to what is new nor let go of what is old otherwise. See decision 0013.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from govcloud.engine.plan import Step


@dataclass(frozen=True)
class Pass:
    """One run of the engine over a stack; with `targets` it does no more than these."""

    stack: str
    clears: bool
    targets: tuple[str, ...] = ()


def passes(steps: Mapping[str, Sequence[Step]], needs: Mapping[str, Sequence[str]]) -> dict[Pass, list[Pass]]:
    """The passes over the stacks that have steps, each with those that must be over before it.

    `needs` gives for each stack those that it stands on, whether or not they have steps.
    """
    below = {stack: _closure(stack, needs) for stack in steps}
    above = {stack: [other for other in steps if stack in below[other]] for stack in steps}
    of_stack = {stack: _of_stack(stack, done, bool(above[stack])) for stack, done in steps.items() if done}
    order: dict[Pass, list[Pass]] = {}
    for stack, own in of_stack.items():
        for number, one in enumerate(own):
            order[one] = list(own[:number])
            if one.clears:
                order[one] += [done for other in above[stack] for done in of_stack.get(other, ())]
            if _makes(one, steps[stack]):
                order[one] += [done for other in below[stack] for done in _making(other, of_stack, steps)]
    return order


def _of_stack(stack: str, steps: Sequence[Step], stood_on: bool) -> tuple[Pass, ...]:
    makes = tuple(dict.fromkeys(step.address for step in steps if step.operation != "delete"))
    clears = any(step.operation == "delete" for step in steps)
    if makes and clears and stood_on:
        return Pass(stack, False, makes), Pass(stack, True)
    return (Pass(stack, clears),)


def _makes(one: Pass, steps: Sequence[Step]) -> bool:
    """Whether a pass makes or changes anything; of two over a stack the first does."""
    return bool(one.targets) or (not one.clears) or any(step.operation != "delete" for step in steps)


def _making(
    stack: str, of_stack: Mapping[str, Sequence[Pass]], steps: Mapping[str, Sequence[Step]]
) -> list[Pass]:
    """The pass over a stack in which it makes what others stand on."""
    own = of_stack.get(stack, ())
    return [own[0]] if own and _makes(own[0], steps[stack]) else []


def _closure(stack: str, needs: Mapping[str, Sequence[str]]) -> set[str]:
    """Every stack that one stands on, through others."""
    found: set[str] = set()
    left = list(needs.get(stack, ()))
    while left:
        other = left.pop()
        if other not in found and other != stack:
            found.add(other)
            left += needs.get(other, ())
    return found
