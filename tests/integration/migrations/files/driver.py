"""Moves a tree in a process of its own, which may be killed: by others, or by itself at a given moment."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from govcloud.migrations.files import State
from govcloud.migrations.remote import Login
from integration.migrations.dying import drive
from integration.migrations.files.moving import copied, cut, moving

RATE = 20_000_000
"""Bytes in a second: so that a copy lasts long enough to be killed in."""


def be_careless() -> None:
    """The control: what is to be brought over is noted as done before it has come."""
    plan = State.plan

    def noting(self: State, rows: Iterable[tuple[str, bytes, str | None]]) -> None:
        plan(self, rows)
        self.keep_seen(lambda _: ["not brought over"], 2**62)

    State.plan = noting  # type: ignore[method-assign]


def run(wanted: dict[str, Any]) -> None:
    """Do what is wanted, to its end."""
    told = wanted["login"]
    login = Login(**{**told, "key": Path(told["key"]), "host_keys": tuple(told["host_keys"])})
    folder = Path(wanted["folder"])
    with moving(login, folder, RATE) as moved:
        copied(moved, folder)
        if wanted["what"] == "cut" and not (outcome := cut(moved, folder, 600.0)).released:
            sys.exit(outcome.reason)


if __name__ == "__main__":
    drive(run, be_careless)
