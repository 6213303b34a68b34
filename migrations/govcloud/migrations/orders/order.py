"""The order to cut a system over: what two people sign before the point of no return."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from govcloud.migrations.rehearsing import Rehearsal, rehearsal_from

FORMAT = 1


@dataclass(frozen=True)
class Accepted:
    """What stays behind or changes, by the name of its finding, and why somebody says that this is right."""

    what: str
    because: str
    seen: str


@dataclass(frozen=True)
class Order:
    """One system's cutover in one night. Times are UTC; `downtime` and `return_within` are seconds."""

    site: str
    plane: str
    move: str
    system: str
    name_zh: str
    host: str
    made: datetime
    begins: datetime
    ends: datetime
    downtime: float
    return_within: float
    signatures: int
    tool: str
    declaration: str
    """SHA-256 of the move as the inventory declares it."""
    parts: tuple[tuple[str, str], ...]
    """What is moved, and where to."""
    accepted: tuple[Accepted, ...]
    rehearsal: Rehearsal

    def document(self) -> dict[str, Any]:
        """It as JSON."""
        return {
            "format": FORMAT,
            "site": self.site,
            "plane": self.plane,
            "move": self.move,
            "system": self.system,
            "name_zh": self.name_zh,
            "host": self.host,
            "made": self.made.isoformat(timespec="seconds"),
            "begins": self.begins.isoformat(timespec="seconds"),
            "ends": self.ends.isoformat(timespec="seconds"),
            "downtime": self.downtime,
            "return_within": self.return_within,
            "signatures": self.signatures,
            "tool": self.tool,
            "declaration": self.declaration,
            "parts": [list(part) for part in self.parts],
            "accepted": [[one.what, one.because, one.seen] for one in self.accepted],
            "rehearsal": self.rehearsal.document(),
        }


def order_from(document: Mapping[str, Any]) -> Order:
    """An order from its JSON; KeyError, TypeError or ValueError where it holds none."""
    if document["format"] != FORMAT:
        raise ValueError(f"its format is {document['format']}, and this version reads {FORMAT}")
    return Order(
        site=str(document["site"]),
        plane=str(document["plane"]),
        move=str(document["move"]),
        system=str(document["system"]),
        name_zh=str(document["name_zh"]),
        host=str(document["host"]),
        made=_moment(document["made"]),
        begins=_moment(document["begins"]),
        ends=_moment(document["ends"]),
        downtime=float(document["downtime"]),
        return_within=float(document["return_within"]),
        signatures=int(document["signatures"]),
        tool=str(document["tool"]),
        declaration=str(document["declaration"]),
        parts=tuple((str(what), str(to)) for what, to in document["parts"]),
        accepted=tuple(Accepted(str(a), str(b), str(c)) for a, b, c in document["accepted"]),
        rehearsal=rehearsal_from(document["rehearsal"]),
    )


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
