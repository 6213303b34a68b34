"""Small bundles, good and bad, built by code: each piece of an archive can be taken by itself and changed."""

from __future__ import annotations

import hashlib
import io
import platform
import subprocess
import sys
import tarfile
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from govcloud.bundle.archive import BLOCK, END, header
from govcloud.bundle.contents import MANIFEST, NAMESPACE, PULUMI, REQUIREMENTS, SBOM, Image, Manifest, Member
from govcloud.bundle.verifying import signature_name
from govcloud.evidence import Trust, sign

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
TAG = f"cp{sys.version_info.major}{sys.version_info.minor}"
LONG = "wheels/" + "long_" * 25 + "-1.0-py3-none-any.whl"
IMAGE = "images/0123456789ab-guest.qcow2"
CONTENTS = {
    SBOM: b"{}",
    "debian/Packages": b"Package: one\n",
    "docs/a.md": b"small",
    "docs/A.MD": b"names may differ by case alone",
    IMAGE: b"an image" * 100,
    "inventories/minimal/site.yaml": b"id: minimal\n",
    PULUMI: b"#!/bin/sh\nexit 0\n",
    LONG: b"a wheel with a long name",
    REQUIREMENTS: b"",
    "wheels/zeros.whl": bytes(2 * BLOCK),
}


def block(name: str, size: int = 0, **fields: Any) -> bytes:
    """A tar header with anything in it."""
    info = tarfile.TarInfo(name)
    info.size = size
    for key, value in fields.items():
        setattr(info, key, value)
    return info.tobuf(tarfile.GNU_FORMAT, "utf-8", "surrogateescape")


def padded(content: bytes) -> bytes:
    """Content filled up to whole blocks."""
    return content + bytes(-len(content) % BLOCK)


@dataclass(frozen=True)
class Keys:
    """A signer whom the allowed signers name, and somebody else."""

    folder: Path
    known: Path
    foreign: Path

    @classmethod
    def made(cls, folder: Path) -> Keys:
        """New keys in a folder."""
        for name in ("known", "foreign"):
            words = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(folder / name)]
            subprocess.run(words, check=True)
        public = (folder / "known.pub").read_text().split()
        (folder / "allowed_signers").write_text(f"officer {public[0]} {public[1]}\n")
        return cls(folder, folder / "known", folder / "foreign")

    @property
    def trust(self) -> Trust:
        """Trust in the known key alone."""
        return Trust(self.folder / "allowed_signers", self.folder / "revoked_keys")


@dataclass(frozen=True)
class Pieces:
    """An archive in pieces: the manifest's text, signatures, and header and content of each member."""

    text: bytes
    signatures: tuple[bytes, ...]
    members: tuple[tuple[bytes, bytes], ...]
    end: bytes = END
    names: tuple[str, ...] = field(default=(), compare=False)

    @property
    def archive(self) -> bytes:
        """The archive."""
        stream = io.BytesIO()
        first = [(header(MANIFEST, len(self.text)), self.text)]
        signed = [(header(signature_name(i), len(s)), s) for i, s in enumerate(self.signatures, 1)]
        for head, content in [*first, *signed, *self.members]:
            stream.write(head + padded(content))
        return stream.getvalue() + self.end

    def at(self, name: str) -> int:
        """Where that member stands among the members."""
        return self.names.index(name)

    def replaced(self, name: str, *members: tuple[bytes, bytes]) -> Pieces:
        """With other members, or none, in the place of one."""
        i = self.at(name)
        return replace(self, members=(*self.members[:i], *members, *self.members[i + 1 :]))


def manifest_of(contents: dict[str, bytes], **other: Any) -> Manifest:
    """A manifest that fits this machine."""
    said: dict[str, Any] = {
        "site": "minimal",
        "planes": ("extranet",),
        "machine": platform.machine(),
        "python": TAG,
        "created": NOW.isoformat(),
        "version": "0.1.0",
        "pulumi": "3.259.0",
        "images": (Image("extranet", "guest", IMAGE),),
        "members": tuple(
            Member(name, len(content), hashlib.sha256(content).hexdigest())
            for name, content in contents.items()
        ),
    }
    return Manifest(**{**said, **other})


def pieces(
    keys: Keys, contents: dict[str, bytes] = CONTENTS, text: bytes | None = None, **other: Any
) -> Pieces:
    """A bundle, signed by the known key; `text` puts another manifest into it."""
    text = text if text is not None else manifest_of(contents, **other).text
    return Pieces(
        text,
        (sign(text, keys.known, NAMESPACE).encode(),),
        tuple((header(name, len(content)), content) for name, content in contents.items()),
        names=tuple(contents),
    )
