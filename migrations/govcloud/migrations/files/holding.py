"""Run on a host: has a tree refuse writes by a read-only mount of it upon itself, and names who writes all the same.

Plain Python 3.7. Wishes come as JSON on standard input; the answer is JSON. A file that was opened before is
written through the old mount: so who holds one open is looked for, and told by name.
"""

from __future__ import annotations

import ctypes
import hashlib
import json
import os
import sys
from typing import Any

MS_RDONLY, MS_REMOUNT, MS_BIND, MS_REC = 1, 32, 4096, 16384
MNT_DETACH = 2
WRITABLE = os.O_WRONLY | os.O_RDWR
MARKS = "/run/govcloud"
LIBRARY = ctypes.CDLL(None, use_errno=True)


def mounts() -> list[str]:
    """Where something is mounted, in the order in which it was."""
    found = []
    with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as stream:
        for line in stream:
            written = line.split(" ")[4].encode("utf-8", "surrogateescape").decode("unicode_escape")
            found.append(os.fsdecode(written.encode("latin-1")))
    return found


def mount(source: str, place: str, flags: int) -> None:
    """The kernel's own call: `mount` may not be installed."""
    words = (os.fsencode(source), os.fsencode(place), None, ctypes.c_ulong(flags), None)
    if LIBRARY.mount(*words) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), place)


def unmount(place: str) -> None:
    """Take away what is mounted there last, and all below it."""
    if LIBRARY.umount2(os.fsencode(place), MNT_DETACH) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), place)


def mark(root: str) -> str:
    """Where it is noted how many mounts a tree had before ours; gone after a start of the host, as mounts are."""
    return os.path.join(MARKS, hashlib.sha256(os.fsencode(root)).hexdigest()[:32])


def before(root: str) -> int:
    """How many mounts the tree had before ours; -1 where we have not begun."""
    try:
        with open(mark(root), encoding="ascii") as stream:
            return int(stream.read())
    except FileNotFoundError:
        return -1


def fenced(root: str) -> bool:
    """Whether our mount stands."""
    return 0 <= before(root) < mounts().count(root)


def fence(root: str) -> None:
    """Mount the tree upon itself such that nothing in it takes writes; nothing where that stands.

    It is made read-only aside first, with all that is mounted in it, and put in place then: so it is as it
    should be from its first moment on, in the namespaces of services too, into which a mount travels but a
    later change of one does not.
    """
    if fenced(root):
        return
    aside = mark(root) + ".aside"
    os.makedirs(aside, 0o700, exist_ok=True)
    while aside in mounts():
        unmount(aside)
    if before(root) < 0:
        with open(mark(root) + ".new", "w", encoding="ascii") as stream:
            stream.write(str(mounts().count(root)))
        os.replace(mark(root) + ".new", mark(root))
    mount(root, aside, MS_BIND | MS_REC)
    for place in sorted({one for one in mounts() if one == aside or one.startswith(aside + "/")}):
        mount(place, place, MS_BIND | MS_REMOUNT | MS_RDONLY)
    mount(aside, root, MS_BIND | MS_REC)
    unmount(aside)


def unfence(root: str) -> None:
    """Take away our mounts, and no other; nothing where there are none."""
    had, aside = before(root), mark(root) + ".aside"
    while aside in mounts():
        unmount(aside)
    while 0 <= had < mounts().count(root):
        unmount(root)
    for place in (mark(root), aside):
        if os.path.isdir(place):
            os.rmdir(place)
        elif os.path.exists(place):
            os.unlink(place)


def writers(root: str) -> tuple[list[str], list[str]]:
    """Who holds a file below the tree open for writing: program, number and file; and whom nobody may look at."""
    found, unseen, prefix = [], [], root.rstrip("/") + "/"
    for number in filter(str.isdigit, os.listdir("/proc")):
        try:
            for descriptor in os.listdir("/proc/%s/fd" % number):
                path = os.readlink("/proc/%s/fd/%s" % (number, descriptor))
                if path.startswith(prefix) and flags(number, descriptor) & WRITABLE:
                    found.append("%s (%s): %s" % (program(number), number, path))
            found += ["%s (%s): %s" % (program(number), number, path) for path in mapped(number, prefix)]
        except (FileNotFoundError, ProcessLookupError):
            continue  # it has ended
        except PermissionError:
            unseen.append(number)
    return sorted(set(found)), unseen


def program(number: str) -> str:
    """What a process calls itself."""
    with open("/proc/%s/comm" % number, encoding="utf-8", errors="replace") as stream:
        return stream.read().strip()


def mapped(number: str, prefix: str) -> list[str]:
    """The files below a tree that a process has mapped such that it writes to them without a call."""
    with open("/proc/%s/maps" % number, encoding="utf-8", errors="surrogateescape") as stream:
        rows = [line.rstrip("\n").split(None, 5) for line in stream]
    return sorted(
        {
            row[5]
            for row in rows
            if len(row) == 6 and row[1][1] == "w" and row[1][3] == "s" and row[5].startswith(prefix)
        }
    )


def flags(number: str, descriptor: str) -> int:
    """How a file was opened."""
    with open("/proc/%s/fdinfo/%s" % (number, descriptor), encoding="ascii") as stream:
        for line in stream:
            if line.startswith("flags:"):
                return int(line.split()[1], 8)
    return 0


def main() -> None:
    """Do what is wished, and tell how the tree is then."""
    wanted = json.load(sys.stdin)
    root = os.path.realpath(wanted["root"])
    answer: dict[str, Any] = {}
    try:
        if wanted["do"] == "fence":
            fence(root)
        elif wanted["do"] == "unfence":
            unfence(root)
        found, unseen = writers(root)
        answer = {"fenced": fenced(root), "writers": found, "unseen": unseen}
    except OSError as error:
        answer = {"error": error.strerror or str(error)}
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
