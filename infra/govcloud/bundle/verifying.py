"""Reading a bundle that somebody brought: who signed it, and whether all of it is what was signed."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from govcloud.bundle.archive import Reader, Sink
from govcloud.bundle.contents import MANIFEST, NAMESPACE, Manifest, Member, read_manifest
from govcloud.errors import ToolkitError
from govcloud.evidence import Signer, Trust
from govcloud.evidence.signatures import SignatureError
from govcloud.progress import Progress

MANIFEST_LIMIT = 8 * 1024 * 1024
SIGNATURE_LIMIT = 16 * 1024
SIGNATURES_AT_MOST = 8
STEP = "verify the bundle"
MEGABYTE = 1024 * 1024


@dataclass(frozen=True)
class Verified:
    """A bundle's manifest, and everybody who signed it."""

    manifest: Manifest
    signers: tuple[Signer, ...]


class Opened:
    """A bundle whose signatures hold; its members are read once, in order."""

    def __init__(self, reader: Reader, verified: Verified) -> None:
        self._reader = reader
        self.verified = verified
        self.manifest = verified.manifest

    def members(self, sink_for: Callable[[Member], Sink], progress: Progress, step: str) -> None:
        """Hand each member to the sink made for it; ToolkitError when the archive is not the manifest's.

        A sink may have been given bytes of a member that turns out to be changed: keep nothing on an error.
        """
        progress.step(step)
        names = [member.name for member in self.manifest.members]
        total, so_far = self.manifest.size // MEGABYTE, 0
        for number, member in enumerate(self.manifest.members, 1):
            self._reader.member(member, sink_for(member), names[number:])
            so_far += member.size
            progress.count(step, so_far // MEGABYTE, total)
        self._reader.end()
        progress.done(step)


def signature_name(number: int) -> str:
    """The member that holds the signature of that number, from 1."""
    return f"signatures/{number}.sig"


@contextlib.contextmanager
def opened(archive: Path, trust: Trust, at: datetime) -> Iterator[Opened]:
    """Open a bundle; SignatureError unless every signature in it holds at `at`, and there is one.

    The manifest is not even parsed before its signatures have been found to hold.
    """
    with _stream(archive) as stream:
        reader = Reader(stream, str(archive))
        text = reader.text(MANIFEST, MANIFEST_LIMIT)
        signatures = _signatures(reader, archive)
        signers = tuple(trust.signer(text, signature, NAMESPACE, at) for signature in signatures)
        yield Opened(reader, Verified(read_manifest(text, str(archive)), signers))


def verify(archive: Path, trust: Trust, at: datetime, progress: Progress) -> Verified:
    """Check all of a bundle and change nothing; ToolkitError with the first thing that is wrong."""
    with opened(archive, trust, at) as bundle:
        bundle.members(discarded, progress, STEP)
        return bundle.verified


def discarded(_: Member) -> Sink:
    """A sink for what is only to be verified."""
    return len


def _signatures(reader: Reader, archive: Path) -> list[bytes]:
    found: list[bytes] = []
    while len(found) < SIGNATURES_AT_MOST and reader.follows(name := signature_name(len(found) + 1)):
        found.append(reader.text(name, SIGNATURE_LIMIT))
    if not found:
        raise SignatureError(
            "nobody has signed it", str(archive), "have it made with `govcloud bundle create --key FILE`"
        )
    return found


def _stream(archive: Path) -> BinaryIO:
    if not archive.is_file():
        raise ToolkitError("there is no such file", str(archive), "name the archive of a bundle")
    try:
        return archive.open("rb")
    except OSError as error:
        raise ToolkitError(f"it cannot be read: {error.strerror}", str(archive), "see its rights") from error
