"""Runs a part of a move in a process of its own, which may be killed."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from govcloud.migrations.mariadb import mover
from govcloud.migrations.rehearsing import settle
from integration.migrations.dying import drive
from integration.migrations.mariadb.moving import copy, cut
from integration.migrations.mariadb.moving import mover as made
from integration.migrations.mariadb.servers import Server


def be_careless() -> None:
    """The control: a run that goes on takes the new snapshot's position for that of what it has already."""
    mover.following.follow = lambda *_, **__: 0  # type: ignore[assignment]


def run(wanted: dict[str, Any]) -> None:
    """Do what is wanted, to its end."""
    source, target = (Server(one["number"], Path(one["folder"]), one["port"]) for one in wanted["servers"])
    folder = Path(wanted["folder"])
    moved = made(source, target, folder)
    copy(moved, folder)
    if wanted["what"] == "cut":
        settle([moved], 120)
        outcome = cut(moved, folder, 600.0)
        if not outcome.released:
            sys.exit(outcome.reason)


if __name__ == "__main__":
    drive(run, be_careless)
