"""Takes a released system back: what was written on the platform comes home, then people do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

from govcloud.errors import ToolkitError
from govcloud.migrations.journal import Claims, Journal
from govcloud.migrations.moves.mover import Mover
from govcloud.migrations.moves.standing import ROLLBACK, standing_of
from govcloud.migrations.night import START, WAY_BACK, Act, raise_all, side_by_side
from govcloud.migrations.steps import Facts
from govcloud.progress import Progress


def bring_home(
    movers: Sequence[Mover],
    journal: Journal,
    claims: Claims,
    progress: Progress,
    within: float,
    now: Callable[[], datetime],
) -> float:
    """Take a released system back; the seconds for which its people could not write.

    One barrier: nobody is let in at the source before every part has come home. A run that was killed is gone
    on with. Raises ToolkitError where the time to do so is over, and for what fails: then run it again.
    """
    with claims.claim(f"{journal.move}/cutover") as ours:
        if not ours:
            raise ToolkitError(
                "another run is at it", f"move {journal.move}", "wait for it, or see where it runs"
            )
        standing_of(journal).demand_return(journal.move, within, now())
        began = _begun(journal, now())
        for what, act, waits in _HOMEWARD:
            _each(movers, what, act, waits, journal, progress)
        seconds = (now() - began).total_seconds()
        journal.finish(ROLLBACK, {"downtime": seconds})
        return seconds


def _begun(journal: Journal, now: datetime) -> datetime:
    entry = journal.entry(ROLLBACK)
    if entry is None:
        journal.intend(ROLLBACK, {"since": now.isoformat()})
        return now
    return datetime.fromisoformat(entry.intent["since"])


def _told(act: Callable[[Mover], None]) -> Callable[[Mover], Facts]:
    def done(mover: Mover) -> Facts:
        act(mover)
        return {}

    return done


_HOMEWARD: Sequence[tuple[str, Callable[[Mover], Facts], float | None]] = (
    ("quiet", _told(lambda mover: mover.quiet()), START),
    # How long this takes follows from how much was written since: nobody is cut off from that.
    ("home", lambda mover: mover.bring_back(), None),
    # The same ways back as those of a cutover that is taken back, in their order.
    ("switch back", _told(lambda mover: mover.switch_back()), WAY_BACK),
    ("unfence", _told(lambda mover: mover.unfence()), START),
    ("admit", _told(lambda mover: mover.admit()), START),
    ("reopen", _told(lambda mover: mover.reopen()), WAY_BACK),
)
"""What is done to every part in turn; the seconds for which it may wait for a host that does not answer."""


def _each(
    movers: Sequence[Mover],
    what: str,
    act: Callable[[Mover], Facts],
    seconds: float | None,
    journal: Journal,
    progress: Progress,
) -> None:
    """Do the same to every part, side by side; all that fails is told together.

    What has waited for an answer for so many `seconds` is cut off from it.
    """

    def one(mover: Mover) -> None:
        name = f"{ROLLBACK}/{what}/{mover.name}"
        entry = journal.entry(name)
        if entry is not None and entry.done:
            return
        progress.step(name)
        journal.intend(name, {})
        journal.finish(name, act(mover))
        progress.done(name)

    acts = [Act(f"{what} of {mover.name}", partial(one, mover)) for mover in movers]
    raise_all(side_by_side(acts, seconds))
