"""A probe: who listens on this machine, and with whom it is connected, seen over some seconds."""

from __future__ import annotations

import json
import os
import socket
import struct
import sys
import time
from typing import Any

UNREAD: list[str] = []
ESTABLISHED, LISTENING = "01", "0A"
PAUSE = 0.5


def address(text: str) -> tuple[str, int]:
    """An address and port as /proc/net writes them: words of four bytes, each turned round."""
    host, _, port = text.partition(":")
    words = [struct.pack("=I", int(host[at : at + 8], 16)) for at in range(0, len(host), 8)]
    raw = b"".join(words)
    if len(raw) == 16 and raw[:12] == b"\0" * 10 + b"\xff\xff":
        raw = raw[12:]
    family = socket.AF_INET if len(raw) == 4 else socket.AF_INET6
    return socket.inet_ntop(family, raw), int(port, 16)


def sockets() -> list[tuple[str, tuple[str, int], tuple[str, int], str]]:
    """State, own address, other address and inode of each TCP socket."""
    found = []
    for path in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            with open(path, encoding="ascii") as stream:
                lines = stream.readlines()[1:]
        except OSError as error:
            if path.endswith("6"):
                continue  # a kernel without IPv6
            UNREAD.append("%s: %s" % (path, error.strerror))
            continue
        for line in lines:
            words = line.split()
            found.append((words[3], address(words[1]), address(words[2]), words[9]))
    return found


def owners() -> dict[str, dict[str, Any]]:
    """The process that holds each socket, by inode."""
    found: dict[str, dict[str, Any]] = {}
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            links = [os.readlink("/proc/%s/fd/%s" % (name, fd)) for fd in os.listdir("/proc/%s/fd" % name)]
            with open("/proc/%s/cmdline" % name, "rb") as stream:
                words = stream.read().split(b"\0")
            account = os.stat("/proc/%s" % name).st_uid
        except FileNotFoundError:
            continue  # it has ended
        except OSError as error:
            UNREAD.append("process %s: %s" % (name, error.strerror))
            continue
        # The arguments may hold passwords: the program's name alone is told.
        program = os.path.basename(words[0].decode("utf-8", "replace").split(" ")[0].rstrip(":"))
        for link in links:
            if link.startswith("socket:["):
                found[link[8:-1]] = {"pid": int(name), "program": program, "uid": account}
    return found


def main() -> None:
    """Print who listens, and every peer that was seen."""
    wanted = json.load(sys.stdin)
    until = time.time() + float(wanted.get("seconds", 0))
    listening: dict[str, dict[str, Any]] = {}
    peers: dict[str, dict[str, Any]] = {}
    while True:
        holding = owners()
        for state, here, there, inode in sockets():
            program = holding.get(inode, {}).get("program", "")
            if state == LISTENING:
                entry = {"address": here[0], "port": here[1], "program": program}
                listening["%s:%d" % here] = entry
            elif state == ESTABLISHED:
                key = "%s %s %d %d" % (program, there[0], there[1], here[1])
                entry = peers.setdefault(key, {"program": program, "address": there[0], "seen": 0})
                entry["seen"] += 1
                entry.setdefault("ports", [here[1], there[1]])
        if time.time() >= until:
            break
        time.sleep(PAUSE)
    json.dump(
        {"listening": list(listening.values()), "peers": list(peers.values()), "unread": UNREAD}, sys.stdout
    )


if __name__ == "__main__":
    main()
