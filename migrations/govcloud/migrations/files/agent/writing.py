"""Makes a tree what it is told, each file whole or not at all."""

from __future__ import annotations

import base64
import contextlib
import ctypes
import grp
import hashlib
import json
import os
import pwd
import stat
import struct
from typing import AbstractSet as Set
from typing import Any, Iterator

from govcloud.migrations.files.agent.wire import (
    DIRECTORY,
    KINDS,
    NEW,
    NOFOLLOW,
    SYNC_EVERY,
    SYNC_FILES,
    Tree,
    attributes,
    frames,
    name,
    say,
    sink,
    tell,
)

MADE_UP = (
    "proc",
    "sysfs",
    "devtmpfs",
    "devpts",
    "cgroup",
    "cgroup2",
    "debugfs",
    "tracefs",
    "securityfs",
    "autofs",
)
LIBC = ctypes.CDLL(None, use_errno=True)


class Writer:
    """Makes a tree what it is told, each file whole or not at all."""

    def __init__(self, root: bytes, ours: bytes) -> None:
        self.tree = Tree(root)
        self.ours = ours
        self.unsynced = 0
        self.waiting: list[dict[str, Any]] = []
        self.disks: dict[int, int] = {}
        self.users: dict[str, int] = {}
        self.groups: dict[str, int] = {}

    def number(self, entry: dict[str, Any]) -> tuple[int, int]:
        """Whose it is to be: by name where the name is known here, else by number."""
        for key, known, lookup in (("user", self.users, pwd.getpwnam), ("group", self.groups, grp.getgrnam)):
            if entry[key] and entry[key] not in known:
                try:
                    found = lookup(entry[key])
                    known[entry[key]] = found[2]
                except KeyError:
                    known[entry[key]] = -1
        uid, gid = self.users.get(entry["user"], -1), self.groups.get(entry["group"], -1)
        return (entry["uid"] if uid < 0 else uid), (entry["gid"] if gid < 0 else gid)

    def dress(self, descriptor: int, entry: dict[str, Any]) -> None:
        """Give a file or directory its owner, attributes, mode and time; the mode behind the owner."""
        os.fchown(descriptor, *self.number(entry))
        have = attributes(lambda: os.listxattr(descriptor), lambda one: os.getxattr(descriptor, one))
        os.fchmod(descriptor, entry["mode"])
        for one in have.keys() - entry["xattrs"].keys():
            os.removexattr(descriptor, one)
        for one, value in entry["xattrs"].items():
            if have.get(one) != value:
                os.setxattr(descriptor, one, base64.b64decode(value))
        os.utime(descriptor, ns=(entry["mtime"], entry["mtime"]))

    def aside(self, above: int, last: bytes) -> bytes:
        """The name aside of which something is made, and nothing of that name: whatever lay there is no part of it."""
        found = self.ours + hashlib.blake2b(last, digest_size=12).hexdigest().encode()
        with contextlib.suppress(FileNotFoundError):
            remove(above, found)
        return found

    def clear(self, above: int, last: bytes, kind: str) -> None:
        """Take away what stands there and is of another kind."""
        try:
            status = os.stat(last, dir_fd=above, follow_symlinks=False)
        except FileNotFoundError:
            return
        if KINDS[stat.S_IFMT(status.st_mode)] != kind:
            remove(above, last)

    def directory(self, entry: dict[str, Any]) -> None:
        """Make a directory; its mode and time come last, when all in it stands."""
        path = name(entry["path"])
        if not path:
            return
        above, last = self.tree.within(path)
        self.clear(above, last, "directory")
        with contextlib.suppress(FileExistsError):
            os.mkdir(last, 0o700, dir_fd=above)

    def finish(self, entry: dict[str, Any]) -> None:
        """Give a directory what it has besides its content."""
        path = name(entry["path"])
        above, last = self.tree.within(path) if path else (self.tree.root, b".")
        descriptor = os.open(last, DIRECTORY, dir_fd=above)
        try:
            self.dress(descriptor, entry)
        finally:
            os.close(descriptor)

    def link(self, entry: dict[str, Any]) -> None:
        """Make a symbolic link, in one step."""
        above, last = self.tree.within(name(entry["path"]))
        self.clear(above, last, "link")
        aside = self.aside(above, last)
        os.symlink(name(entry["to"]), aside, dir_fd=above)
        os.chown(aside, *self.number(entry), dir_fd=above, follow_symlinks=False)
        os.utime(aside, ns=(entry["mtime"], entry["mtime"]), dir_fd=above, follow_symlinks=False)
        os.rename(aside, last, src_dir_fd=above, dst_dir_fd=above)

    def same(self, entry: dict[str, Any]) -> None:
        """Make another name of a file that stands."""
        first_above, first = self.tree.within(name(entry["first"]))
        kept = os.dup(first_above)
        try:
            above, last = self.tree.within(name(entry["path"]))
            self.clear(above, last, "file")
            aside = self.aside(above, last)
            os.link(first, aside, src_dir_fd=kept, dst_dir_fd=above, follow_symlinks=False)
            os.rename(aside, last, src_dir_fd=above, dst_dir_fd=above)
            # Of two names of one file a rename does nothing: the aside name is still there then.
            with contextlib.suppress(FileNotFoundError):
                os.unlink(aside, dir_fd=above)
        finally:
            os.close(kept)

    def touch(self, entry: dict[str, Any]) -> None:
        """Give a file whose content stays what it has besides."""
        above, last = self.tree.within(name(entry["path"]))
        descriptor = os.open(last, NOFOLLOW, dir_fd=above)
        try:
            self.dress(descriptor, entry)
        finally:
            os.close(descriptor)

    def file(self, entry: dict[str, Any], coming: Iterator[tuple[bytes, bytes]]) -> None:
        """Write a file aside from what comes, and put it in its place."""
        above, last = self.tree.within(name(entry["path"]))
        self.clear(above, last, "file")
        aside = self.aside(above, last)
        descriptor = os.open(aside, NEW, 0o600, dir_fd=above)
        try:
            told = self.fill(descriptor, above, last, coming)
            if told is None:
                os.unlink(aside, dir_fd=above)
                return
            self.dress(descriptor, {**entry, "mtime": told["mtime"]})
            disk = os.fstat(descriptor).st_dev
        finally:
            os.close(descriptor)
        os.rename(aside, last, src_dir_fd=above, dst_dir_fd=above)
        if disk not in self.disks:
            self.disks[disk] = os.dup(above)
        self.waiting.append({"path": told["path"], "digests": told["digests"]})
        self.unsynced += told["size"]
        if self.unsynced >= SYNC_EVERY or len(self.waiting) >= SYNC_FILES:
            self.settle()

    def fill(
        self, descriptor: int, above: int, last: bytes, coming: Iterator[tuple[bytes, bytes]]
    ) -> dict[str, Any] | None:
        """Write what comes; what the file is to be, or None where it could not be read."""
        at, old, spoilt = 0, -1, False
        try:
            for kind, payload in coming:
                if kind == b"D":
                    os.pwrite(descriptor, payload, at)
                    at += len(payload)
                elif kind == b"Z":
                    at += struct.unpack(">Q", payload)[0]
                elif kind == b"S":
                    place, length = struct.unpack(">QI", payload[:12])
                    if old < 0:
                        old = os.open(last, NOFOLLOW, dir_fd=above)
                    content = os.pread(old, length, place)
                    spoilt = spoilt or hashlib.blake2b(content, digest_size=32).digest() != payload[12:]
                    os.pwrite(descriptor, content, at)
                    at += length
                elif kind == b"X":
                    return None
                else:
                    told: dict[str, Any] = json.loads(payload)
                    os.ftruncate(descriptor, at)
                    if spoilt:
                        # What lies here is not what was brought over: all of it has to come anew.
                        tell(b"B", {"path": told["path"]})
                        return None
                    return told if told["still"] and at == told["size"] else None
        finally:
            if old >= 0:
                os.close(old)
        raise EOFError

    def settle(self) -> None:
        """Have all that stands in its place on the disk, then say so: what was not acknowledged comes anew."""
        for held in self.disks.values():
            if LIBC.syncfs(held):
                raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
            os.close(held)
        if self.waiting:
            tell(b"K", {"kept": self.waiting})
        self.waiting, self.unsynced, self.disks = [], 0, {}
        sink.flush()


def remove(above: int, last: bytes) -> None:
    """Take away an entry, and all below it."""
    status = os.stat(last, dir_fd=above, follow_symlinks=False)
    if not stat.S_ISDIR(status.st_mode):
        os.unlink(last, dir_fd=above)
        return
    below = os.open(last, DIRECTORY, dir_fd=above)
    try:
        for one in os.listdir(below):
            remove(below, os.fsencode(one))
    finally:
        os.close(below)
    os.rmdir(last, dir_fd=above)


def sweep(folder: int, ours: bytes, kernels: Set[int]) -> None:
    """Take away what a run that was killed left aside, but not in the kernel's own trees; closes the directory."""
    try:
        for last in [os.fsencode(one) for one in os.listdir(folder)]:
            status = os.stat(last, dir_fd=folder, follow_symlinks=False)
            if last.startswith(ours):
                os.unlink(last, dir_fd=folder)
            elif stat.S_ISDIR(status.st_mode) and status.st_dev not in kernels:
                sweep(os.open(last, DIRECTORY, dir_fd=folder), ours, kernels)
    finally:
        os.close(folder)


def kernels() -> Set[int]:
    """The devices of file systems that the kernel makes up: below `/` there are some."""
    found = set()
    with open("/proc/self/mountinfo", encoding="utf-8", errors="replace") as stream:
        for line in stream:
            words = line.split(" ")
            if words[words.index("-") + 1] in MADE_UP:
                major, _, minor = words[2].partition(":")
                found.add(os.makedev(int(major), int(minor)))
    return found


def write(wanted: dict[str, Any]) -> None:
    """Do to the tree what comes; a file's chunks follow it."""
    root = name(wanted["root"])
    os.makedirs(root, exist_ok=True)
    if wanted["sweep"]:
        sweep(os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC), wanted["ours"].encode(), kernels())
    writer, coming = Writer(root, wanted["ours"].encode()), frames()
    simple = {
        b"M": writer.directory,
        b"N": writer.finish,
        b"Y": writer.link,
        b"H": writer.same,
        b"T": writer.touch,
    }
    for kind, payload in coming:
        entry = json.loads(payload)
        if kind in b"NHR":
            writer.settle()
        if kind == b"F":
            writer.file(entry, coming)
        elif kind == b"R":
            above, last = writer.tree.within(name(entry["path"]))
            with contextlib.suppress(FileNotFoundError):
                remove(above, last)
            writer.tree.forget()
        else:
            simple[kind](entry)
    writer.settle()
    os.sync()
    say(b".")
