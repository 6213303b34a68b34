"""Runs a move's steps: side by side where they do not wait for each other, each once, killed anywhere."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from graphlib import TopologicalSorter

from govcloud.errors import ToolkitError, ToolkitErrors
from govcloud.migrations.journal import Claims, Journal
from govcloud.migrations.steps import Step
from govcloud.migrations.ties import Ties, bound, tied
from govcloud.progress import Progress

PATIENCE = 0.2
"""Seconds between two looks at a step that another worker has claimed."""


def run_steps(
    steps: Sequence[Step], journal: Journal, claims: Claims, progress: Progress, workers: int = 2
) -> None:
    """Do every step that is not done, each behind those it names; after an error nothing new begins.

    A step that another worker has claimed is come back to, and others are taken meanwhile. Raises the error
    (or all, where several ran side by side); what was done stays done. Interrupted, it waits for no host.
    """
    by_name = _named(steps)
    order = TopologicalSorter({step.name: step.after for step in steps})
    order.prepare()
    waiting: deque[str] = deque()
    running: dict[Future[bool], str] = {}
    errors: list[ToolkitError] = []
    ties = Ties()
    with tied(ties.cut), ThreadPoolExecutor(workers) as pool:
        try:
            while order.is_active() and (running or not errors):
                waiting.extend(order.get_ready())
                while waiting and len(running) < workers and not errors:
                    name = waiting.popleft()
                    doing = pool.submit(bound, ties, _attempt, by_name[name], journal, claims, progress)
                    running[doing] = name
                for name, future in _ended(running):
                    error = future.exception()
                    if isinstance(error, ToolkitError):
                        errors.append(error)
                    elif future.result():
                        order.done(name)
                    else:
                        waiting.append(name)
        except BaseException:
            ties.cut()
            raise
    if errors:
        raise errors[0] if len(errors) == 1 else ToolkitErrors(errors)


def _ended(running: dict[Future[bool], str]) -> Iterator[tuple[str, Future[bool]]]:
    """Wait for one that ends; what has ended is not running any more."""
    for future in wait(running, return_when=FIRST_COMPLETED).done:
        yield running.pop(future), future


def _attempt(step: Step, journal: Journal, claims: Claims, progress: Progress) -> bool:
    """Do one step unless it is done; False, after a moment, where another worker is at it."""
    with claims.claim(f"{journal.move}/{step.name}") as ours:
        entry = journal.entry(step.name)
        if entry is not None and entry.done:
            return True
        if ours:
            _do(step, journal, progress, resumed=entry is not None)
            return True
    time.sleep(PATIENCE)
    return False


def _do(step: Step, journal: Journal, progress: Progress, *, resumed: bool) -> None:
    progress.step(step.name)
    facts = step.look(journal) if resumed and step.look is not None else None
    if facts is None:
        journal.intend(step.name, step.intent)
        facts = step.act(journal)
    journal.finish(step.name, facts)
    progress.done(step.name)


def _named(steps: Sequence[Step]) -> dict[str, Step]:
    by_name = {step.name: step for step in steps}
    if len(by_name) != len(steps):
        raise ValueError("two steps have one name")
    for step in steps:
        for before in step.after:
            if before not in by_name:
                raise ValueError(f"{step.name} comes after {before}, which is no step")
    return by_name
