"""What runs on a host besides that by which it is reached: stopped, kept from starting, and started again."""

from __future__ import annotations

import contextlib
import fnmatch
import json
import os
import subprocess
import time
from typing import Any

STAYS = (
    "ssh*",
    "dropbear*",
    "dbus*",
    "systemd-networkd*",
    "systemd-resolved*",
    "systemd-udevd*",
    "systemd-logind*",
    "systemd-initctl*",
    "networking*",
    "NetworkManager*",
    "ifup@*",
    "dhclient*",
    "wpa_supplicant*",
    "polkit*",
    "user@*",
    "*getty@*",
    "console-getty*",
    "sssd*",
    "nslcd*",
    "nscd*",
    "lvm2-*",
    "multipathd*",
    "iscsid*",
    "govcloud-lead-*",
)
"""By these a host is entered, its accounts are known and its disks are there."""
TARGET = "govcloud-held.target"
UNIT = "/etc/systemd/system/" + TARGET
GENERATOR = "/etc/systemd/system-generators/govcloud-held"
RECORD = "/run/govcloud/held.json"
REACHED = """[Unit]
Description=The host is reached, and nothing else of it runs: it has moved
Requires=basic.target
After=basic.target
Wants=ssh.service sshd.service networking.service NetworkManager.service systemd-networkd.service
Wants=systemd-resolved.service nftables.service iptables.service firewalld.service sssd.service
AllowIsolate=yes
"""
# What a start of the host would lead to, before anything that the host itself says of it.
INSTEAD = '#!/bin/sh\nexec ln -sf %s "$2/default.target"\n' % UNIT


def said(*words: str) -> str:
    """What a program prints; an error with its last words where it fails."""
    ended = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd="/")
    if ended.returncode:
        told = ended.stderr.decode("utf-8", "replace").strip().splitlines()
        raise OSError(ended.returncode, "%s: %s" % (" ".join(words), told[-1] if told else "it said nothing"))
    return ended.stdout.decode("utf-8", "replace")


def working() -> list[str]:
    """The units that work, or would begin something: services that run, timers, sockets and paths."""
    listed = said(
        "systemctl",
        "list-units",
        "--plain",
        "--no-legend",
        "--full",
        "--type=service,timer,socket,path",
        "--state=active,activating,reloading",
    )
    found = []
    for line in listed.splitlines():
        name, _, _, sub = line.split(None, 4)[:4]
        if sub != "exited" and not any(fnmatch.fnmatchcase(name, one) for one in STAYS):
            found.append(name)
    return found


def stop(seconds: float, ports: list[dict[str, Any]]) -> dict[str, Any]:
    """Stop what works, and have a start of the host lead no further; what does not stop is named.

    What ran, and the `ports` at which it answered, are recorded first.
    """
    found = working()
    if not os.path.exists(RECORD):
        os.makedirs(os.path.dirname(RECORD), 0o700, exist_ok=True)
        put(RECORD, json.dumps({"units": found, "ports": ports}), 0o600)
    if not os.path.exists(GENERATOR):
        put(UNIT, REACHED, 0o644)
        put(GENERATOR, INSTEAD, 0o755)
    until = time.monotonic() + seconds
    while found:
        # Anew, as what was being started meanwhile is seen then.
        said("systemctl", "stop", "--no-block", "--", *found)
        time.sleep(0.1)
        found = working()
        if found and time.monotonic() > until:
            return {"stopped": False, "left": found}
    return {"stopped": True, "left": []}


def put(path: str, text: str, mode: int) -> None:
    """Write a file, whole or not at all."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path + ".new", "w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    os.chmod(path + ".new", mode)
    os.replace(path + ".new", path)


def start() -> None:
    """Have all run that ran; nothing where it was not stopped."""
    stood = os.path.exists(GENERATOR) or os.path.exists(RECORD)
    for path in (GENERATOR, UNIT):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
    if not stood:
        return
    # Units may have come home in another form.
    said("systemctl", "daemon-reload")
    said("systemctl", "start", "--no-block", "default.target")
    for unit in recorded()["units"]:  # one by one: what is no more there keeps no other from starting
        subprocess.run(["systemctl", "start", "--no-block", "--", unit], stderr=subprocess.DEVNULL)
    with contextlib.suppress(FileNotFoundError):
        os.unlink(RECORD)


def recorded() -> dict[str, Any]:
    """What ran before it was stopped, and at which ports it answered; nothing after a start of the host."""
    try:
        with open(RECORD, encoding="utf-8") as stream:
            found: dict[str, Any] = json.load(stream)
            return found
    except FileNotFoundError:
        return {"units": [], "ports": []}
