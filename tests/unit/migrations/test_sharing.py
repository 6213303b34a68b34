"""What several take from one heap is taken once; after an error nobody takes anything more."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from govcloud.errors import ToolkitError
from govcloud.migrations.sharing import share


def test_each_item_is_taken_once_and_side_by_side() -> None:
    both = threading.Barrier(2, timeout=20)
    done: list[int] = []

    def work(given: Iterator[int]) -> None:
        for number in given:
            if number < 2:
                both.wait()
            done.append(number)

    share(range(100), [work, work])
    assert sorted(done) == list(range(100))


def test_after_an_error_nothing_more_is_taken_and_what_was_begun_ends() -> None:
    failed = threading.Event()
    done: list[int] = []

    def work(given: Iterator[int]) -> None:
        for number in given:
            if number == 1:
                failed.set()
                raise ToolkitError("no room", "target", "make some")
            assert failed.wait(20)
            time.sleep(0.2)
            done.append(number)

    with pytest.raises(ToolkitError, match="no room"):
        share(range(100), [work, work])
    assert done == [0]


def test_nothing_is_no_error() -> None:
    share([], [list])
