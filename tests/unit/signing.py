"""Keys that ssh-keygen has made, for tests of what is signed and by whom."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Key:
    """A private key's file, with its public half beside it."""

    file: Path

    @staticmethod
    def made(directory: Path, name: str, *kind: str) -> Key:
        """A new key without a passphrase; `kind` is ssh-keygen's, ed25519 unless said otherwise."""
        file = directory / name
        keygen("-q", "-t", *(kind or ("ed25519",)), "-N", "", "-C", "", "-f", str(file))
        return Key(file)

    @property
    def public(self) -> str:
        """Its type and its blob, as they stand in a line of allowed signers."""
        return " ".join(self.file.with_suffix(".pub").read_text().split()[:2])

    @property
    def fingerprint(self) -> str:
        """As OpenSSH itself prints it."""
        return keygen("-l", "-f", str(self.file)).split()[1]

    def line(self, principals: str, *options: str) -> str:
        """A line of allowed signers."""
        return " ".join(part for part in (principals, ",".join(options), self.public) if part)


def keygen(*arguments: str) -> str:
    """What ssh-keygen prints; an error where it fails."""
    done = subprocess.run(["ssh-keygen", *arguments], check=True, capture_output=True, text=True)
    return done.stdout


def flips(content: bytes, bit: int = 1, step: int = 1) -> Iterable[bytes]:
    """The same content with one bit of one byte turned, for every byte (or every `step`th)."""
    for place in range(0, len(content), step):
        yield content[:place] + bytes([content[place] ^ bit]) + content[place + 1 :]
