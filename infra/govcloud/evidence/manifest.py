"""A sealed folder: every file in it stands in a manifest with size and SHA-256, and nothing else is there.

The manifest's text follows from the files alone, byte for byte, so that no other manifest describes the same
folder; signatures are made over that text and lie beside it, in `signatures/`.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from govcloud.errors import ToolkitError, Where
from govcloud.local import listed, write_private

MANIFEST = "manifest.json"
SIGNATURES = "signatures"
FORMAT = 1
FILE_LIMIT = 64 * 1024 * 1024
SIGNATURE_LIMIT = 16 * 1024
FILES_AT_MOST = 64
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
REMEDY = "take the folder as it was written, or plan again"


@dataclass(frozen=True)
class Sealed:
    """A folder whose files are what its manifest says; `files` and `signatures` hold what was read then."""

    folder: Path
    files: Mapping[str, bytes]
    signatures: Mapping[str, bytes]

    @property
    def text(self) -> bytes:
        """The manifest, which is what signatures are made over."""
        return manifest_text(self.files)

    @property
    def digest(self) -> str:
        """SHA-256 of the manifest: the folder's name among all others."""
        return hashlib.sha256(self.text).hexdigest()


def manifest_text(files: Mapping[str, bytes]) -> bytes:
    """The one manifest of these files."""
    entries = {
        name: {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}
        for name, content in sorted(files.items())
    }
    return (json.dumps({"files": entries, "format": FORMAT}, indent=1, sort_keys=True) + "\n").encode()


def seal(folder: Path) -> Sealed:
    """Write the manifest of a folder's files; they are not to change any more."""
    files = {path.name: _content(path, FILE_LIMIT) for path in listed(folder) if path.name != SIGNATURES}
    files.pop(MANIFEST, None)
    write_private(folder / MANIFEST, manifest_text(files).decode())
    return Sealed(folder, files, {})


def opened(folder: Path) -> Sealed:
    """Read a sealed folder whole, or refuse it: missing, extra, changed, linked or huge files.

    What is returned is what was checked; nothing is read a second time.
    """
    if not folder.is_dir() or not (folder / MANIFEST).exists():
        raise ToolkitError(
            f"it is no sealed folder: it has no {MANIFEST}", str(folder), "name a folder that `plan` wrote"
        )
    entries = listed(folder)
    if len(entries) > FILES_AT_MOST:
        raise ToolkitError(f"it holds {len(entries)} files", str(folder), REMEDY)
    files = {path.name: _content(path, FILE_LIMIT) for path in entries if path.name != SIGNATURES}
    told = files.pop(MANIFEST)
    sealed = Sealed(folder, files, _signatures(folder / SIGNATURES))
    if told != sealed.text:
        raise ToolkitError(_difference(told, files), Where(folder / MANIFEST), REMEDY)
    return sealed


def _signatures(directory: Path) -> dict[str, bytes]:
    if not os.path.lexists(directory):
        return {}
    if directory.is_symlink() or not directory.is_dir():
        raise ToolkitError("it is no directory", str(directory), REMEDY)
    entries = listed(directory)
    if len(entries) > FILES_AT_MOST:
        raise ToolkitError(f"it holds {len(entries)} files", str(directory), REMEDY)
    return {path.name: _content(path, SIGNATURE_LIMIT) for path in entries}


def _content(path: Path, limit: int) -> bytes:
    """A regular file's bytes; a link, a device or a file over the limit is refused unread."""
    if not NAME.fullmatch(path.name):
        raise ToolkitError(f"there is a file of the name {path.name!r}", str(path.parent), REMEDY)
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        raise ToolkitError(f"{path.name} cannot be read: {error.strerror}", str(path), REMEDY) from error
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise ToolkitError(f"{path.name} is not a regular file", str(path), REMEDY)
        with os.fdopen(descriptor, "rb", closefd=False) as stream:
            content = stream.read(limit + 1)
    finally:
        os.close(descriptor)
    if len(content) > limit:
        raise ToolkitError(f"{path.name} is larger than {limit:,} bytes", str(path), REMEDY)
    return content


def _difference(told: bytes, files: Mapping[str, bytes]) -> str:
    """In what a folder is not what its manifest says, for people; the verdict stands already."""
    try:
        entries = json.loads(told)["files"]
        named = {name: (entry["sha256"], entry["size"]) for name, entry in entries.items()}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return "the manifest itself has been changed"
    present = {name: (hashlib.sha256(content).hexdigest(), len(content)) for name, content in files.items()}
    found = [f"{name} is missing" for name in sorted(named.keys() - present.keys())]
    found += [f"{name} is not in the manifest" for name in sorted(present.keys() - named.keys())]
    found += [
        f"{name} has been changed"
        for name in sorted(present.keys() & named.keys())
        if named[name] != present[name]
    ]
    return "; ".join(found) or "the manifest itself has been changed"
