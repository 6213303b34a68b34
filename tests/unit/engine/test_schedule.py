"""Stacks run after what they need, side by side where they may, and stop at the first failure."""

from __future__ import annotations

import threading

import pytest

from govcloud.engine.schedule import side_by_side
from govcloud.errors import ToolkitError, ToolkitErrors


def _never() -> None:
    raise AssertionError("nobody interrupted")


def test_each_runs_after_what_it_needs() -> None:
    seen: list[str] = []
    side_by_side({"c": ["b"], "b": ["a"], "a": []}, seen.append, 4, _never)
    assert seen == ["a", "b", "c"]


def test_independent_ones_run_at_the_same_time() -> None:
    both = threading.Barrier(2, timeout=10)
    side_by_side({"a": [], "b": []}, lambda _name: [both.wait()][0] and None, 2, _never)


def test_after_a_failure_nothing_new_begins_and_all_errors_are_told() -> None:
    seen: list[str] = []
    both = threading.Barrier(2, timeout=10)

    def work(name: str) -> None:
        seen.append(name)
        if name in ("a", "b"):
            both.wait()
            raise ToolkitError(f"{name} fails")

    with pytest.raises(ToolkitErrors) as caught:
        side_by_side({"a": [], "b": [], "c": ["a"]}, work, 2, _never)
    assert sorted(error.what for error in caught.value.parts()) == ["a fails", "b fails"]
    assert "c" not in seen


def test_a_circle_is_named() -> None:
    with pytest.raises(ToolkitError, match=r"a -> b -> a|b -> a -> b"):
        side_by_side({"a": ["b"], "b": ["a"]}, _never_called, 1, _never)


def _never_called(name: str) -> None:
    raise AssertionError(name)


def test_an_interrupt_stops_and_is_passed_on() -> None:
    stopped = threading.Event()

    def work(_name: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        side_by_side({"a": []}, work, 1, stopped.set)
    assert stopped.is_set()
