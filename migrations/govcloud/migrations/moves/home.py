"""Takes a released system back: what was written on the platform comes home, then people do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from govcloud.errors import ToolkitError, ToolkitErrors
from govcloud.migrations.journal import Claims, Journal
from govcloud.migrations.moves.mover import Mover
from govcloud.migrations.moves.standing import ROLLBACK, standing_of
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
        _each(movers, "quiet", _told(lambda mover: mover.quiet()), journal, progress)
        _each(movers, "home", lambda mover: mover.bring_back(), journal, progress)
        # The same ways back as those of a cutover that is taken back, in their order.
        _each(movers, "switch back", _told(lambda mover: mover.switch_back()), journal, progress)
        _each(movers, "unfence", _told(lambda mover: mover.unfence()), journal, progress)
        _each(movers, "admit", _told(lambda mover: mover.admit()), journal, progress)
        _each(movers, "reopen", _told(lambda mover: mover.reopen()), journal, progress)
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


def _each(
    movers: Sequence[Mover],
    what: str,
    act: Callable[[Mover], Facts],
    journal: Journal,
    progress: Progress,
) -> None:
    """Do the same to every part, side by side; all that fails is told together."""

    def one(mover: Mover) -> None:
        name = f"{ROLLBACK}/{what}/{mover.name}"
        entry = journal.entry(name)
        if entry is not None and entry.done:
            return
        progress.step(name)
        journal.intend(name, {})
        journal.finish(name, act(mover))
        progress.done(name)

    with ThreadPoolExecutor(max(1, len(movers))) as pool:
        running = [pool.submit(one, mover) for mover in movers]
    errors = [error for future in running if (error := future.exception()) is not None]
    for error in errors:
        if not isinstance(error, ToolkitError):
            raise error
    if errors:
        raise ToolkitErrors([error for error in errors if isinstance(error, ToolkitError)])
