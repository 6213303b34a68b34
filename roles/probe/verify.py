"""What a probe sees, tried on the machine: `govcloud configure` runs this there; it only reads."""

from __future__ import annotations

import json
import socket
import subprocess
from collections.abc import Iterator
from typing import Any

Found = tuple[str, bool, str]


def findings(expected: dict[str, Any]) -> Iterator[Found]:
    for address in expected["reached"]:
        ping = ["ping", "-n", "-q", "-c", "3", "-i", "0.3", "-W", "2", address]
        seen = subprocess.run(ping, capture_output=True, text=True, check=False)
        yield f"it reaches its neighbour {address}", seen.returncode == 0, seen.stdout.strip().split("\n")[-1]
    for target in expected["silent"]:
        seen_there = connect(target)
        yield f"it cannot reach {target}, to which no flow leads", seen_there == "silent", seen_there
    yield from program([*expected["reached"], *expected["silent"]], expected)


def connect(target: str) -> str:
    address, _colon, port = target.partition(":")
    try:
        socket.create_connection((address, int(port)), timeout=2).close()
    except TimeoutError:
        return "silent"
    except OSError as error:
        return str(error)
    return "reached"


def program(targets: list[str], expected: dict[str, Any]) -> Iterator[Found]:
    """The probe's own program tells the same."""
    command = ["/usr/local/bin/reach", *(targets or ["127.0.0.1"])]
    try:
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
        told = json.loads(ended.stdout)
    except (OSError, ValueError) as error:
        yield "its program tells what can be reached", False, str(error)
        return
    wrong = {
        target: state
        for target, state in told.items()
        if state != ("silent" if target in expected["silent"] else "reached")
    }
    yield "its program tells what can be reached", not wrong, json.dumps(told)
