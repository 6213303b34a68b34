"""Runs a part of a move in a process of its own, which may be killed: by others, or by itself at a given moment."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from govcloud.migrations.postgresql import copying, ledger
from govcloud.migrations.together import together
from integration.migrations.dying import drive
from integration.migrations.postgresql.clusters import Cluster
from integration.migrations.postgresql.moving import copy, cut, home, mover


def be_careless() -> None:
    """The control: nothing is noted of what was copied, and nothing is cleared before it is copied anew."""
    ledger.note_piece = lambda *_: None  # type: ignore[assignment]
    copying.emptied = lambda *_: None  # type: ignore[assignment]


def run(wanted: dict[str, Any]) -> None:
    """Do what is wanted, to its end."""
    source, target = (Cluster(one["version"], Path(one["folder"]), one["port"]) for one in wanted["clusters"])
    folder = Path(wanted["folder"])
    moved = mover(source, target, folder)
    if wanted["what"] == "copy":
        copy(moved, folder)
    elif wanted["what"] == "cut":
        outcome = cut(moved, folder, 600.0)
        if not outcome.released:
            sys.exit(outcome.reason)
    elif wanted["what"] == "compare":
        together(moved.evidence)
    else:
        home(moved, folder)


if __name__ == "__main__":
    drive(run, be_careless)
