"""Sends what is in files, or the digest of it."""

from __future__ import annotations

import errno
import hashlib
import itertools
import json
import os
import struct
from typing import Any, Iterator, Tuple

from govcloud.migrations.files.agent.digesting import HOLE, digest_by, letter_of
from govcloud.migrations.files.agent.wire import (
    CHUNK,
    LENGTH,
    NOFOLLOW,
    SMALL,
    Frames,
    Tree,
    frames,
    name,
    out,
    text,
)

AHEAD = 3
"""So many chunks are read before they are sent."""
REPORTED, REPORTED_FILES = 8 * CHUNK, 1_000
"""So many bytes, or files, go before the tool hears of them."""


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
    """Send the files that are asked for: of each chunk its content, unless the asker has it already.

    Where there is a line, content goes over it, and the tool is told how much and how each file ended.
    """
    sender = Sender(Tree(name(wanted["root"])), out)
    for kind, payload in frames():
        if kind == b"L":
            # TLS takes long to come up: only where it is needed.
            from govcloud.migrations.files.agent.line import Line

            sender = Reporting(sender.tree, Line(json.loads(payload)).outwards())
        else:
            sender.answer(payload)
    sender.end()
    out.say(b".")


Looked = Tuple[int, Any, str]
"""A chunk: its offset, content and digest."""


def look(descriptor: int, place: tuple[int, bool], room: memoryview, letter: str) -> Looked:
    """Read a chunk into memory that is as long as it is."""
    at, empty = place
    if empty:
        return at, b"", HOLE
    content = room[: os.preadv(descriptor, [room], at)]
    return at, content, digest_by(letter, content)


class Sender:
    """Sends files as they are asked for."""

    def __init__(self, tree: Tree, away: Frames) -> None:
        self.tree = tree
        self.away = away
        self.other: Any = None
        self.rooms = [memoryview(bytearray(CHUNK)) for _ in range(AHEAD + 2)]

    def answer(self, payload: bytes) -> None:
        """Send a file, or say why it cannot be read."""
        asked = json.loads(payload)
        path, known = asked["entry"]["path"], asked["digests"]
        begun = False
        try:
            above, last = self.tree.within(name(path))
            descriptor = os.open(last, NOFOLLOW, dir_fd=above)
            try:
                if known is None and self.at_once(descriptor, path, payload):
                    return
                begun = True
                self.away.say(b"F", payload)
                kind, told = self.send(descriptor, known)
            finally:
                os.close(descriptor)
        except OSError as error:
            if not begun:
                self.away.say(b"F", payload)
            kind, told = b"X", {"error": error.strerror}
        self.ended(kind, {"path": path, **told})

    def at_once(self, descriptor: int, path: str, payload: bytes) -> bool:
        """Send a small file in one frame: what was asked, what it was, and its content. False where it is none."""
        before = os.fstat(descriptor)
        size = before.st_size
        if size > SMALL:
            return False
        found = list(self.looked(descriptor, size, letter_of(None)))
        content = found[0][1] if found else b""
        if len(content) < size or stamp(os.fstat(descriptor)) != stamp(before):
            return False
        digests = [digest for _, _, digest in found]
        told = {"path": path, "digests": digests, "size": size, "mtime": before.st_mtime_ns}
        # What was asked is an object: one more member of it.
        head = b'%s, "told": %s}' % (payload[:-1], json.dumps(told).encode())
        self.whole(LENGTH.pack(len(head)) + head + content, size)
        return True

    def whole(self, frame: bytes, size: int) -> None:
        """Send a file that lies in one frame."""
        self.away.say(b"W", frame)

    def send(self, descriptor: int, known: list[str] | None) -> tuple[bytes, dict[str, Any]]:
        """Send one file's chunks; what it was: its digests, and whether it changed while it was read.

        Of a file that is as the asker has it (`known`, in digests of its chunks) nothing but that is told.
        """
        before = os.fstat(descriptor)
        digests: list[str] = []
        same = 0
        for at, content, digest in self.looked(descriptor, before.st_size, letter_of(known)):
            length, number = min(CHUNK, before.st_size - at), len(digests)
            if digest != HOLE and len(content) < length:
                break
            stays = known is not None and number < len(known) and known[number] == digest
            if same == number and not stays:
                self.retell(digests, before.st_size)
            digests.append(digest)
            if same == number and stays:
                same += 1
            else:
                self.chunk(at, length, digest, None if stays else content)
        after = os.fstat(descriptor)
        # Of a hole at the end the digest does not say how long it is.
        unchanged = digests == known and digests[-1:] != [HOLE]
        if same == len(digests) and not unchanged:
            self.retell(digests, before.st_size)
        told = {"digests": digests, "size": before.st_size, "mtime": before.st_mtime_ns}
        return b"U" if unchanged else b"E", {**told, "still": stamp(before) == stamp(after)}

    def looked(self, descriptor: int, size: int, letter: str) -> Iterator[Looked]:
        """A file's chunks; the next ones are read while one is sent, into the same memory each time."""
        rooms = itertools.cycle(self.rooms)
        if size <= CHUNK:
            for place in pieces(descriptor, size):
                yield look(descriptor, place, self.rooms[0][:size], letter)
            return
        ahead: list[Any] = []
        try:
            for place in pieces(descriptor, size):
                room = next(rooms)[: min(CHUNK, size - place[0])]
                ahead.append(self.helper().submit(look, descriptor, place, room, letter))
                if len(ahead) > AHEAD:
                    yield ahead.pop(0).result()
            while ahead:
                yield ahead.pop(0).result()
        finally:
            # Nothing may be read by a descriptor that is another file's by now.
            for one in ahead:
                if not one.cancel():
                    one.exception()

    def helper(self) -> Any:
        """Another thread."""
        if self.other is None:
            # It takes a while to come up: only where there is a large file.
            from concurrent.futures import ThreadPoolExecutor

            self.other = ThreadPoolExecutor(1)
        return self.other

    def retell(self, digests: list[str], size: int) -> None:
        """Tell the first chunks of a file, which the asker has."""
        for number, digest in enumerate(digests):
            self.chunk(number * CHUNK, min(CHUNK, size - number * CHUNK), digest, None)

    def chunk(self, at: int, length: int, digest: str, content: Any) -> None:
        """Tell a chunk: a hole, one that the asker has (`content` is None), or what is in it."""
        if digest == HOLE:
            self.away.say(b"Z", struct.pack(">Q", length))
        elif content is None:
            self.away.say(b"S", struct.pack(">QI", at, length) + digest.encode())
        else:
            self.away.say(b"D", content)

    def ended(self, kind: bytes, told: dict[str, Any]) -> None:
        """Tell how a file ended."""
        self.away.tell(kind, told)

    def end(self) -> None:
        """Nothing more is asked for."""


class Reporting(Sender):
    """Sends files over a line, and reports of them to the tool."""

    def __init__(self, tree: Tree, away: Any) -> None:
        super().__init__(tree, away)
        self.line = away
        self.unsaid = self.files = 0

    def chunk(self, at: int, length: int, digest: str, content: Any) -> None:
        """Tell a chunk, and now and then how much has gone."""
        super().chunk(at, length, digest, content)
        self.unsaid += len(content or b"")
        if self.unsaid >= REPORTED:
            self.report()

    def whole(self, frame: bytes, size: int) -> None:
        """Send a file that lies in one frame."""
        super().whole(frame, size)
        self.unsaid += size
        self.came()

    def ended(self, kind: bytes, told: dict[str, Any]) -> None:
        """Tell how a file ended; the tool hears of those that came whole by their number."""
        super().ended(kind, told)
        if kind == b"X" or not told["still"]:
            out.tell(kind, {key: value for key, value in told.items() if key != "digests"})
        else:
            self.came()

    def came(self) -> None:
        """One more file went whole."""
        self.files += 1
        if self.files >= REPORTED_FILES or self.unsaid >= REPORTED:
            self.report()

    def report(self) -> None:
        """Say how many bytes went since it was said last, and how many files came whole."""
        out.tell(b"P", {"bytes": self.unsaid, "files": self.files})
        out.flush()
        self.unsaid = self.files = 0

    def end(self) -> None:
        """Nothing more is asked for: have all of it taken."""
        self.line.end()
        self.report()


def stamp(status: os.stat_result) -> tuple[int, int, int]:
    """What changes whenever a file's content does."""
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns


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
            out.tell(b"X", {"path": text(path), "error": error.strerror})
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
        out.tell(b"E", {"path": text(path), "sha256": hashed.hexdigest(), "size": size})
    out.say(b".")
