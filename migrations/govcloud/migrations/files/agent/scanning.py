"""Tells what is in a tree."""

from __future__ import annotations

import fnmatch
import grp
import os
import pwd
import stat
import sys
import time
from typing import Any

from govcloud.migrations.files.agent.wire import (
    DIRECTORY,
    KINDS,
    TRUSTED,
    account,
    attributes,
    name,
    say,
    tell,
    text,
)

DEVICE: list[int] = []
NUMERIC: list[bool] = []
USERS: dict[int, str] = {}
GROUPS: dict[int, str] = {}


def described(path: bytes, status: os.stat_result, above: int, last: bytes) -> dict[str, Any]:
    """One entry as it is."""
    kind = KINDS[stat.S_IFMT(status.st_mode)]
    found: dict[str, Any] = {
        "path": text(path),
        "kind": kind,
        "mode": stat.S_IMODE(status.st_mode),
        "uid": status.st_uid,
        "gid": status.st_gid,
        "user": "" if NUMERIC[0] else account(status.st_uid, USERS, pwd.getpwuid),
        "group": "" if NUMERIC[0] else account(status.st_gid, GROUPS, grp.getgrgid),
        "mtime": status.st_mtime_ns,
    }
    if kind == "link":
        found["to"] = text(os.readlink(last, dir_fd=above))
    if kind in ("file", "directory"):
        # Through the directory's descriptor: a name may be longer than any path that the kernel takes.
        place = b"/proc/self/fd/%d/%s" % (above, last)
        found["xattrs"] = attributes(
            lambda: os.listxattr(place, follow_symlinks=False),
            lambda one: os.getxattr(place, one, follow_symlinks=False),
        )
    if kind == "file":
        found.update(size=status.st_size, ctime=status.st_ctime_ns, inode=status.st_ino)
        if status.st_dev != DEVICE[0]:
            found["apart"] = True
        if status.st_nlink > 1:
            found["same"] = "%d:%d" % (status.st_dev, status.st_ino)
    return found


def trusted(root: bytes) -> bool:
    """Whether the file system below a directory is one whose ctime can be trusted."""
    best, kind = b"", ""
    with open("/proc/self/mountinfo", "rb") as stream:
        for line in stream:
            words = line.split(b" ")
            place = words[4].decode("unicode_escape").encode("latin-1")
            inside = root == place or root.startswith(place.rstrip(b"/") + b"/")
            if inside and len(place) >= len(best):
                best, kind = place, words[words.index(b"-") + 1].decode()
    return kind in TRUSTED


def scan(wanted: dict[str, Any]) -> None:
    """Tell every entry below the root, in the order of their names; of what cannot be read, why."""
    root = os.open(name(wanted["root"]), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    sys.setrecursionlimit(100_000)
    now = time.time_ns()
    # What was written through a map has its ctime when it is written back, and after that only with a new one.
    os.sync()
    tell(b"T", {"now": now, "trusted": trusted(os.path.realpath(name(wanted["root"])))})
    status = os.fstat(root)
    NUMERIC.append(wanted["numeric"])
    DEVICE.append(status.st_dev)
    tell(b"E", described(b"", status, root, b"."))
    walk(root, b"", wanted["without"], wanted["ours"].encode())
    say(b".")


def walk(above: int, prefix: bytes, patterns: list[str], ours: bytes) -> None:
    """Tell what a directory holds, and what those below it hold; `ours` begins the names that are passed over."""
    for last in sorted(os.fsencode(one) for one in os.listdir(above)):
        path = prefix + last
        if ours and last.startswith(ours):
            continue
        shown = path.decode("utf-8", "surrogateescape")
        if any(fnmatch.fnmatchcase(shown, one) for one in patterns):
            tell(b"L", {"path": text(path)})
            continue
        try:
            status = os.stat(last, dir_fd=above, follow_symlinks=False)
            tell(b"E", described(path, status, above, last))
            if stat.S_ISDIR(status.st_mode):
                below = os.open(last, DIRECTORY, dir_fd=above)
                try:
                    walk(below, path + b"/", patterns, ours)
                finally:
                    os.close(below)
        except FileNotFoundError:
            continue  # it has gone since
        except OSError as error:
            tell(b"X", {"path": text(path), "error": error.strerror})
