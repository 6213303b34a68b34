"""A tree that moves while people write to it."""

from __future__ import annotations

import errno
import os
import random
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from govcloud.migrations.files import FilesMover, Place
from govcloud.migrations.journal import open_journal
from govcloud.migrations.moves import begin
from govcloud.migrations.night import Outcome, cut_over
from govcloud.migrations.pace import Pace
from govcloud.migrations.remote import Host, Login
from govcloud.progress import Silent

MOVE = "attachments-move"


@contextmanager
def moving(login: Login, folder: Path, rate: int | None = None) -> Iterator[FilesMover]:
    """The move of `from` to `to` in a folder."""
    with Host(login) as there, Host(login) as here:
        yield FilesMover(
            Place(there, os.fsencode(folder / "from")),
            Place(here, os.fsencode(folder / "to")),
            folder / "state",
            ("*.tmp",),
            Pace(rate),
            Silent(),
        )


def copied(moved: FilesMover, folder: Path) -> None:
    with open_journal(None, folder / "state", MOVE) as (journal, claims):
        begin([moved], {}, journal, claims, Silent())


def cut(moved: FilesMover, folder: Path, allowed: float = 120.0) -> Outcome:
    with open_journal(None, folder / "state", MOVE) as (journal, claims):
        return cut_over([moved], journal, claims, Silent(), allowed, lambda: datetime.now(UTC))


def let_go(folder: Path) -> None:
    """Take away whatever a test left mounted below its folder, fenced or not."""
    mounts = Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines()
    for place in reversed([line.split(" ")[1] for line in mounts]):
        if place.startswith(f"{folder}/"):
            subprocess.run(["umount", "--lazy", place], check=True)


class Clerks:
    """One who files papers: new ones, others in place of old ones, none half written; all that were taken count."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.taken: dict[str, str | None] = {}
        self._chance = random.Random(1)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)

    def __enter__(self) -> Clerks:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def wrong(self, root: Path) -> list[str]:
        """What is not at a tree as it was taken."""
        return [
            name
            for name, content in self.taken.items()
            if content != ((root / name).read_text() if (root / name).exists() else None)
        ]

    def _work(self) -> None:
        while not self._stop.wait(0.01):
            name, content = f"paper-{self._chance.randrange(300)}", f"{self._chance.random():.16f}"
            try:
                if content.endswith("0"):
                    (self.root / name).unlink(missing_ok=True)
                    self.taken[name] = None
                else:
                    (self.root / "paper.tmp").write_text(content)
                    (self.root / "paper.tmp").replace(self.root / name)
                    self.taken[name] = content
            except OSError as error:
                # Behind the fence nothing is taken; all else is a fault of the test.
                assert error.errno == errno.EROFS, error
