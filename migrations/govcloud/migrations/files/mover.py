"""Moves one tree of files while people write to it, as parts of a night know it."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from govcloud.errors import ToolkitError
from govcloud.migrations.files.hold import hold
from govcloud.migrations.files.passes import bring_over, scan
from govcloud.migrations.files.places import Passed, Place
from govcloud.migrations.files.remembering import changed_since, remember
from govcloud.migrations.files.state import State, forget
from govcloud.migrations.files.verifying import compare
from govcloud.migrations.findings import Finding, Weight
from govcloud.migrations.moves import Alone
from govcloud.migrations.night import Deadline
from govcloud.migrations.pace import Pace
from govcloud.migrations.planning import Load
from govcloud.migrations.steps import Done, Facts, Step
from govcloud.progress import Progress

PASSES = 3
"""How often the tree is gone over while people work: the last of these tells how long the stop will be."""
BACK, VERIFIED = "back.sqlite", "verified.sqlite"
"""How the target was before it took writes: what differs later was written there."""
IN_PASSING = 2.0
"""Seconds in which whoever had a file open when the tree was fenced may come to its end."""
LEFT_OUT = "it is left out, as the move says"


@dataclass
class FilesMover(Alone):
    """Moves the tree `source` to `target`; `directory` keeps what passes have brought over."""

    source: Place
    target: Place
    directory: Path
    without: Sequence[str]
    pace: Pace
    progress: Progress

    @property
    def name(self) -> str:
        """What people call it."""
        return f"files {os.fsdecode(self.source.root)}"

    def examine(self) -> Sequence[Finding]:
        """What is no file and stays behind, what is left out, and what cannot be read."""
        with closing(State(self.directory / "look.sqlite")) as state:
            passed = Passed()
            scan(self.source, state, self.without, passed)
        root = os.fsdecode(self.source.root).rstrip("/")
        found = [self._special(f"file {root}/{path}", kind) for path, kind in passed.special.items()]
        found += [Finding(f"file {root}/{path}", Weight.NOTE, LEFT_OUT) for path in passed.left]
        found += [
            Finding(f"file {root}/{path}", Weight.BLOCKS, f"it cannot be read: {why}", "mend it")
            for path, why in passed.unread.items()
        ]
        return tuple(found)

    def _special(self, name: str, kind: str) -> Finding:
        return Finding(
            name, Weight.ACCEPT, f"it is a {kind}, no file, and holds no data", "have it made anew"
        )

    def shape(self) -> Facts:
        """Where the tree lies, and what is left out of it."""
        return {"root": os.fsdecode(self.source.root), "without": list(self.without)}

    def load(self) -> Load:
        """Bytes and entries, as a scan sees them now."""
        with closing(State(self.directory / "look.sqlite")) as state:
            passed = Passed()
            scan(self.source, state, self.without, passed)
            size = sum(int(entry.get("size", 0)) for entry, *_ in state.entries())
        return Load(data=size, changes=0.0, entries=passed.entries)

    def steps(self) -> Sequence[Step]:
        """Passes over the tree, each shorter than the one before."""
        names = [f"pass {number}" for number in range(1, PASSES + 1)]
        return tuple(
            Step(name, self._pass, tuple(names[at - 1 : at]) if at else ()) for at, name in enumerate(names)
        )

    def _pass(self, _: Done) -> Facts:
        return self._told(self._over(self.source, self.target, "here.sqlite"))

    def _over(
        self,
        source: Place,
        target: Place,
        state: str,
        last: bool = False,
        check: Callable[[], object] = lambda: None,
        stock: bool = True,
    ) -> Passed:
        with closing(State(self.directory / state)) as kept:
            return bring_over(
                source, target, kept, self.without, self.pace, self.progress, last, check, stock
            )

    def _told(self, passed: Passed) -> Facts:
        return {
            "entries": passed.entries,
            "files": passed.files,
            "bytes": passed.carried,
            "unread": passed.unread,
        }

    def resume(self) -> None:
        """Nothing: a pass enters both hosts by itself."""

    def approach(self) -> None:
        """A pass while people still work, so that the last one is short."""
        self._over(self.source, self.target, "here.sqlite")

    def pause(self) -> None:
        """Nothing: changes come with passes alone."""

    def lag(self) -> int:
        """Nothing streams: what has changed is seen by the next pass."""
        return 0

    def drain(self, deadline: Deadline) -> Facts:
        """Nothing: who holds a file open is named by `fence`."""
        return {}

    def fence(self, deadline: Deadline) -> Facts:
        """Have the tree refuse writes; who holds a file open for writing, and for longer, is named."""
        found = self._hold("fence", self.source)
        until = time.monotonic() + IN_PASSING
        while found["writers"] and time.monotonic() < until:
            deadline.demand(f"waiting for who writes to {self.name}")
            time.sleep(0.1)
            found = self._hold("look", self.source)
        self._demand_still(found, self.source)
        return found

    def catch_up(self, deadline: Deadline) -> Facts:
        """The last pass."""
        check = lambda: deadline.demand(f"going over {self.name}")  # noqa: E731
        return self._told(self._over(self.source, self.target, "here.sqlite", True, check))

    def verify(self, deadline: Deadline) -> Facts:
        """Nobody writes, and every entry is the same; content was compared chunk by chunk as it came over."""
        self._demand_still(self._hold("look", self.source), self.source)
        # What the target is now is remembered by the same look at it: a second one would be part of the stop.
        place = self.directory / VERIFIED
        forget(place)
        with closing(State(place)) as back, closing(State(self.directory / "here.sqlite")) as here:
            seen = lambda: remember(self.target, back, here, self.without)  # noqa: E731
            found = compare(self.source, self.target, self.without, content=False, seen=seen)
        if found["differences"]:
            told = "; ".join(found["differences"])
            raise ToolkitError(f"both sides differ: {told}", str(self.target), "cut over again")
        return found

    def arm(self, deadline: Deadline) -> Facts:
        """Remember how the target is now: what differs later was written there."""
        place, verified = self.directory / BACK, self.directory / VERIFIED
        forget(place)
        if verified.exists():
            verified.replace(place)
            return {}
        with closing(State(place)) as back, closing(State(self.directory / "here.sqlite")) as here:
            return {"entries": sum(1 for _ in remember(self.target, back, here, self.without))}

    def switch(self, deadline: Deadline) -> Facts:
        """Nothing: applications are led by their configuration."""
        return {}

    def release(self, deadline: Deadline) -> Facts:
        """Nothing: the target takes writes, and nobody was led there before."""
        return {}

    def admit(self) -> None:
        """Nothing to take back."""

    def unfence(self) -> None:
        """Let the tree take writes again."""
        self._hold("unfence", self.source)

    def disarm(self) -> None:
        """Forget how the target was."""
        forget(self.directory / BACK)

    def switch_back(self) -> None:
        """Nothing, as `switch`."""

    def evidence(self) -> Facts:
        """Every entry and every byte of both sides, read anew; not what was written at the target since."""
        place = self.directory / BACK
        if not place.exists():
            return compare(self.source, self.target, self.without)
        with closing(State(place)) as back:
            written = lambda: changed_since(self.target, back, self.without)  # noqa: E731
            return compare(self.source, self.target, self.without, written=written)

    def bring_back(self) -> Facts:
        """Bring home what was written at the target; nobody works at the source yet."""
        self._demand_still(self._hold("fence", self.target), self.target)
        self._hold("unfence", self.source)
        # What the host of today has besides is its own, and nobody writes between two runs of this.
        return self._told(self._over(self.target, self.source, BACK, last=True, stock=False))

    def clean_up(self) -> Facts:
        """Let the target take writes, should it have been taken back from there."""
        self._hold("unfence", self.target)
        return {}

    def discard(self) -> None:
        """Take the target's tree away, and what is known of it."""
        self.clean_up()
        self.target.host.done(["rm", "-rf", "--", os.fsdecode(self.target.root)])
        shutil.rmtree(self.directory, ignore_errors=True)

    def _hold(self, what: str, place: Place) -> dict[str, Any]:
        return hold(place, what)

    def _demand_still(self, found: dict[str, Any], place: Place) -> None:
        if found["writers"]:
            raise ToolkitError(
                f"files are open for writing: {'; '.join(found['writers'][:10])}",
                str(place),
                "end what writes there, then cut over again",
            )
        if not found["fenced"]:
            raise ToolkitError(
                "it takes writes again",
                str(place),
                "see whether the host was started anew, then cut over again",
            )
