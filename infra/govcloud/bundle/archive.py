"""The archive: a plain tar in exactly one form, written and read as a stream.

Every byte of it follows from the manifest and the members' contents: headers, padding and end are compared,
not interpreted. So links, devices, extensions, names that lead elsewhere, duplicates and members larger than
said have no way in, and `tar tf` still lists it.
"""

from __future__ import annotations

import hashlib
import tarfile
from collections.abc import Callable, Iterable
from typing import BinaryIO

from govcloud.bundle.contents import REMEDY, Member, refused_name
from govcloud.errors import ToolkitError

BLOCK = 512
CHUNK = 1024 * 1024
END = bytes(2 * BLOCK)
_KINDS = {
    tarfile.SYMTYPE: "a symbolic link",
    tarfile.LNKTYPE: "a link",
    tarfile.CHRTYPE: "a device",
    tarfile.BLKTYPE: "a device",
    tarfile.FIFOTYPE: "a pipe",
    tarfile.DIRTYPE: "a folder",
}
Sink = Callable[[bytes], object]


def header(name: str, size: int) -> bytes:
    """The one header of a member: nobody's, of no time, readable; three blocks where the name is long."""
    info = tarfile.TarInfo(name)
    info.size = size
    return info.tobuf(tarfile.GNU_FORMAT, "ascii", "strict")


def _padding(size: int) -> int:
    return -size % BLOCK


class Writer:
    """Writes an archive from its first byte to its last."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def text(self, name: str, content: bytes) -> None:
        """Add a member whose content is at hand."""
        self._stream.write(header(name, len(content)) + content + bytes(_padding(len(content))))

    def member(self, member: Member, source: BinaryIO) -> None:
        """Add a member from a file; ToolkitError when that is no longer what was written down of it."""
        self._stream.write(header(member.name, member.size))
        seen, size = hashlib.sha256(), 0
        while chunk := source.read(CHUNK):
            seen.update(chunk)
            size += len(chunk)
            self._stream.write(chunk)
        if (size, seen.hexdigest()) != (member.size, member.sha256):
            raise ToolkitError(f"{member.name} changed while it was packed", "bundle", "run it again")
        self._stream.write(bytes(_padding(size)))

    def end(self) -> None:
        """Close the archive."""
        self._stream.write(END)


class Reader:
    """Reads an archive in order, expectation by expectation; ToolkitError at the first byte that differs."""

    def __init__(self, stream: BinaryIO, where: str) -> None:
        self._stream = stream
        self._where = where
        self._held: bytes | None = None
        self._seen: set[str] = set()

    def text(self, name: str, limit: int) -> bytes:
        """The content of the member that must be next, of `limit` bytes at most."""
        block = self._next(name)
        size = self._size(block)
        if size is None or not 0 <= size <= limit or block != header(name, size):
            raise self._fault(self._why(block, name, limit))
        content = self._exactly(size, name)
        self._demand_padding(size, name)
        self._seen.add(name)
        return content

    def follows(self, name: str) -> bool:
        """Whether the next header bears that name; nothing is consumed."""
        self._held = self._next(name)
        encoded = name.encode()
        return self._held.startswith(encoded) and self._held[len(encoded)] == 0

    def member(self, member: Member, sink: Sink, expected: Iterable[str] = ()) -> None:
        """Hand the content of the member that must be next to `sink`, in chunks, and demand its SHA-256.

        `expected` are the names still to come: they only tell a missing member from one that is too many.
        """
        wanted = header(member.name, member.size)
        block = self._next(member.name)
        if block == wanted[:BLOCK]:
            block += self._exactly(len(wanted) - BLOCK, member.name)
        if block != wanted:
            raise self._fault(self._why(block, member.name, member.size, expected))
        digest, left = hashlib.sha256(), member.size
        while left:
            chunk = self._exactly(min(CHUNK, left), member.name)
            digest.update(chunk)
            sink(chunk)
            left -= len(chunk)
        self._demand_padding(member.size, member.name)
        if digest.hexdigest() != member.sha256:
            raise self._fault(f"{member.name} has been changed: its SHA-256 is not the manifest's")
        self._seen.add(member.name)

    def end(self) -> None:
        """Demand that nothing follows."""
        block = self._next("its end")
        if block != bytes(BLOCK):
            raise self._fault(self._why(block, None, 0))
        if self._exactly(BLOCK, "its end") != bytes(BLOCK) or self._stream.read(1):
            raise self._fault("something follows its end")

    def _next(self, awaited: str) -> bytes:
        block, self._held = self._held, None
        return block if block is not None else self._exactly(BLOCK, awaited)

    def _exactly(self, size: int, what: str) -> bytes:
        content = self._stream.read(size)
        if len(content) < size:
            raise self._fault(f"it is cut off: {what} is not whole")
        return content

    def _demand_padding(self, size: int, name: str) -> None:
        if any(self._exactly(_padding(size), name)):
            raise self._fault(f"something stands behind {name} where nothing should")

    def _size(self, block: bytes) -> int | None:
        try:
            return tarfile.TarInfo.frombuf(block, "ascii", "strict").size
        except (tarfile.HeaderError, UnicodeDecodeError):
            return None

    def _why(self, block: bytes, awaited: str | None, size: int, expected: Iterable[str] = ()) -> str:
        """In words, what stands where `awaited` (None: the end) should; the verdict stands already."""
        if not any(block):
            return f"{awaited} is missing, and all that should follow it"
        try:
            info = tarfile.TarInfo.frombuf(block[:BLOCK], "ascii", "strict")
        except (tarfile.HeaderError, UnicodeDecodeError):
            return f"where {awaited or 'its end'} should begin stands no header"
        if info.type == tarfile.GNUTYPE_LONGNAME:
            info = self._named_at_length(block)
        if not info.isreg() or info.type != tarfile.REGTYPE:
            return f"{info.name!r} is {_KINDS.get(info.type, 'of a kind that no bundle has')}"
        if info.name in self._seen:
            return f"{info.name} stands in it twice"
        if info.name == awaited:
            return self._misfit(info, size)
        if why := refused_name(info.name):
            return f"it has a member {info.name!r}: {why}"
        if info.name in set(expected):
            return f"{awaited} is missing; {info.name} stands in its place"
        return f"{info.name} is not in the manifest"

    def _named_at_length(self, block: bytes) -> tarfile.TarInfo:
        """A member as far as it is known from the block behind the first, which holds its name."""
        named = block[BLOCK : 2 * BLOCK] or self._exactly(BLOCK, "a name")
        info = tarfile.TarInfo(named.split(b"\0")[0].decode("ascii", "replace"))
        info.size = -1
        return info

    def _misfit(self, info: tarfile.TarInfo, size: int) -> str:
        if info.size not in (size, -1):
            return f"{info.name} has {info.size:,} bytes instead of {size:,}"
        return f"the header of {info.name} is not as it was written"

    def _fault(self, what: str) -> ToolkitError:
        return ToolkitError(what, self._where, REMEDY)
