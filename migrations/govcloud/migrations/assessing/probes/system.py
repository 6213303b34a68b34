"""A probe: what machine this is, who has an account, what is mounted, and which services start by themselves."""

from __future__ import annotations

import grp
import json
import os
import pwd
import subprocess
import sys
import time
from typing import Any

UNREAD: list[str] = []
PSEUDO = frozenset(
    [
        "proc",
        "sysfs",
        "tmpfs",
        "devtmpfs",
        "devpts",
        "cgroup",
        "cgroup2",
        "securityfs",
        "debugfs",
        "tracefs",
        "mqueue",
        "hugetlbfs",
        "pstore",
        "bpf",
        "configfs",
        "fusectl",
        "autofs",
        "binfmt_misc",
        "rpc_pipefs",
        "nsfs",
        "overlay",
        "squashfs",
        "ramfs",
        "efivarfs",
        "selinuxfs",
    ]
)
NO_SHELL = ("nologin", "false", "sync")


def read(path: str) -> str:
    """A file's text; where it cannot be read, nothing, and its name is noted."""
    try:
        with open(path, encoding="utf-8", errors="replace") as stream:
            return stream.read()
    except OSError as error:
        UNREAD.append("%s: %s" % (path, error.strerror))
        return ""


def asked(*words: str) -> str:
    """What a command prints; where it fails, nothing, and that is noted."""
    try:
        done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        UNREAD.append("%s: %s" % (words[0], error))
        return ""
    if done.returncode != 0:
        UNREAD.append("%s ended with %d" % (" ".join(words), done.returncode))
        return ""
    return done.stdout.decode("utf-8", "replace")


def release() -> dict[str, str]:
    """ID and VERSION_ID of /etc/os-release."""
    found = {}
    for line in read("/etc/os-release").splitlines():
        name, _, value = line.partition("=")
        found[name] = value.strip("\"'")
    return {
        "id": found.get("ID", ""),
        "version": found.get("VERSION_ID", ""),
        "name": found.get("PRETTY_NAME", ""),
    }


def memory() -> int:
    """Bytes of memory."""
    for line in read("/proc/meminfo").splitlines():
        if line.startswith("MemTotal:"):
            return int(line.split()[1]) * 1024
    return 0


def unescaped(text: str) -> str:
    """A path of /proc/mounts, in which blanks are written as octal numbers."""
    return text.replace("\\040", " ").replace("\\011", "\t").replace("\\012", "\n").replace("\\134", "\\")


def mounts() -> list[dict[str, Any]]:
    """What is mounted that holds data, with bytes of size and free."""
    found = []
    for line in read("/proc/self/mounts").splitlines():
        device, place, kind, options = line.split()[:4]
        if kind in PSEUDO and place != "/":
            continue
        entry: dict[str, Any] = {"device": unescaped(device), "place": unescaped(place), "kind": kind}
        entry["options"] = options.split(",")
        try:
            room = os.statvfs(entry["place"])
            entry.update(size=room.f_frsize * room.f_blocks, free=room.f_frsize * room.f_bavail)
        except OSError as error:
            UNREAD.append("%s: %s" % (entry["place"], error.strerror))
        found.append(entry)
    return found


def users() -> list[dict[str, Any]]:
    """The accounts that people or applications use: with a shell or a number from 1000 on."""
    found = []
    for one in pwd.getpwall():
        shell = not one.pw_shell.endswith(NO_SHELL)
        if one.pw_uid == 0 or one.pw_uid == 65534 or not (shell or one.pw_uid >= 1000):
            continue
        groups = sorted(group.gr_name for group in grp.getgrall() if one.pw_name in group.gr_mem)
        keys = os.path.join(one.pw_dir, ".ssh", "authorized_keys")
        found.append({"name": one.pw_name, "uid": one.pw_uid, "home": one.pw_dir, "shell": one.pw_shell})
        found[-1].update(groups=groups, keys=os.path.exists(keys))
    return found


def services() -> list[dict[str, str]]:
    """The units of systemd that start by themselves; of an older init, its scripts."""
    if os.path.isdir("/run/systemd/system"):
        listed = asked(
            "systemctl", "list-unit-files", "--type=service", "--state=enabled", "--no-legend", "--no-pager"
        )
        running = asked(
            "systemctl",
            "list-units",
            "--type=service",
            "--state=running",
            "--no-legend",
            "--no-pager",
            "--plain",
        )
        alive = {line.split()[0] for line in running.splitlines() if line.strip()}
        enabled = {line.split()[0] for line in listed.splitlines() if line.strip()}
        names = sorted(alive | enabled)
        return [{"name": name, "state": "running" if name in alive else "stopped"} for name in names]
    try:
        scripts = sorted(os.listdir("/etc/init.d"))
    except OSError as error:
        UNREAD.append("/etc/init.d: %s" % error.strerror)
        return []
    return [{"name": name, "state": "unknown"} for name in scripts if name not in ("README", "skeleton")]


def main() -> None:
    """Print what was found."""
    json.load(sys.stdin)
    found = {
        "name": os.uname().nodename,
        "release": release(),
        "kernel": os.uname().release,
        "cores": os.cpu_count(),
        "memory": memory(),
        "time": time.time(),
        "zone": time.strftime("%z"),
        "mounts": mounts(),
        "users": users(),
        "services": services(),
        "names": [
            line for line in read("/etc/hosts").splitlines() if line.strip() and not line.startswith("#")
        ],
    }
    found["unread"] = UNREAD
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
