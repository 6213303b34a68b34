"""What a host's root is made of, and how all of it refuses writes."""

from __future__ import annotations

import ctypes
import glob
import os
import stat
import time
from collections.abc import Iterator
from typing import Any

from govcloud.migrations.files.holding import WRITABLE, flags, program
from govcloud.migrations.machines.agent.units import GENERATOR, UNIT

MS_RDONLY, MS_REMOUNT = 1, 32
BUSY = 16
DISKS = ("ext2", "ext3", "ext4", "xfs", "btrfs", "jfs", "reiserfs", "f2fs", "zfs")
REMOTE = ("nfs", "nfs4", "cifs", "smb3", "ceph", "glusterfs", "lustre", "9p")
MADE_ANEW = ("proc", "sys", "dev", "run", "tmp", "var/tmp/systemd-private-*")
"""A start of a host makes these anew."""
PATIENCE = 1.0  # Seconds for what has been told to end.
LIBRARY = ctypes.CDLL(None, use_errno=True)


def mounts() -> list[dict[str, Any]]:
    """What is mounted where, the last of each place; `kind` is the type of its file system."""
    found: dict[str, dict[str, Any]] = {}
    with open("/proc/self/mountinfo", "rb") as stream:
        for line in stream:
            words = line.rstrip(b"\n").split(b" ")
            dash = words.index(b"-")
            place = os.fsdecode(words[4].decode("unicode_escape").encode("latin-1"))
            found[place] = {
                "place": place,
                "device": words[2].decode(),
                "within": words[3].decode(errors="replace"),
                "kind": words[dash + 1].decode(),
                "source": words[dash + 2].decode(errors="replace"),
                "held": b"ro" in words[dash + 3].split(b","),
            }
    return [found[place] for place in sorted(found)]


def carried() -> list[dict[str, Any]]:
    """The mounts whose content is the host's own; what is bound to a second place comes with its first."""
    found: dict[str, dict[str, Any]] = {}
    for one in mounts():
        if one["kind"] in DISKS and not ephemeral(one["place"]):
            found.setdefault(one["device"], one)
    return sorted(found.values(), key=lambda one: str(one["place"]))


def ephemeral(place: str) -> bool:
    """Whether it is below a directory that a start of the host makes anew."""
    return any(place == top or place.startswith(top + "/") for top in ("/proc", "/sys", "/dev", "/run"))


def left_out() -> Iterator[dict[str, str]]:
    """Places below which nothing is carried, each with what is there."""
    own = {one["place"] for one in carried()}
    for one in mounts():
        if one["place"] not in own and not ephemeral(one["place"]):
            remote = one["kind"] in REMOTE or one["kind"].startswith("fuse.")
            yield {
                "place": one["place"],
                "source": one["source"],
                "kind": "remote" if remote else one["kind"],
            }
    with open("/proc/swaps", encoding="utf-8", errors="replace") as stream:
        for line in list(stream)[1:]:
            if line.split()[1] == "file":
                yield {"place": line.split()[0], "source": "", "kind": "swap"}


def patterns() -> list[str]:
    """As a pass over the root takes them: what is no content of the host's."""
    found = [*MADE_ANEW, *(path.lstrip("/") for path in (UNIT, GENERATOR))]
    found += [glob.escape(one["place"].lstrip("/")) for one in left_out()]
    return found


def hold() -> list[str]:
    """Have every disk refuse writes, whoever asks; who keeps one from it, by name, where that fails."""
    os.sync()
    for one in reversed(carried()):
        until = time.monotonic() + PATIENCE
        while not one["held"] and not remount(one["place"], MS_RDONLY):
            if time.monotonic() > until:
                return writers() or ["%s is in use, and nobody can be seen to write there" % one["place"]]
            time.sleep(0.05)
    return []


def let_go() -> None:
    """Have them take writes again."""
    for one in carried():
        if one["held"]:
            remount(one["place"], 0)


def held() -> bool:
    """Whether none of them takes writes."""
    return all(one["held"] for one in carried())


def remount(place: str, mode: int) -> bool:
    """The kernel's own call, for the file system itself; whether nobody stood in its way."""
    if LIBRARY.mount(None, os.fsencode(place), None, ctypes.c_ulong(MS_REMOUNT | mode), None) == 0:
        return True
    number = ctypes.get_errno()
    if number == BUSY:
        return False
    raise OSError(number, os.strerror(number), place)


def writers() -> list[str]:
    """Who holds a file of these disks open for writing: program, number and file."""
    devices = {one["device"] for one in carried()}
    found = []
    for number in filter(str.isdigit, os.listdir("/proc")):
        try:
            for descriptor in os.listdir("/proc/%s/fd" % number):
                place = "/proc/%s/fd/%s" % (number, descriptor)
                status = os.stat(place)
                device = "%d:%d" % (os.major(status.st_dev), os.minor(status.st_dev))
                if (
                    stat.S_ISREG(status.st_mode)
                    and device in devices
                    and flags(number, descriptor) & WRITABLE
                ):
                    found.append("%s (%s): %s" % (program(number), number, os.readlink(place)))
        except (FileNotFoundError, ProcessLookupError):
            continue  # it has ended
    return sorted(set(found))
