"""Parts and movers that keep what real ones would do to the world, and fail or are killed on demand."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from govcloud.migrations.findings import Finding
from govcloud.migrations.journal import Claims, Journal, open_journal
from govcloud.migrations.moves import Alone
from govcloud.migrations.night import Deadline
from govcloud.migrations.planning import Load
from govcloud.migrations.steps import Done, Facts, Step


class KilledError(BaseException):
    """The process ends here."""


class FakePart:
    """A part that keeps what a real one would do to the world, and fails or is killed on demand."""

    def __init__(self, name: str, before: Callable[[str], None] = lambda _: None) -> None:
        self.name = name
        self.before = before
        self.said: list[str] = []
        self.opens = self.admits = self.source_writes = True
        self.armed = self.switched = self.target_writes = False

    def _call(self, what: str) -> Facts:
        self.before(f"{self.name}/{what}")
        self.said.append(what)
        return {"what": what}

    def close(self, deadline: Deadline) -> Facts:
        self.opens = False
        return self._call("close")

    def drain(self, deadline: Deadline) -> Facts:
        assert not self.opens
        self.admits = False
        return self._call("drain")

    def fence(self, deadline: Deadline) -> Facts:
        self.source_writes = False
        return self._call("fence")

    def catch_up(self, deadline: Deadline) -> Facts:
        assert not self.source_writes
        return self._call("catch_up")

    def verify(self, deadline: Deadline) -> Facts:
        assert not self.source_writes
        assert not self.target_writes
        return self._call("verify")

    def arm(self, deadline: Deadline) -> Facts:
        self.armed = True
        return self._call("arm")

    def switch(self, deadline: Deadline) -> Facts:
        self.switched = True
        return self._call("switch")

    def release(self, deadline: Deadline) -> Facts:
        assert not self.source_writes
        self.target_writes = True
        return self._call("release")

    def reopen(self) -> None:
        self.opens = True
        self._call("reopen")

    def admit(self) -> None:
        self.admits = True
        self._call("admit")

    def unfence(self) -> None:
        assert not self.target_writes, "both sides would take writes"
        self.source_writes = True
        self._call("unfence")

    def disarm(self) -> None:
        self.armed = False
        self._call("disarm")

    def switch_back(self) -> None:
        self.switched = False
        self._call("switch_back")

    @property
    def as_before(self) -> bool:
        moved = self.armed or self.switched or self.target_writes
        return self.opens and self.admits and self.source_writes and not moved

    @property
    def moved(self) -> bool:
        return self.switched and self.target_writes and self.armed and not self.source_writes


class FakeMover(FakePart, Alone):
    """A mover whose copying is two steps, the second of which reads what the first recorded."""

    def examine(self) -> Sequence[Finding]:
        return ()

    def shape(self) -> Facts:
        return {"name": self.name}

    def load(self) -> Load:
        return Load(data=1000, changes=1.0)

    def steps(self) -> Sequence[Step]:
        return (
            Step("copy", lambda done: {**self._call("copy"), "position": 7}),
            Step("follow", self._follow, after=("copy",)),
        )

    def _follow(self, done: Done) -> Facts:
        assert done.facts("copy")["position"] == 7
        return self._call("follow")

    def approach(self) -> None:
        self._call("approach")

    def lag(self) -> int:
        return 0

    def evidence(self) -> Facts:
        return {}

    def bring_back(self) -> Facts:
        self.target_writes = False
        return self._call("bring_back")

    def clean_up(self) -> Facts:
        return self._call("clean_up")


@contextmanager
def book(folder: Path) -> Iterator[tuple[Journal, Claims]]:
    with open_journal(None, folder, "finance") as (journal, claims):
        journal.pin({})
        yield journal, claims
