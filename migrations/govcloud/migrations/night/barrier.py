"""One barrier over all parts of a system: a stage begins when the one before has ended for every part.

Before the release, whatever goes wrong takes everything back by itself: the source is as it was, and people
work on. From the release on there is no such way: a run that was killed there goes on, and `rollback` brings
home what was written since. Each stage of each part stands in the journal before it begins and after it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from govcloud.errors import ToolkitError
from govcloud.migrations.journal import Claims, Journal
from govcloud.migrations.night.acting import Act, raise_all, side_by_side
from govcloud.migrations.night.deadline import Deadline
from govcloud.migrations.night.parts import Part
from govcloud.migrations.night.stages import STAGES, Stage
from govcloud.progress import Progress

ATTEMPTS = 3
"""How often a cutover may be tried before a new rehearsal is asked for."""
LEAST = 1.0
"""Seconds that each stage has at least."""
GRACE = 1.0
"""Seconds behind its deadline in which a stage may end by itself; then it is cut off from what it awaits."""
RETURNED = "returned"


@dataclass(frozen=True)
class Outcome:
    """How a cutover has ended: `released`, with the seconds of downtime, or taken back, with the reason."""

    attempt: int
    released: bool
    downtime: float
    reason: str = ""


class _Attempt:
    """One attempt, by its number; its steps are `cutover-<number>/<stage>/<part>`."""

    def __init__(self, journal: Journal, number: int, parts: Sequence[Part], stages: Sequence[Stage]) -> None:
        self.journal = journal
        self.number = number
        self.parts = parts
        self.stages = stages

    def name(self, *words: str) -> str:
        return "/".join((f"cutover-{self.number}", *words))

    def begin(self, now: datetime) -> None:
        """Note when it began to cost people anything; once."""
        if self.journal.entry(self.name()) is None:
            self.journal.intend(self.name(), {"since": now.isoformat()})

    def passed(self, now: datetime) -> float:
        """Seconds since then."""
        entry = self.journal.entry(self.name())
        since = entry.intent["since"] if entry else now.isoformat()
        return (now - datetime.fromisoformat(since)).total_seconds()

    def ended(self) -> datetime:
        """When the last part was released."""
        finals = [stage for stage in self.stages if stage.final]
        entries = [self.journal.entry(self.name(s.name, part.name)) for s in finals for part in self.parts]
        return max(datetime.fromisoformat(one.ended) for one in entries if one and one.ended)

    def begun(self, stage: Stage, part: Part) -> bool:
        return self.journal.entry(self.name(stage.name, part.name)) is not None

    @property
    def final(self) -> bool:
        """Whether a stage without a way back has begun for any part."""
        return any(self.begun(stage, part) for stage in self.stages if stage.final for part in self.parts)

    @property
    def returning(self) -> bool:
        """Whether it is being taken back, or has been."""
        return self.journal.entry(self.name(RETURNED)) is not None

    @property
    def over(self) -> bool:
        """Whether it has been taken back."""
        entry = self.journal.entry(self.name(RETURNED))
        return entry is not None and entry.done


def cut_over(
    parts: Sequence[Part],
    journal: Journal,
    claims: Claims,
    progress: Progress,
    allowed: float,
    now: Callable[[], datetime],
    stages: Sequence[Stage] = STAGES,
) -> Outcome:
    """Cut a system over, or take everything back; `allowed` are the seconds of downtime.

    An attempt that was killed is gone on with while its time lasts, each stage done anew, and taken back
    otherwise; one that was killed while it was taken back is taken back. ToolkitError where it may not be
    tried again, and where taking back has failed: then people are without the system.
    """
    with claims.claim(f"{journal.move}/cutover") as ours:
        if not ours:
            raise ToolkitError(
                "another run cuts it over", f"move {journal.move}", "wait for it, or see where it runs"
            )
        attempt = _attempt(parts, journal, stages)
        if attempt.returning:
            return _returned(attempt, progress, now, "it was being taken back when the run before ended")
        attempt.begin(now())
        try:
            for stage in [one for one in stages if one.final or not attempt.final]:
                _pass(stage, attempt, progress, _seconds(stage, attempt, allowed, now()))
        except (Exception, KeyboardInterrupt) as error:
            if attempt.final:
                raise
            outcome = _returned(attempt, progress, now, str(error))
            if not isinstance(error, ToolkitError):
                raise
            return outcome
        downtime = attempt.passed(attempt.ended())
        journal.finish(attempt.name(), {"downtime": downtime})
        return Outcome(attempt.number, True, downtime)


def _attempt(parts: Sequence[Part], journal: Journal, stages: Sequence[Stage]) -> _Attempt:
    """The attempt that is under way, or the next."""
    for number in range(1, ATTEMPTS + 1):
        attempt = _Attempt(journal, number, parts, stages)
        entry = journal.entry(attempt.name())
        if entry is not None and entry.done:
            raise ToolkitError(
                "it has been cut over already",
                f"move {journal.move}",
                "verify it, finalize it or roll it back",
            )
        if not attempt.over:
            return attempt
    raise ToolkitError(
        f"it has been tried {ATTEMPTS} times and taken back each time",
        f"move {journal.move}",
        "rehearse it again, and see there what holds it up",
    )


def _seconds(stage: Stage, attempt: _Attempt, allowed: float, now: datetime) -> float:
    """What a stage may take: its share, and no more than is left of all. The final one is not hurried."""
    if stage.final:
        return allowed
    return min(max(LEAST, stage.share * allowed), allowed - attempt.passed(now))


def _pass(stage: Stage, attempt: _Attempt, progress: Progress, seconds: float) -> None:
    """Do a stage to every part, side by side; over when all are, whatever one of them says."""
    deadline = Deadline(seconds)
    acts = [
        Act(f"{stage.name} of {part.name}", partial(_do, stage, part, attempt, progress, deadline))
        for part in attempt.parts
    ]
    # Behind the point of no return there is nothing better than to wait.
    errors = side_by_side(acts, None if stage.final else max(0.0, seconds) + GRACE)
    raise_all(errors)


def _do(stage: Stage, part: Part, attempt: _Attempt, progress: Progress, deadline: Deadline) -> None:
    name = attempt.name(stage.name, part.name)
    what = f"{stage.name} of {part.name}"
    entry = attempt.journal.entry(name)
    if stage.final and entry is not None and entry.done:
        return
    if not stage.final:
        deadline.demand(what)
    progress.step(name)
    attempt.journal.intend(name, {})
    facts = stage.act(part, deadline)
    if not stage.final:
        deadline.demand(what)
    attempt.journal.finish(name, facts)
    progress.done(name)


def _returned(attempt: _Attempt, progress: Progress, now: Callable[[], datetime], reason: str) -> Outcome:
    """Take back every stage that has begun, the last first; all is tried, and what fails is told together.

    A host that does not answer holds nothing up for longer than the stage's `back_within`.
    """
    name = attempt.name(RETURNED)
    progress.step(name)
    attempt.journal.intend(name, {"because": reason})
    errors: list[BaseException] = []
    for stage in reversed(attempt.stages):
        for part in attempt.parts:
            if attempt.begun(stage, part):
                act = Act(f"the way back from {stage.name} of {part.name}", partial(stage.back, part))
                errors += side_by_side([act], stage.back_within)
    raise_all(errors)
    attempt.journal.finish(name, {"after": attempt.passed(now())})
    progress.done(name)
    return Outcome(attempt.number, False, attempt.passed(now()), reason)
