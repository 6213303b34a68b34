"""Holds a rehearsal: a clone that follows the live system is cut over to a copy, by the night's own code."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from govcloud.errors import ToolkitError
from govcloud.migrations.journal import Claims, Entry, Journal
from govcloud.migrations.moves import Mover, begin
from govcloud.migrations.night import STAGES, Deadline, Part, cut_over
from govcloud.migrations.planning import Duration, Load, Rates, predict
from govcloud.migrations.steps import Facts
from govcloud.progress import Progress

SMALL = 1024 * 1024
"""Bytes of lag at which a night may begin."""
SETTLES_WITHIN = 3600.0
PAUSE = 1.0
LEAST_SECONDS = 0.05
"""What took less says nothing of a rate."""
MANY_ENTRIES, MANY_OBJECTS = 10_000, 1_000


@dataclass(frozen=True)
class Held:
    """What one rehearsal measured, in seconds; `stages` in their order, `evidence` by part."""

    copying: float
    downtime: float
    stages: tuple[tuple[str, float], ...]
    predicted: Duration
    rates: Rates
    evidence: Mapping[str, Facts]


class _Stage:
    """A part of the rehearsed night: when people stop, so do the changes that the live system sends."""

    def __init__(self, night: Mover, clone: Mover) -> None:
        self._night = night
        self._clone = clone

    def drain(self, deadline: Deadline) -> Facts:
        """Let nothing more come from the live system, then drain."""
        self._clone.pause()
        return self._night.drain(deadline)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._night, name)


def hold(
    clones: Sequence[Mover],
    nights: Sequence[Mover],
    journals: tuple[tuple[Journal, Claims], tuple[Journal, Claims]],
    progress: Progress,
    allowed: float,
    rates: Rates,
    now: Callable[[], datetime],
) -> Held:
    """Copy twice, hold the night, compare; `rates` are what earlier ones measured, `allowed` the downtime.

    ToolkitError where the night is taken back, or both sides differ behind it. What it made is left there:
    `clear` takes it away.
    """
    begun = time.monotonic()
    (first, first_claims), (second, second_claims) = journals
    for mover in (*clones, *nights):
        mover.prepare()
    begin(clones, {"of": "clone"}, first, first_claims, progress)
    copying = time.monotonic() - begun
    begin(nights, {"of": "night"}, second, second_claims, progress)
    for movers in (clones, nights):
        settle(movers, SETTLES_WITHIN)
    for night in nights:
        night.approach()
    load = _sum([mover.load() for mover in nights])
    measured = replace(rates, copy=max(load.data / max(copying, LEAST_SECONDS), 1.0))
    predicted = predict(load, measured)
    parts: list[Part] = [_Stage(night, clone) for night, clone in zip(nights, clones, strict=True)]
    outcome = cut_over(parts, second, second_claims, progress, allowed, now)
    if not outcome.released:
        raise ToolkitError(
            f"the rehearsed night was taken back: {outcome.reason}",
            f"move {second.move}",
            "mend that, then rehearse it again",
        )
    stages = _stages(second, outcome.attempt)
    evidence = {mover.name: mover.evidence() for mover in nights}
    _demand_equal(evidence, second.move)
    return Held(copying, outcome.downtime, stages, predicted, _rates(measured, load, dict(stages)), evidence)


def clear(clones: Sequence[Mover], nights: Sequence[Mover]) -> None:
    """Take away all that a rehearsal has made, on both sides; one that was killed, too."""
    for mover in (*nights, *clones):
        mover.discard()


def settle(movers: Sequence[Mover], within: float) -> int:
    """Wait until little is still to come; the bytes. ToolkitError where it does not get less in time."""
    until = time.monotonic() + within
    while True:
        lag = sum(mover.lag() for mover in movers)
        if lag <= SMALL:
            return lag
        if time.monotonic() > until:
            raise ToolkitError(
                f"{lag} bytes are still to come, and do not get less",
                movers[0].name,
                "see what it writes, and whether the rate is limited too much",
            )
        time.sleep(PAUSE)


def _stages(journal: Journal, attempt: int) -> tuple[tuple[str, float], ...]:
    """How long each stage took: from its first part's beginning to its last part's end."""
    found = []
    for stage in STAGES:
        entries = [
            one for one in journal.entries() if one.name.startswith(f"cutover-{attempt}/{stage.name}/")
        ]
        found.append((stage.name, _span(entries)))
    return tuple(found)


def _span(entries: Sequence[Entry]) -> float:
    moments = [datetime.fromisoformat(one.begun) for one in entries]
    ends = [datetime.fromisoformat(one.ended) for one in entries if one.ended]
    return (max(ends) - min(moments)).total_seconds() if moments and ends else 0.0


def _sum(loads: Sequence[Load]) -> Load:
    return Load(
        sum(one.data for one in loads),
        sum(one.changes for one in loads),
        sum(one.rest for one in loads),
        sum(one.entries for one in loads),
        sum(one.objects for one in loads),
    )


def _rates(measured: Rates, load: Load, stages: Mapping[str, float]) -> Rates:
    """What this night says of the next: what does not depend on sizes is taken as it was.

    Going over few files, or comparing few definitions, says what beginning takes, and nothing of a rate.
    """
    steps = sum(stages.values())
    entries, objects = measured.entries, measured.objects
    passing, comparing = stages["catch up"], stages["verify"]
    if load.entries >= MANY_ENTRIES and passing > LEAST_SECONDS:
        entries, steps = load.entries / passing, steps - passing
    if load.objects >= MANY_OBJECTS and comparing > LEAST_SECONDS:
        objects, steps = load.objects / comparing, steps - comparing
    return replace(measured, entries=entries, objects=objects, steps=steps)


def _demand_equal(evidence: Mapping[str, Facts], move: str) -> None:
    found = [f"{name}: {line}" for name, facts in evidence.items() for line in facts["differences"]]
    if found:
        raise ToolkitError(
            f"both sides differ after the rehearsed night: {'; '.join(found[:10])}",
            f"move {move}",
            "see what is special about them, then rehearse it again",
        )
