"""Makes a tree what it is told, each file whole or not at all."""

from __future__ import annotations

import base64
import contextlib
import grp
import hashlib
import itertools
import json
import os
import pwd
import stat
import struct
from typing import Any, Callable, Iterator

from govcloud.migrations.files.agent.alone import alone
from govcloud.migrations.files.agent.digesting import is_of
from govcloud.migrations.files.agent.removing import kernels, remove, sweep
from govcloud.migrations.files.agent.syncing import Disk
from govcloud.migrations.files.agent.wire import (
    DIRECTORY,
    LENGTH,
    NEW,
    Tree,
    attributes,
    frames,
    name,
    onto,
    opened,
    say,
    tell,
)


class Writer:
    """Makes a tree what it is told, each file whole or not at all."""

    def __init__(self, root: bytes, ours: bytes) -> None:
        self.tree = Tree(root)
        self.ours = ours
        self.disk = Disk()
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

    def dress(self, descriptor: int, entry: dict[str, Any]) -> os.stat_result:
        """Give a file or directory its owner, attributes, mode and time; the mode behind the owner. What it was."""
        status, owner = os.fstat(descriptor), self.number(entry)
        if owner != (status.st_uid, status.st_gid):
            os.fchown(descriptor, *owner)
        have = attributes(lambda: os.listxattr(descriptor), lambda one: os.getxattr(descriptor, one))
        os.fchmod(descriptor, entry["mode"])
        for one in have.keys() - entry["xattrs"].keys():
            os.removexattr(descriptor, one)
        for one, value in entry["xattrs"].items():
            if have.get(one) != value:
                os.setxattr(descriptor, one, base64.b64decode(value))
        os.utime(descriptor, ns=(entry["mtime"], entry["mtime"]))
        return status

    def named(self, last: bytes) -> bytes:
        """A name of ours, as short as a name may be long."""
        return self.ours + hashlib.blake2b(last, digest_size=12).hexdigest().encode()

    def aside(self, above: int, last: bytes) -> bytes:
        """The name aside of which something is made, and nothing of that name: what lay there is no part of it."""
        found = self.named(last)
        with contextlib.suppress(FileNotFoundError):
            remove(above, found)
        return found

    def put(self, aside: bytes, above: int, last: bytes) -> None:
        """Put what was made aside in its place, in one step where no directory stands there."""
        try:
            os.rename(aside, last, src_dir_fd=above, dst_dir_fd=above)
        except IsADirectoryError:
            remove(above, last)
            os.rename(aside, last, src_dir_fd=above, dst_dir_fd=above)

    def directory(self, entry: dict[str, Any]) -> None:
        """Make a directory; its mode and time come last, when all in it stands."""
        path = name(entry["path"])
        if not path:
            return
        above, last = self.tree.within(path)
        try:
            os.mkdir(last, 0o700, dir_fd=above)
        except FileExistsError:
            if not stat.S_ISDIR(os.stat(last, dir_fd=above, follow_symlinks=False).st_mode):
                os.unlink(last, dir_fd=above)
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
        aside = self.aside(above, last)
        os.symlink(name(entry["to"]), aside, dir_fd=above)
        os.chown(aside, *self.number(entry), dir_fd=above, follow_symlinks=False)
        os.utime(aside, ns=(entry["mtime"], entry["mtime"]), dir_fd=above, follow_symlinks=False)
        self.put(aside, above, last)

    def same(self, entry: dict[str, Any]) -> None:
        """Make another name of a file that stands."""
        first_above, first = self.tree.within(name(entry["first"]))
        kept = os.dup(first_above)
        try:
            above, last = self.tree.within(name(entry["path"]))
            aside = self.aside(above, last)
            os.link(first, aside, src_dir_fd=kept, dst_dir_fd=above, follow_symlinks=False)
            self.put(aside, above, last)
            # Of two names of one file a rename does nothing: the aside name is still there then.
            with contextlib.suppress(FileNotFoundError):
                os.unlink(aside, dir_fd=above)
        finally:
            os.close(kept)

    def touch(self, entry: dict[str, Any], size: int | None = None) -> bool:
        """Give a file whose content stays what it has besides; false where it is gone, or of another size."""
        above, last = self.tree.within(name(entry["path"]))
        descriptor = opened(last, above)
        if descriptor < 0:
            return self.spoilt(entry["path"])
        try:
            if size is not None and os.fstat(descriptor).st_size != size:
                return self.spoilt(entry["path"])
            self.disk.hold(self.dress(descriptor, entry), above)
        finally:
            os.close(descriptor)
        return True

    def spoilt(self, path: str) -> bool:
        """Tell that what lies here is not what was brought over: all of it has to come anew."""
        tell(b"B", {"path": path})
        return False

    def take(self, kind: bytes, payload: bytes, coming: Iterator[tuple[bytes, bytes]]) -> None:
        """Have a file be what lies in the frame, or what follows it."""
        if kind == b"W":
            self.whole(payload)
        else:
            self.file(json.loads(payload)["entry"], coming)

    def file(self, entry: dict[str, Any], coming: Iterator[tuple[bytes, bytes]]) -> None:
        """Have a file be what comes."""
        kind, payload = next(coming, (b"", b""))
        if kind != b"U":
            told = self.made(entry, itertools.chain([(kind, payload)], coming))
        else:
            told = json.loads(payload)
            if not told["still"] or not self.touch({**entry, "mtime": told["mtime"]}, told["size"]):
                return
        if told is None:
            return
        self.disk.add(told, 0 if kind == b"U" else told["size"])

    def whole(self, frame: bytes) -> None:
        """Have a file be what lies in one frame."""
        (length,) = LENGTH.unpack_from(frame)
        head = json.loads(frame[LENGTH.size : LENGTH.size + length])
        told = head["told"]
        above, last = self.tree.within(name(head["entry"]["path"]))
        aside, descriptor = self.begun(above, last)
        try:
            onto(descriptor, memoryview(frame)[LENGTH.size + length :], 0)
            self.disk.hold(self.dress(descriptor, {**head["entry"], "mtime": told["mtime"]}), above)
        finally:
            os.close(descriptor)
        self.put(aside, above, last)
        self.disk.add(told, told["size"])

    def begun(self, above: int, last: bytes) -> tuple[bytes, int]:
        """A new file aside of where it is to stand: its name and descriptor."""
        aside = self.named(last)
        try:
            return aside, os.open(aside, NEW, 0o600, dir_fd=above)
        except FileExistsError:
            return aside, os.open(self.aside(above, last), NEW, 0o600, dir_fd=above)

    def made(self, entry: dict[str, Any], coming: Iterator[tuple[bytes, bytes]]) -> dict[str, Any] | None:
        """Write a file aside from what comes, and put it in its place; what it is, or None where it is not."""
        above, last = self.tree.within(name(entry["path"]))
        aside, descriptor = self.begun(above, last)
        try:
            told = self.fill(descriptor, above, last, coming)
            if told is None:
                os.unlink(aside, dir_fd=above)
                return None
            self.disk.hold(self.dress(descriptor, {**entry, "mtime": told["mtime"]}), above)
        finally:
            os.close(descriptor)
        self.put(aside, above, last)
        return told

    def fill(
        self, descriptor: int, above: int, last: bytes, coming: Iterator[tuple[bytes, bytes]]
    ) -> dict[str, Any] | None:
        """Write what comes; what the file is to be, or None where it could not be read."""
        at, old, spoilt, hole = 0, -1, False, False
        try:
            for kind, payload in coming:
                if kind in b"DZS":
                    hole = kind == b"Z"
                if kind == b"D":
                    at = onto(descriptor, payload, at)
                elif kind == b"Z":
                    at += struct.unpack(">Q", payload)[0]
                elif kind == b"S":
                    place, length = struct.unpack(">QI", payload[:12])
                    if old < 0 and not spoilt:
                        old = opened(last, above)
                    content = os.pread(old, length, place) if old >= 0 else b""
                    spoilt = spoilt or not is_of(content, payload[12:].decode())
                    onto(descriptor, content, at)
                    at += length
                elif kind == b"X":
                    return None
                else:
                    told: dict[str, Any] = json.loads(payload)
                    if hole:
                        os.ftruncate(descriptor, at)
                    if spoilt:
                        self.spoilt(told["path"])
                        return None
                    return told if told["still"] and at == told["size"] else None
        finally:
            if old >= 0:
                os.close(old)
        raise EOFError


def write(wanted: dict[str, Any]) -> None:
    """Do to the tree what comes; a file's chunks follow it, all of them on a line where one is opened."""
    root = name(wanted["root"])
    os.makedirs(root, exist_ok=True)
    alone(root)
    if wanted["sweep"]:
        sweep(os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC), wanted["ours"].encode(), kernels())
    writer, coming = Writer(root, wanted["ours"].encode()), frames()
    simple: dict[bytes, Callable[[dict[str, Any]], object]] = {
        b"M": writer.directory,
        b"N": writer.finish,
        b"Y": writer.link,
        b"H": writer.same,
        b"T": writer.touch,
    }
    for kind, payload in coming:
        if kind in b"FW":
            writer.take(kind, payload, coming)
            continue
        entry = json.loads(payload)
        if kind in b"NHR":
            writer.disk.settle()
        if kind == b"L":
            # TLS takes long to come up: only where it is needed.
            from govcloud.migrations.files.agent.line import Line

            content = Line(entry).frames()
            for what, payload in content:
                writer.take(what, payload, content)
        elif kind == b"R":
            above, last = writer.tree.within(name(entry["path"]))
            with contextlib.suppress(FileNotFoundError):
                remove(above, last)
            writer.tree.forget()
        else:
            simple[kind](entry)
    writer.disk.settle()
    os.sync()
    say(b".")
