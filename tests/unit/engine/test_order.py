"""What others stand on is made first and taken away last, each stack in as few passes as that needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from graphlib import TopologicalSorter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govcloud.engine.order import Pass, passes
from govcloud.engine.plan import OPERATIONS, Step
from govcloud.provider import Consequence

CITY = {"core": [], "city": ["core"], "east": ["core"], "systems": ["core", "city"]}
"""Stacks as a plane has them, with what they stand on."""


def step(stack: str, operation: str, name: str = "it") -> Step:
    return Step(stack, f"{stack}/{name}", "network", operation, "", Consequence.NONE, "")


def steps(**operations: str) -> dict[str, list[Step]]:
    """Steps of stacks by their operations: `core="create delete"`."""
    return {
        stack: [
            step(stack, operation, f"{operation}-{number}") for number, operation in enumerate(words.split())
        ]
        for stack, words in operations.items()
    }


def ran(order: Mapping[Pass, Sequence[Pass]]) -> list[str]:
    """The passes one after the other: `+stack` makes, `-stack` takes away too, or nothing but that."""
    return [_sign(one) + one.stack for one in TopologicalSorter(order).static_order()]


def _sign(one: Pass) -> str:
    return "+" if not one.clears else "-"


def test_what_is_made_is_made_in_the_order_of_the_stacks() -> None:
    order = passes(steps(systems="create", city="update", core="create"), CITY)
    assert ran(order) == ["+core", "+city", "+systems"]


def test_what_only_goes_goes_in_reverse() -> None:
    order = passes(steps(core="delete", city="delete", systems="delete"), CITY)
    assert ran(order) == ["-systems", "-city", "-core"]


@pytest.mark.parametrize("operation", [one for one in OPERATIONS if one != "delete"])
def test_all_but_a_deletion_is_made(operation: str) -> None:
    order = passes(steps(core=operation, city=operation), CITY)
    assert ran(order) == ["+core", "+city"]


def test_stacks_that_do_not_stand_on_each_other_need_not_wait() -> None:
    order = passes(steps(city="create", east="delete"), CITY)
    assert order == {Pass("city", False): [], Pass("east", True): []}


def test_a_stack_that_makes_and_takes_away_under_others_is_gone_through_twice() -> None:
    order = passes(steps(core="create delete", city="update"), CITY)
    assert ran(order) == ["+core", "+city", "-core"]
    first, last = (one for one in order if one.stack == "core")
    assert first == Pass("core", False, ("core/create-0",))
    assert last == Pass("core", True)


def test_its_first_pass_does_no_more_than_it_makes_and_each_address_once() -> None:
    twice = {"core": [step("core", "create", "a"), step("core", "replace", "a"), step("core", "delete", "b")]}
    order = passes({**twice, **steps(city="update")}, CITY)
    assert next(one.targets for one in order if one.targets) == ("core/a",)


def test_a_stack_on_which_nothing_of_the_plan_stands_is_gone_through_once() -> None:
    assert passes(steps(core="create delete"), CITY) == {Pass("core", True): []}
    assert ran(passes(steps(core="create", systems="create delete"), CITY)) == ["+core", "-systems"]


def test_the_top_of_a_plan_that_does_both_waits_for_what_is_made_and_not_for_what_goes() -> None:
    order = passes(steps(core="create delete", city="create delete", systems="create delete"), CITY)
    assert ran(order) == ["+core", "+city", "-systems", "-city", "-core"]


def test_a_stack_that_only_takes_away_does_not_wait_for_what_is_made_below() -> None:
    order = passes(steps(core="create", city="delete"), CITY)
    assert order == {Pass("core", False): [], Pass("city", True): []}


def test_one_stands_on_another_also_through_stacks_without_steps() -> None:
    assert ran(passes(steps(core="create delete", systems="update"), CITY)) == ["+core", "+systems", "-core"]
    chain = {"a": [], "b": ["a"], "c": ["b"], "d": ["c"]}
    assert ran(passes(steps(d="delete", a="delete"), chain)) == ["-d", "-a"]
    assert ran(passes(steps(d="create", a="create"), chain)) == ["+a", "+d"]


def test_stacks_that_nobody_declares_any_more_may_be_stood_on() -> None:
    assert ran(passes(steps(core="delete"), {"core": ["gone"]})) == ["-core"]
    assert ran(passes(steps(core="delete"), {})) == ["-core"]


def test_without_steps_there_is_no_pass() -> None:
    assert passes({}, CITY) == {}
    assert passes({"core": [], "city": []}, CITY) == {}


NAMES = "abcdef"


@st.composite
def graphs(draw: st.DrawFn) -> dict[str, list[str]]:
    """Stacks in an order, each standing on any before it."""
    order = draw(st.permutations(NAMES))
    return {
        name: [other for other in order[:number] if draw(st.booleans())] for number, name in enumerate(order)
    }


operations = st.lists(st.sampled_from(OPERATIONS), max_size=3)


@given(graphs(), st.dictionaries(st.sampled_from(NAMES), operations))
@settings(max_examples=200, deadline=None)
def test_whatever_stands_on_whatever(needs: dict[str, list[str]], asked: dict[str, list[str]]) -> None:
    wanted = {stack: steps(**{stack: " ".join(words)})[stack] for stack, words in asked.items()}
    order = passes(wanted, needs)
    # No circle, and nothing is waited for that is not run.
    sequence = list(TopologicalSorter(order).static_order())
    assert sorted(sequence, key=str) == sorted(order, key=str)
    below = {stack: closure(stack, needs) for stack in NAMES}
    runs = {stack: [one for one in sequence if one.stack == stack] for stack in NAMES}
    for stack in NAMES:
        _demand_own(runs[stack], wanted.get(stack, []))
    for stack in NAMES:
        for other in below[stack]:
            _demand_between(sequence, runs[other], runs[stack], wanted)


def closure(stack: str, needs: Mapping[str, Sequence[str]]) -> set[str]:
    return {found for need in needs[stack] for found in (need, *closure(need, needs))}


def makes(step: Step) -> bool:
    return step.operation != "delete"


def _demand_own(runs: Sequence[Pass], wanted: Sequence[Step]) -> None:
    """A stack has one pass where it has steps, two at most, and the last does all that is left."""
    assert len(runs) <= 2
    assert bool(runs) == bool(wanted)
    if runs:
        assert runs[-1].targets == ()
        assert runs[-1].clears == any(not makes(one) for one in wanted)
    if len(runs) == 2:
        assert set(runs[0].targets) == {one.address for one in wanted if makes(one)}
        assert any(not makes(one) for one in wanted)


def _demand_between(
    sequence: Sequence[Pass],
    lower: Sequence[Pass],
    upper: Sequence[Pass],
    wanted: Mapping[str, Sequence[Step]],
) -> None:
    """Making below is over before making above; clearing below waits for all that is done above."""
    if not lower or not upper:
        return
    if any(map(makes, wanted[lower[0].stack])) and any(map(makes, wanted[upper[0].stack])):
        assert sequence.index(lower[0]) < sequence.index(upper[0])
    if lower[-1].clears:
        assert all(sequence.index(one) < sequence.index(lower[-1]) for one in upper)
