"""How far a move has come, read from its journal alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from govcloud.errors import ToolkitError
from govcloud.migrations.journal import Entry, Journal

ROLLBACK = "rollback"
FINAL = "finalize"


class Stand(StrEnum):
    """Where a move stands."""

    NOT_BEGUN = "not begun"
    COPYING = "copying, and following what is copied"
    CUTTING_OVER = "being cut over"
    RELEASED = "released: people work on the platform"
    COMING_HOME = "being taken back"
    HOME = "taken back: people work where they did"
    FINISHED = "finished"


@dataclass(frozen=True)
class Standing:
    """Where a move stands; `released` is when people began to work on the platform, in UTC."""

    stand: Stand
    released: datetime | None = None

    def demand_return(self, move: str, within: float, now: datetime) -> None:
        """Refuse to take back what has not been released, or was longer ago than `within` seconds."""
        if self.stand is Stand.COMING_HOME:
            return
        if self.stand is not Stand.RELEASED or self.released is None:
            raise ToolkitError(
                f"it is {self.stand.value}",
                f"move {move}",
                "only what was released can be taken back: see `govcloud migrate status`",
            )
        if now - self.released > timedelta(seconds=within):
            raise ToolkitError(
                f"it was released on {self.released:%Y-%m-%d %H:%M} UTC, and can be taken back for"
                f" {within / 86400:g} days",
                f"move {move}",
                "finalize it",
            )


def standing_of(journal: Journal) -> Standing:
    """Where the move stands."""
    if journal.pinned() is None:
        return Standing(Stand.NOT_BEGUN)
    entries = {entry.name: entry for entry in journal.entries()}
    nights = [entry for name, entry in sorted(entries.items()) if _is_night(name)]
    released = next((_ended(entry) for entry in nights if entry.done), None)
    for name, under_way, over in (
        (FINAL, Stand.RELEASED, Stand.FINISHED),
        (ROLLBACK, Stand.COMING_HOME, Stand.HOME),
    ):
        if name in entries:
            return Standing(over if entries[name].done else under_way, released)
    if released is not None:
        return Standing(Stand.RELEASED, released)
    cutting = bool(nights) and not _taken_back(entries, nights[-1])
    return Standing(Stand.CUTTING_OVER if cutting else Stand.COPYING)


def _is_night(name: str) -> bool:
    return name.startswith("cutover-") and "/" not in name


def _taken_back(entries: dict[str, Entry], night: Entry) -> bool:
    returned = entries.get(f"{night.name}/returned")
    return returned is not None and returned.done


def _ended(entry: Entry) -> datetime:
    if entry.ended is None:
        raise ValueError(f"{entry.name} is done, and has no end")
    return datetime.fromisoformat(entry.ended)
