"""Does several things side by side, none of which may wait for another host for longer than it is given."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

from govcloud.errors import ToolkitError, ToolkitErrors
from govcloud.migrations.night.deadline import MissedError
from govcloud.migrations.ties import Ties, bound, tied


@dataclass(frozen=True)
class Act:
    """Something that is done to a part; `what` names it in an error."""

    what: str
    do: Callable[[], object]


def side_by_side(acts: Sequence[Act], seconds: float | None) -> list[BaseException]:
    """Do all of them, and wait until all have ended; what went wrong.

    What still runs after so many `seconds` is cut off from whatever it waits for, and so ends with an error.
    """
    every = [Ties() for _ in acts]
    with tied(lambda: _cut(every)), ThreadPoolExecutor(max(1, len(acts))) as pool:
        running = [pool.submit(bound, ties, act.do) for act, ties in zip(acts, every, strict=True)]
        try:
            _, late = wait(running, seconds)
            for future, ties in zip(running, every, strict=True):
                if future in late:
                    ties.cut()
            wait(running)
        except BaseException:
            # Nobody waits for them any more: they have to end nevertheless.
            _cut(every)
            raise
    return [error for one in zip(acts, every, running, strict=True) if (error := _wrong(*one)) is not None]


def _cut(every: Sequence[Ties]) -> None:
    for ties in every:
        ties.cut()


def raise_all(errors: Sequence[BaseException]) -> None:
    """Raise what went wrong, all of it together; a mistake of ours before what was foreseen."""
    for error in errors:
        if not isinstance(error, ToolkitError):
            raise error
    foreseen = [error for error in errors if isinstance(error, ToolkitError)]
    if foreseen:
        raise foreseen[0] if len(foreseen) == 1 else ToolkitErrors(foreseen)


def _wrong(act: Act, ties: Ties, future: Future[object]) -> BaseException | None:
    """What went wrong; where it was cut off, that this is why, whatever it met then."""
    error = future.exception()
    if not ties.are_cut or not isinstance(error, Exception) or isinstance(error, MissedError):
        return error
    known = error.parts()[0] if isinstance(error, ToolkitError) else None
    told = MissedError(
        f"{act.what} waited for an answer that did not come in time, and was cut short:"
        f" {known.what if known else repr(error)}",
        known.where if known else "",
        "see whether that server answers, and whether its disk has room",
    )
    told.__cause__ = error
    return told
