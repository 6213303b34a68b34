"""What all that the agent does is made of: frames, names as bytes, and trees that nothing leads out of.

It speaks in frames on standard input and output: a letter, four bytes of length, and that many bytes. The first
frame it reads says what it is to do. Names are bytes, written as base64. Everything below the tree is opened
relative to its directory and without following links. Plain Python 3.7 and its standard library.
"""

from __future__ import annotations

import base64
import errno
import json
import os
import stat
import struct
import sys
import threading
from typing import Any, BinaryIO, Callable, Iterator

CHUNK = 1024 * 1024
SMALL = 64 * 1024
"""Bytes of a file up to which it goes in one frame, where none of it is there."""
HEAD = struct.Struct(">cI")
LENGTH = struct.Struct(">I")
TRUSTED = ("ext2", "ext3", "ext4", "xfs", "btrfs")
"""Where every change of content changes ctime, once what was mapped has been written back."""
SYNC_EVERY = 512 * 1024 * 1024
SYNC_FILES = 4_000
"""So many bytes, or files, go to the disk together."""
XATTRS = ("user.", "security.capability", "system.posix_acl_")
NOFOLLOW = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
NEW = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
KINDS = {
    stat.S_IFREG: "file",
    stat.S_IFDIR: "directory",
    stat.S_IFLNK: "link",
    stat.S_IFIFO: "fifo",
    stat.S_IFSOCK: "socket",
    stat.S_IFCHR: "device",
    stat.S_IFBLK: "device",
}


class Frames:
    """Frames that go out on a stream; more than one thread may write them."""

    def __init__(self, sink: BinaryIO) -> None:
        self.sink = sink
        self.saying = threading.Lock()

    def say(self, kind: bytes, payload: bytes = b"") -> None:
        """Write a frame."""
        with self.saying:
            self.sink.write(HEAD.pack(kind, len(payload)))
            self.sink.write(payload)

    def tell(self, kind: bytes, document: Any) -> None:
        """Write a frame of JSON."""
        self.say(kind, json.dumps(document).encode())

    def flush(self) -> None:
        """Have all that was written go."""
        with self.saying:
            self.sink.flush()


source: BinaryIO = sys.stdin.buffer
out = Frames(open(sys.stdout.fileno(), "wb", buffering=CHUNK // 4, closefd=False))  # noqa: SIM115
"""To the tool, as `source` is from it."""
say, tell, flush = out.say, out.tell, out.flush


def text(name: bytes) -> str:
    """A name as it stands in a frame."""
    return base64.b64encode(name).decode()


def name(written: str) -> bytes:
    """A name from a frame."""
    return base64.b64decode(written)


def frames(stream: BinaryIO = source) -> Iterator[tuple[bytes, Any]]:
    """The frames that come, up to the end. A file's content lies in the same memory each time: use it at once."""
    room = memoryview(bytearray(CHUNK))
    while True:
        head = stream.read(HEAD.size)
        if len(head) < HEAD.size:
            return
        kind, length = HEAD.unpack(head)
        payload = into(stream, room[:length]) if kind == b"D" else stream.read(length)
        if len(payload) < length:
            return
        yield kind, payload


def into(stream: BinaryIO, room: memoryview) -> memoryview:
    """Fill room with what comes; less of it where the stream ends before."""
    filled = 0
    while filled < len(room):
        count = stream.readinto(room[filled:])  # type: ignore[attr-defined]
        if not count:
            break
        filled += count
    return room[:filled]


def onto(descriptor: int, content: Any, at: int) -> int:
    """Write all of it to a file, from there on; where it ends. A disk that has just become full takes a part."""
    left = memoryview(content)
    while len(left):
        count = os.pwrite(descriptor, left, at)
        at += count
        left = left[count:]
    return at


def opened(last: bytes, above: int) -> int:
    """A file; -1 where it is gone, or a link stands in its place."""
    try:
        return os.open(last, NOFOLLOW, dir_fd=above)
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ELOOP):
            return -1
        raise


class LineError(Exception):
    """The line cannot be had, or was lost."""

    def __init__(self, number: int, what: str, place: str) -> None:
        super().__init__(number, what, place)
        self.number, self.what, self.place = number, what, place


class Tree:
    """A tree, entered by directories of which each is opened in the one above it."""

    def __init__(self, root: bytes) -> None:
        self.root = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        self.opened: list[tuple[bytes, int]] = []

    def within(self, path: bytes) -> tuple[int, bytes]:
        """The directory of a path, and the path's last name; directories on the way stay open for the next."""
        *folders, last = path.split(b"/")
        kept = 0
        for (here, _), wanted in zip(self.opened, folders):
            if here != wanted:
                break
            kept += 1
        for _, descriptor in self.opened[kept:]:
            os.close(descriptor)
        del self.opened[kept:]
        for folder in folders[kept:]:
            above = self.opened[-1][1] if self.opened else self.root
            self.opened.append((folder, os.open(folder, DIRECTORY, dir_fd=above)))
        return (self.opened[-1][1] if self.opened else self.root), last

    def forget(self) -> None:
        """Close what stays open."""
        for _, descriptor in self.opened:
            os.close(descriptor)
        self.opened = []


def attributes(read: Callable[[], list[str]], value: Callable[[str], bytes]) -> dict[str, str]:
    """The extended attributes that are carried, as base64."""
    try:
        names = read()
    except OSError as error:
        if error.errno == errno.ENOTSUP:
            return {}
        raise
    return {one: base64.b64encode(value(one)).decode() for one in sorted(names) if one.startswith(XATTRS)}


def account(number: int, known: dict[int, str], lookup: Callable[[int], Any]) -> str:
    """The name of an account or group; empty where it has none."""
    if number not in known:
        try:
            known[number] = lookup(number)[0]
        except KeyError:
            known[number] = ""
    return known[number]
