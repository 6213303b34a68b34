"""What the doctor finds: each thing with its state and, unless all is well, with what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from govcloud.errors import ToolkitError


class State(StrEnum):
    """How it is with one thing. Only what was looked at, and was right, is `ok`."""

    OK = "ok"
    NOTE = "note"
    """Worth knowing; it prevents no work."""
    WRONG = "wrong"
    """It prevents work, or lays open what should be private."""
    UNKNOWN = "could not be determined"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. Everything but `ok` has a remedy."""

    subject: str
    state: State
    seen: str
    remedy: str = ""
    area: str = ""


def ok(subject: str, seen: str) -> Finding:
    """All is well."""
    return Finding(subject, State.OK, seen)


def note(subject: str, seen: str, remedy: str) -> Finding:
    """Worth knowing."""
    return Finding(subject, State.NOTE, seen, remedy)


def wrong(subject: str, seen: str, remedy: str) -> Finding:
    """Prevents work."""
    return Finding(subject, State.WRONG, seen, remedy)


def unknown(subject: str, seen: str, remedy: str) -> Finding:
    """Could not be looked at."""
    return Finding(subject, State.UNKNOWN, seen, remedy)


def attempt(area: str, subject: str, check: Callable[[], Iterable[Finding]]) -> Iterator[Finding]:
    """What a check finds. One that fails keeps no other from being made, and is never `ok`.

    Of an error that nobody foresaw only the kind is told: its text may hold what the check was reading.
    """
    found: list[Finding] = []
    try:
        found.extend(check())
    except ToolkitError as error:
        first = error.parts()[0]
        found += [unknown(subject, str(first).splitlines()[0], first.remedy or "mend it, then look again")]
    except OSError as error:
        seen = f"{error.strerror or type(error).__name__}: {error.filename or subject}"
        found += [unknown(subject, seen, "look again as root or through sudo")]
    except Exception as error:  # noqa: BLE001 - a check that breaks must not hide what the others see
        seen = f"the check ended with {type(error).__name__}"
        found += [unknown(subject, seen, "look at it by hand, and report this as an error of govcloud")]
    return (replace(one, area=area) for one in found)


def exit_code(findings: Sequence[Finding]) -> int:
    """0 when nothing prevents work, 1 when something does, 5 when that could not be determined."""
    states = {finding.state for finding in findings}
    if State.WRONG in states:
        return 1
    return 5 if State.UNKNOWN in states else 0
