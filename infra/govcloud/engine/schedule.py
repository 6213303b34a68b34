"""Work on stacks in the order of their dependencies, independent ones side by side."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from graphlib import CycleError, TopologicalSorter
from typing import TypeVar

from govcloud.errors import ToolkitError, ToolkitErrors

Work = TypeVar("Work", bound=Hashable)

HEARTBEAT = 0.5
"""Seconds within which an interrupt is noticed."""


def side_by_side(
    needs: Mapping[Work, Sequence[Work]],
    work: Callable[[Work], None],
    workers: int,
    on_interrupt: Callable[[], None],
) -> None:
    """Call `work` for every name once what it needs is done.

    After a failure nothing new begins, what runs is waited for, and all errors are raised together.
    An interrupt calls `on_interrupt`, waits for what runs, and is raised again.
    """
    sorter = TopologicalSorter({name: [n for n in before if n in needs] for name, before in needs.items()})
    try:
        sorter.prepare()
    except CycleError as error:
        circle = " -> ".join(map(str, error.args[1]))
        raise ToolkitError(f"stacks depend on each other: {circle}", remedy="break the circle") from error
    running: dict[Future[None], Work] = {}
    errors: list[ToolkitError] = []
    with ThreadPoolExecutor(workers, thread_name_prefix="stack") as pool:
        try:
            while sorter.is_active() and (not errors or running):
                if not errors:
                    running |= {pool.submit(work, name): name for name in sorter.get_ready()}
                ended, _ = wait(running, timeout=HEARTBEAT, return_when=FIRST_COMPLETED)
                for future in ended:
                    sorter.done(running.pop(future))
                    errors += _error_of(future)
        except KeyboardInterrupt:
            on_interrupt()
            for future in running:
                future.cancel()
            wait(running)
            raise
    if errors:
        raise ToolkitErrors(errors)


def _error_of(future: Future[None]) -> list[ToolkitError]:
    error = future.exception()
    if error is None:
        return []
    if isinstance(error, ToolkitError):
        return error.parts()
    raise error
