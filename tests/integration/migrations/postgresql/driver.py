"""Runs a part of a move in a process of its own, which may be killed: by others, or by itself at a given moment."""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from govcloud.migrations.journal import Journal
from govcloud.migrations.postgresql import copying, ledger
from integration.migrations.postgresql.clusters import Cluster
from integration.migrations.postgresql.moving import copy, cut, home, mover

BOUNDARIES_AT_MOST = 80


def die_at(moment: int) -> None:
    """End this process as `kill -9` does, at the journal's write of that number: before it, or after it."""
    seen = 0

    def counting(method: Any) -> Any:
        def write(self: Journal, *arguments: Any) -> Any:
            nonlocal seen
            seen += 1
            if seen == moment:
                os.kill(os.getpid(), signal.SIGKILL)
            done = method(self, *arguments)
            seen += 1
            if seen == moment:
                os.kill(os.getpid(), signal.SIGKILL)
            return done

        return write

    Journal.intend = counting(Journal.intend)  # type: ignore[method-assign]
    Journal.finish = counting(Journal.finish)  # type: ignore[method-assign]


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
    else:
        home(moved, folder)


def die_everywhere(wanted: dict[str, Any]) -> int:
    """Do it over and over in forks, each of which dies when a step is done and not yet noted, or just noted."""
    for died in range(BOUNDARIES_AT_MOST):
        child = os.fork()
        if child == 0:
            # What a copy has noted is not done again; a night does all of its stages anew.
            die_at(3 + died % 2 if wanted["what"] == "copy" else 3 + 2 * died)
            try:
                run(wanted)
            except BaseException as error:  # noqa: BLE001 - told to the parent, which judges
                print(error, file=sys.stderr)
                os._exit(1)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if not os.WIFSIGNALED(status):
            print(died)
            return os.waitstatus_to_exitcode(status)
    sys.exit("it never came to its end")


def main() -> None:
    wanted = json.loads(sys.argv[1])
    if wanted["careless"]:
        be_careless()
    if wanted["everywhere"]:
        sys.exit(die_everywhere(wanted))
    run(wanted)


if __name__ == "__main__":
    main()
