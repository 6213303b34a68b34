"""A chain of entries, each naming the one before by its SHA-256: what was done, in order."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from govcloud.errors import ToolkitError

BEGINNING = "0" * 64
TRIES = 100
"""How often a number that another has taken meanwhile is tried anew."""


class Shelf(Protocol):
    """Where the entries lie."""

    def names(self, prefix: str) -> list[str]:
        """What lies there below a prefix, in order."""

    def read(self, name: str) -> bytes | None:
        """The content of that name."""

    def create(self, name: str, content: bytes) -> bool:
        """Put it there, unless something of that name lies there already."""


@dataclass(frozen=True)
class Entry:
    """One entry: its number from 1, what it says, and the SHA-256 of the entry before it."""

    number: int
    before: str
    said: Mapping[str, Any]

    @property
    def text(self) -> bytes:
        """The entry's one form."""
        document = {"before": self.before, "number": self.number, "said": dict(self.said)}
        return (json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()

    @property
    def digest(self) -> str:
        """SHA-256 of the entry."""
        return hashlib.sha256(self.text).hexdigest()


class Chain:
    """The entries below one prefix of a shelf."""

    def __init__(self, shelf: Shelf, prefix: str) -> None:
        self._shelf = shelf
        self._prefix = prefix

    def append(self, said: Mapping[str, Any]) -> Entry:
        """Add an entry; two who do so at once get one number each."""
        for _ in range(TRIES):
            last = self.last()
            entry = Entry(last.number + 1, last.digest, said) if last else Entry(1, BEGINNING, said)
            if self._shelf.create(self._name(entry.number), entry.text):
                return entry
        raise ToolkitError("no entry could be added", self._prefix, "others write all the time: run it again")

    def last(self) -> Entry | None:
        """The newest entry."""
        names = self._names()
        return self._entry(names[-1]) if names else None

    def entries(self) -> Iterator[Entry]:
        """Every entry from the first, each checked against the one before; ToolkitError where one is not."""
        before, number = BEGINNING, 1
        for name in self._names():
            entry = self._entry(name)
            if entry.number != number or name != self._name(number):
                raise self._broken(name, f"it stands where number {number} should")
            if entry.before != before:
                raise self._broken(name, "what stands before it has been changed since")
            yield entry
            before, number = entry.digest, number + 1

    def _names(self) -> list[str]:
        return [name for name in self._shelf.names(self._prefix) if name.endswith(".json")]

    def _name(self, number: int) -> str:
        return f"{self._prefix}{number:08d}.json"

    def _entry(self, name: str) -> Entry:
        content = self._shelf.read(name)
        if content is None:
            raise self._broken(name, "it has gone")
        try:
            document = json.loads(content)
            entry = Entry(int(document["number"]), str(document["before"]), document["said"])
            text = entry.text
        except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
            raise self._broken(name, f"it is no entry: {error}") from error
        if text != content:
            raise self._broken(name, "it has been changed")
        return entry

    def _broken(self, name: str, what: str) -> ToolkitError:
        return ToolkitError(
            f"the chain is broken: {what}", name, "compare it with a copy that was kept elsewhere"
        )
