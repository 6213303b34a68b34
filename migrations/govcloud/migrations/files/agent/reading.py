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
        path = asked["entry"]["path"]
        say(b"F", payload)
        try:
            above, last = tree.within(name(path))
            descriptor = os.open(last, NOFOLLOW, dir_fd=above)
        except OSError as error:
            tell(b"X", {"path": path, "error": error.strerror})
            continue
        try:
            send(descriptor, path, asked["digests"])
        except OSError as error:
            tell(b"X", {"path": path, "error": error.strerror})
        finally:
            os.close(descriptor)


def send(descriptor: int, path: str, known: list[str] | None) -> None:
    """One file's chunks, then what it was: its digests, and whether it changed while it was read.

    Of a file that is as the asker has it (`known`, in digests of its chunks) nothing but that is told.
    """
    before = os.fstat(descriptor)
    digests: list[str] = []
    same = 0
    for at, empty in pieces(descriptor, before.st_size):
        length, number = min(CHUNK, before.st_size - at), len(digests)
        content = b"" if empty else os.pread(descriptor, length, at)
        if not empty and len(content) < length:
            break
        digest = "0" if empty else hashlib.blake2b(content, digest_size=32).hexdigest()
        stays = known is not None and number < len(known) and known[number] == digest
        if same == number and not stays:
            retell(digests, before.st_size)
        digests.append(digest)
        if same == number and stays:
            same += 1
        else:
            chunk(at, length, digest, None if stays else content)
    after = os.fstat(descriptor)
    # Of a hole at the end the digest does not say how long it is.
    unchanged = digests == known and digests[-1:] != ["0"]
    if same == len(digests) and not unchanged:
        retell(digests, before.st_size)
    told = {"path": path, "digests": digests, "size": before.st_size, "mtime": before.st_mtime_ns}
    tell(b"U" if unchanged else b"E", {**told, "still": stamp(before) == stamp(after)})


def stamp(status: os.stat_result) -> tuple[int, int, int]:
    """What changes whenever a file's content does."""
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns


def retell(digests: list[str], size: int) -> None:
    """Tell the first chunks of a file, which the asker has."""
    for number, digest in enumerate(digests):
        chunk(number * CHUNK, min(CHUNK, size - number * CHUNK), digest, None)


def chunk(at: int, length: int, digest: str, content: bytes | None) -> None:
    """Tell a chunk: a hole, one that the asker has (`content` is None), or what is in it."""
    if digest == "0":
        say(b"Z", struct.pack(">Q", length))
    elif content is None:
        say(b"S", struct.pack(">QI", at, length) + bytes.fromhex(digest))
    else:
        say(b"D", content)


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
