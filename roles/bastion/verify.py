"""Where the bastion leads, seen on the machine: `govcloud configure` runs this there; it only reads."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from typing import Any

Found = tuple[str, bool, str]


def findings(expected: dict[str, Any]) -> Iterator[Found]:
    peer = f"user={expected['login']},host=elsewhere,addr=192.0.2.1"
    command = ["/usr/sbin/sshd", "-T", "-C", peer]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    settings = dict(line.split(" ", 1) for line in lines if " " in line)
    forwarding = settings.get("allowtcpforwarding", "")
    yield "it forwards connections outwards only", forwarding == "local", forwarding
    streams = settings.get("allowstreamlocalforwarding", "")
    yield "it forwards no sockets of its own", streams == "no", streams
    opens = sorted(settings.get("permitopen", "").split())
    yield (
        "it leads to the plane's machines and nowhere else",
        opens == (expected["targets"] or ["none"]),
        f"{opens}",
    )
