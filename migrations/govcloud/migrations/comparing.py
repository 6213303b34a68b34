"""What a comparison of two databases says, whatever servers they lie on."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from govcloud.errors import ToolkitError

TOLD = 10
"""So many differences are named; of more it is said how many."""


@dataclass(frozen=True)
class Digest:
    """What a relation holds: how many rows, and by bucket the digest of those that fall into it."""

    rows: int
    buckets: Mapping[int, str]

    @property
    def whole(self) -> str:
        """One digest for all of its rows."""
        text = "\n".join(f"{bucket} {hashed}" for bucket, hashed in sorted(self.buckets.items()))
        return hashlib.sha256(f"{self.rows}\n{text}".encode()).hexdigest()

    def unlike(self, other: Digest) -> list[int]:
        """The buckets in which two differ."""
        every = self.buckets.keys() | other.buckets.keys()
        return sorted(one for one in every if self.buckets.get(one) != other.buckets.get(one))


@dataclass(frozen=True)
class Report:
    """What was compared. `relations` are by name; `differences` are empty where both sides are equal."""

    source_position: str
    target_position: str
    bytes: int
    seconds: float
    relations: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    differences: tuple[str, ...] = ()


def held_by(digest: Digest, size: int, written: bool) -> Mapping[str, Any]:
    """What a report says of one relation; `written` since the target took writes, it was not compared."""
    found = {"rows": digest.rows, "bytes": size, "digest": digest.whole}
    return found | {"written since": True} if written else found


def told(theirs: Digest, ours: Digest) -> str:
    """In how much two relations differ."""
    count = len(theirs.unlike(ours))
    return f"{theirs.rows} rows at the source, {ours.rows} here, {count} of 256 buckets differ"


def differing(
    before: Mapping[str, str], now: Mapping[str, str], *, gone: str, new: str, other: str
) -> list[str]:
    """In what two sets of facts differ, by name, in the words for one that is gone, new, or other."""
    lost = [f"{name} {gone}" for name in before.keys() - now.keys()]
    more = [f"{name} {new}" for name in now.keys() - before.keys()]
    texts = [f"{name} {other}" for name in before.keys() & now.keys() if before[name] != now[name]]
    return sorted(lost + more + texts)


def different_facts(source: Mapping[str, str], target: Mapping[str, str]) -> list[str]:
    """In which facts two databases differ."""
    return differing(source, target, gone="is missing", new="is not at the source", other="differs")


def listed(found: Sequence[str]) -> str:
    """The first of them, and how many more there are."""
    more = f"; and {len(found) - TOLD} more" if len(found) > TOLD else ""
    return "; ".join(found[:TOLD]) + more


def unequal(found: Sequence[str], where: str) -> ToolkitError:
    """What is said at the stop, when both sides differ."""
    return ToolkitError(
        f"both sides differ: {listed(found)}",
        where,
        "mend it at the source or the target, then cut over again",
    )
