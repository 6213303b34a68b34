"""Leads those who come to the old address on to the new one."""

from __future__ import annotations

import fnmatch
import subprocess
from typing import Any

from govcloud.migrations.machines.agent.units import said

PROXY = "/lib/systemd/systemd-socket-proxyd"
UNITS = "govcloud-lead-%d"
WAYS_IN = ("sshd", "dropbear", "systemd")


def listening() -> list[dict[str, Any]]:
    """TCP ports at which others are answered, each with the program that does."""
    found: dict[int, dict[str, Any]] = {}
    for line in said("ss", "-H", "-ltnp").splitlines():
        words = line.split(None, 5)
        address, _, port = words[3].rpartition(":")
        if fnmatch.fnmatchcase(address.strip("[]"), "127.*") or address == "[::1]":
            continue
        holder = words[5].split('"')[1] if len(words) > 5 and '"' in words[5] else ""
        found[int(port)] = {"port": int(port), "program": holder}
    return [found[port] for port in sorted(found)]


def lead(ports: list[int], address: str) -> None:
    """Pass on what comes to these ports, until the next start of the host."""
    for port in ports:
        name = UNITS % port
        said(
            "systemd-run",
            "--quiet",
            "--collect",
            "--unit=" + name,
            "--socket-property=ListenStream=%d" % port,
            "--property=DynamicUser=yes",
            PROXY,
            "%s:%d" % (address, port),
        )


def lead_no_more() -> None:
    """Let nobody be led on."""
    subprocess.run(["systemctl", "stop", "govcloud-lead-*.socket", "govcloud-lead-*.service"], check=True)
