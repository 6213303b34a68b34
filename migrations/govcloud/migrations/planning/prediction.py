"""How long a move takes, and for how long its people cannot write: each figure with how it was computed."""

from __future__ import annotations

from dataclasses import dataclass

from govcloud.migrations.sizes import MIB, size


@dataclass(frozen=True)
class Load:
    """What was found of one move: bytes to copy, bytes that change in a second, and what is done at the stop.

    `rest` is what no stream carries and is therefore copied while nobody writes: bytes of unlogged tables and
    of large objects that changed, files that changed since the last pass. `entries` counts the files that the
    last pass has to look at, `objects` the sequences, views and grants that are compared.
    """

    data: int
    changes: float
    rest: int = 0
    entries: int = 0
    objects: int = 0


@dataclass(frozen=True)
class Rates:
    """What this platform was measured to do: by a rehearsal, or by the bench where none has been held.

    `copy` and `apply` are bytes in a second, `entries` files and `objects` catalogue objects in a second;
    `steps` are the seconds that the stages take whatever the size.
    """

    copy: float = 60.0 * MIB
    apply: float = 8.0 * MIB
    entries: float = 20_000.0
    objects: float = 2_000.0
    steps: float = 2.5
    lag: float = 1.0
    """Seconds of changes that are on their way when the stop begins."""


@dataclass(frozen=True)
class Duration:
    """Seconds, and how they were computed, a part a line."""

    copying: float
    downtime: float
    how: tuple[str, ...]


def predict(load: Load, rates: Rates, limit: int | None = None) -> Duration:
    """How long copying takes while people work, and the downtime at its end; `limit` is bytes in a second."""
    speed = min(rates.copy, float(limit)) if limit else rates.copy
    first = load.data / speed
    # What changes meanwhile is applied behind it, while more changes.
    behind = _converging(first, load.changes, rates.apply)
    waiting = load.changes * rates.lag / rates.apply
    rest = load.rest / speed
    looking = load.entries / rates.entries
    comparing = load.objects / rates.objects
    parts = {
        f"its stages, whatever the size: {rates.steps:.1f} s": rates.steps,
        f"changes of {rates.lag:.1f} s, {size(load.changes)}/s, at {size(rates.apply)}/s": waiting,
        f"what no stream carries: {size(load.rest)} at {size(speed)}/s": rest,
        f"the last pass over {load.entries} files at {rates.entries:.0f}/s": looking,
        f"comparing {load.objects} objects at {rates.objects:.0f}/s": comparing,
    }
    how = (
        f"copying: {size(load.data)} at {size(speed)}/s: {first:.0f} s",
        f"catching up: {size(load.changes)}/s at {size(rates.apply)}/s: {behind:.0f} s",
        *(f"downtime: {what}: {seconds:.2f} s" for what, seconds in parts.items() if seconds),
    )
    return Duration(first + behind, sum(parts.values()), how)


def _converging(seconds: float, changes: float, applied: float) -> float:
    """Seconds until what changed while copying has been applied; infinite where it never is."""
    return seconds * changes / (applied - changes) if changes < applied else float("inf")
