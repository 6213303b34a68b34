"""A department's system moved onto the platform while people use it, by the verbs that an engineer types."""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from govcloud.demo.department import People, Settled, furnished, guest_of, settle
from govcloud.demo.machines import access_of
from govcloud.demo.proofs import on
from govcloud.demo.report import Proof
from govcloud.demo.review import signers
from govcloud.engine import Setting, Site
from govcloud.errors import ToolkitError
from govcloud.local import private_directory
from govcloud.migrations.assembly import place_of, places
from govcloud.migrations.moves import Stand
from govcloud.progress import Progress
from govcloud.topology import PlaneTopology
from govcloud.topology.moving import Move

DIRECTORY = "demonstration-inventory"
"""The copy of the inventory that knows the keys of the demonstration's host, in the work directory."""
MARKS = "SELECT mark FROM register.entry WHERE mark <> ''"
LOOK = "3"
"""Seconds of a look at the host."""
LAST = 4
"""Lines of an error that are told again."""
ENTRIES = 20


def shown_move(plane: PlaneTopology) -> Move | None:
    """The move that can be shown: its system comes to machines that really run."""
    for move in plane.moves.values():
        if move.sites and all(place.machine.runs for place in places(plane, move)):
            return move
    return None


@dataclass(frozen=True)
class Moving:
    """One system on its way, with its server; `site` is opened from the copied inventory."""

    site: Site
    setting: Setting
    move: Move
    settled: Settled
    progress: Progress

    def verb(self, *words: str, group: Sequence[str] = ("migrate",)) -> dict[str, Any]:
        """What a verb says as JSON; ToolkitError with its last words where it fails."""
        shown = " ".join(("govcloud", *group, words[0], Path(words[1]).name))
        where = ["--work", str(self.site.work.root)]
        if group:
            where += [
                "--inventory",
                str(self.site.inventory),
                "--plane",
                self.setting.plane,
                "--format",
                "json",
            ]
        self.progress.step(shown)
        typed = [*group, words[0], *where, *words[1:]]
        done = subprocess.run(
            [sys.executable, "-m", "govcloud.cli", *typed], capture_output=True, text=True, check=False
        )
        if done.returncode:
            # What a verb answers stands on its output; an error and its remedy are the last lines beside it.
            said = done.stdout.strip() or "\n".join(done.stderr.strip().splitlines()[-LAST:])
            raise ToolkitError(
                said or f"it ended with {done.returncode} and said nothing",
                shown,
                f"mend that, then run it yourself: govcloud {shlex.join(typed)}",
            )
        self.progress.done(shown)
        found: dict[str, Any] = json.loads(done.stdout) if group else {}
        return found

    @property
    def stand(self) -> str:
        """Where its move stands."""
        return str(self.verb("status", self.move.id)["moves"][0]["stand"])

    def ordered(self) -> str:
        """The folder of an order that as many have signed as the plane asks for."""
        asked = self.site.topology.planes[self.setting.plane].declaration.migration.signatures
        author, *others = signers(self.setting, asked)
        folder = str(self.verb("order", self.move.id, "--key", str(author))["folder"])
        for key in others[:asked]:
            self.verb("approve", folder, "--key", str(key), group=())
        return folder


def brought(site: Site, setting: Setting, move: Move, progress: Progress) -> Moving:
    """The department's server with its system, raised beside the city, whose machines it does not need."""
    copied = _copied(site)
    if not guest_of(copied, setting.plane, move).stands:
        # The host of an earlier run has gone with its cloud, and what was noted of its move with it.
        shutil.rmtree(setting.work.root / "migrations" / "moves" / move.id, ignore_errors=True)
    settled = settle(copied, setting.plane, move, progress)
    # Opened anew: what was loaded before does not know the host's keys.
    moving = Moving(Site(copied.inventory, site.work.root), setting, move, settled, progress)
    if moving.stand != Stand.RELEASED:
        furnished(settled, progress)
    return moving


def move_in(moving: Moving, say: Callable[[str], None]) -> Proof:
    """Move the department's system while people use it, and count what they entered.

    What an earlier run has moved is compared anew; what it had only copied is given up and begun again.
    """
    stand = moving.stand
    if stand == Stand.RELEASED:
        return _moved_before(moving)
    if stand in (Stand.COPYING, Stand.HOME):
        moving.verb("abandon", moving.move.id, "--yes")
    return _moved(moving, say)


def _moved_before(moving: Moving) -> Proof:
    found, title = moving.verb("verify", moving.move.id), moving.settled.door.title()
    return Proof(
        f"{moving.settled.department.title} has been moved by an earlier run",
        f"{len(found['differences'])} differences between both sides; its old address shows “{title}”",
        not found["differences"] and title == moving.settled.department.title,
    )


def _moved(moving: Moving, say: Callable[[str], None]) -> Proof:
    move, settled = moving.move, moving.settled
    moving.verb("assess", settled.login.label, "--seconds", LOOK)
    with People(settled.door) as people:
        people.until(ENTRIES)
        rehearsed = moving.verb("rehearse", move.id)["downtime"]
        say(f"{move.id}: rehearsed on a clone; its people will wait {rehearsed:.1f} s")
        moving.verb("run", move.id)
        folder = moving.ordered()
        done = moving.verb("cutover", folder, "--key", str(signers(moving.setting, 0)[0]))
        people.until(ENTRIES)
    say(f"{move.id}: the evidence of both sides: {done['evidence']}")
    return _proof(moving, people, done, rehearsed)


def _proof(moving: Moving, people: People, done: dict[str, Any], rehearsed: float) -> Proof:
    plane = moving.site.topology.planes[moving.setting.plane]
    machine = place_of(plane, moving.move, moving.move.databases[0].component)
    name = moving.move.system.replace("-", "_")
    words = ["sudo", "runuser", "-u", "postgres", "--", "psql", "-XAtc", shlex.quote(MARKS), "-d", name]
    found = Counter(on(access_of(moving.site, plane.id), machine, *words).split())
    lost, twice = len(people.lost(found)), sum(count > 1 for count in found.values())
    title = moving.settled.door.title()
    return Proof(
        f"{moving.settled.department.title} moves onto the platform while people use it",
        f"nobody could write for {done['downtime']:.1f} s ({rehearsed:.1f} s at the rehearsal); "
        f"of {len(people.acknowledged)} entries {lost} are lost and {twice} twice; "
        f"its old address shows “{title}”",
        not (lost or twice or done["differences"]) and title == moving.settled.department.title,
    )


def _copied(site: Site) -> Site:
    place = private_directory(site.work.root) / DIRECTORY
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(site.inventory, place)
    return Site(Path(place), site.work.root)
