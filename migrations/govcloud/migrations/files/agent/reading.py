"""Sends what is in files, or the digest of it."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import struct
from typing import Any, Iterator

from govcloud.migrations.files.agent.wire import CHUNK, NOFOLLOW, Tree, frames, name, say, tell, text


def pieces(descriptor: int, size: int) -> Iterator[tuple[int, bool]]:
    """The offsets of a file's chunks, and whether there is nothing but a hole."""
    at = 0
    while at < size:
        try:
            data = os.lseek(descriptor, at, os.SEEK_DATA)
        except OSError as error:
            if error.errno == errno.ENXIO:
                data = size
            elif error.errno == errno.EINVAL:
                data = at
            else:
                raise
        end = min(at + CHUNK, size)
        yield at, data >= end
        at = end


def read(wanted: dict[str, Any]) -> None:
    """Send the files that are asked for: of each chunk its content, unless the asker has it already."""
    tree = Tree(name(wanted["root"]))
    for kind, payload in frames():
        if kind != b"F":
            return
        asked = json.loads(payload)
        path = name(asked["path"])
        say(b"F", payload)
        try:
            above, last = tree.within(path)
            descriptor = os.open(last, NOFOLLOW, dir_fd=above)
        except OSError as error:
            tell(b"X", {"path": asked["path"], "error": error.strerror, "gone": error.errno == errno.ENOENT})
            continue
        try:
            send(descriptor, asked)
        except OSError as error:
            tell(b"X", {"path": asked["path"], "error": error.strerror, "gone": False})
        finally:
            os.close(descriptor)


def send(descriptor: int, asked: dict[str, Any]) -> None:
    """One file's chunks, then what it was: its digests, and whether it changed while it was read."""
    before = os.fstat(descriptor)
    known, digests = asked["digests"], []
    for number, (at, empty) in enumerate(pieces(descriptor, before.st_size)):
        length = min(CHUNK, before.st_size - at)
        content = b"" if empty else os.pread(descriptor, length, at)
        if not empty and len(content) < length:
            break
        digest = "0" if empty else hashlib.blake2b(content, digest_size=32).hexdigest()
        digests.append(digest)
        if empty:
            say(b"Z", struct.pack(">Q", length))
        elif number < len(known) and known[number] == digest:
            say(b"S", struct.pack(">QI", at, length) + bytes.fromhex(digest))
        else:
            say(b"D", content)
    after = os.fstat(descriptor)
    still = (before.st_size, before.st_mtime_ns, before.st_ctime_ns) == (
        after.st_size,
        after.st_mtime_ns,
        after.st_ctime_ns,
    )
    seen = {"size": before.st_size, "mtime": before.st_mtime_ns, "ctime": before.st_ctime_ns}
    tell(b"E", {"path": asked["path"], "digests": digests, "still": still, **seen})


def digest(wanted: dict[str, Any]) -> None:
    """Tell every entry with the SHA-256 of its content, read anew."""
    tree = Tree(name(wanted["root"]))
    for kind, payload in frames():
        if kind != b"F":
            break
        path = name(json.loads(payload)["path"])
        try:
            above, last = tree.within(path)
            descriptor = os.open(last, NOFOLLOW, dir_fd=above)
        except OSError as error:
            tell(b"X", {"path": text(path), "error": error.strerror})
            continue
        hashed, size = hashlib.sha256(), 0
        try:
            while True:
                part = os.read(descriptor, CHUNK)
                if not part:
                    break
                hashed.update(part)
                size += len(part)
        finally:
            os.close(descriptor)
        tell(b"E", {"path": text(path), "sha256": hashed.hexdigest(), "size": size})
    say(b".")
