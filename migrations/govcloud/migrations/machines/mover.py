"""Moves a whole machine, as parts of a night know it: its root as a tree of files, and what runs in it."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from govcloud.migrations.files import FilesMover, Place
from govcloud.migrations.files.mover import LEFT_OUT
from govcloud.migrations.findings import Finding, Weight
from govcloud.migrations.machines.examining import Ports, examined
from govcloud.migrations.machines.sides import Container, LiveHost, answered, ask
from govcloud.migrations.night import Deadline
from govcloud.migrations.steps import Done, Facts, Step

STARTS_WITHIN = 300.0
"""Seconds that a root may take to start where no deadline says so."""
RUNS = "it runs"


@dataclass
class MachineMover(FilesMover):
    """Moves the root of `old` into `new`; people reach it at `address` then, and are led there from `old`.

    `opened` are the ports to which flows lead there. At a rehearsal `old` is a container itself, and nobody
    is led anywhere.
    """

    old: LiveHost | Container
    new: Container
    address: str
    opened: Ports

    @property
    def name(self) -> str:
        """What people call it."""
        return f"machine {self.old.host.login.label}"

    def examine(self) -> Sequence[Finding]:
        """What of the host is not on its own disks, what the server lacks, and what is no file."""
        own = [one for one in super().examine() if one.seen != LEFT_OUT]
        return (*examined(self.old, self.new, self.opened), *own)

    def _special(self, name: str, kind: str) -> Finding:
        if kind == "socket":
            return Finding(name, Weight.NOTE, "who answers there makes it anew")
        return super()._special(name, kind)

    def shape(self) -> Facts:
        """Where it answers, and what is mounted."""
        if isinstance(self.old, Container):
            return {"root": str(self.old.place)}
        look = self.old.look
        return {"ports": list(answered(look)), "left": [one["place"] for one in look["left"]]}

    def prepare(self) -> None:
        """Have room at the server."""
        self.new.make()

    def steps(self) -> Sequence[Step]:
        """Passes over the root; a rehearsed host runs at first, so that its stop takes what a stop takes."""
        passes = super().steps()
        if isinstance(self.old, LiveHost):
            return passes
        first, *more = passes
        return Step(RUNS, self._run_old), replace(first, after=(RUNS,)), *more

    def _run_old(self, _: Done) -> Facts:
        self.old.start(STARTS_WITHIN)
        return {}

    def drain(self, deadline: Deadline) -> Facts:
        """Stop all that runs, but for the way in."""
        self.old.stop(deadline.remaining())
        return {}

    def admit(self) -> None:
        """Have it run again."""
        self.old.start(STARTS_WITHIN)

    def switch(self, deadline: Deadline) -> Facts:
        """Nothing yet: nobody answers at the server before the release."""
        return {}

    def release(self, deadline: Deadline) -> Facts:
        """Run it on the server, and lead people there: from here on it writes."""
        self.new.start(max(deadline.remaining(), STARTS_WITHIN))
        if isinstance(self.old, LiveHost):
            return ask(self.old.host, "lead", opened=list(self.opened), address=self.address)
        return {}

    def switch_back(self) -> None:
        """Lead nobody on."""
        if isinstance(self.old, LiveHost):
            ask(self.old.host, "lead no more")

    def quiet(self) -> None:
        """Shut it down on the server."""
        self.new.stop(STARTS_WITHIN)

    def clean_up(self) -> Facts:
        """Nothing: the host of today stays shut, and its root is as it was at the night."""
        return {}

    def discard(self) -> None:
        """Take the server's copy away, and what is known of it."""
        self.new.remove()
        shutil.rmtree(self.directory, ignore_errors=True)

    def _hold(self, what: str, place: Place) -> dict[str, Any]:
        return dict((self.old if place == self.source else self.new).hold(what))
