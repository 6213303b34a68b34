"""`govcloud`, as it is, in a process that writes down when each changing call begins and ends.

`python -m integration.crash.child LOG [--without-adoption] -- ARGS…`. Without adoption is the control: what a
tool does that neither looks for what a killed run has made nor remembers what that has sent.
"""

from __future__ import annotations

import itertools
import os
import sys
from typing import Any

from govcloud.cli.main import main
from govcloud.engine import applying
from govcloud.engine.journal import StackLog, sent_now
from govcloud.provider import Intents, Kind, Raw, Session
from govcloud.provider.cloud import Cloud

SETTLES_WITHIN = 15.0


def _write_down(log: int) -> None:
    real, numbers = Cloud._request, itertools.count()

    def logged(self: Cloud, service: str, method: str, path: str, *more: Any, **named: Any) -> Any:
        if method == "GET":
            return real(self, service, method, path, *more, **named)
        number = next(numbers)
        os.write(log, f"begin {os.getpid()} {number} {method} {path}\n".encode())
        try:
            return real(self, service, method, path, *more, **named)
        finally:
            os.write(log, f"end {os.getpid()} {number} {method} {path}\n".encode())

    Cloud._request = logged  # type: ignore[method-assign]


def _adopt_nothing() -> None:
    """Of kinds whose copies the cloud takes; of the others it refuses any, and no run would get far."""
    real = Session._left_behind

    def left_behind(self: Session, address: str, kind: Kind, marker: str) -> Raw | None:
        return real(self, address, kind, marker) if kind.natural_key else None

    Session._left_behind = left_behind  # type: ignore[method-assign]


def _wait_less() -> None:
    """The lab has answered within seconds; what is waited for longer is only what never left a killed run."""
    applying.intents_of = lambda store: Intents(
        lambda stack: StackLog(store, stack), sent_now, SETTLES_WITHIN
    )


if __name__ == "__main__":
    file, *words = sys.argv[1:]
    _wait_less()
    _write_down(os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600))
    if words[0] == "--without-adoption":
        _adopt_nothing()
        words = words[1:]
    assert words[0] == "--"
    main(words[1:])
