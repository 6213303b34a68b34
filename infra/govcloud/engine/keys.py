"""SSH keys: the operator's of a plane, made on first use, and new ones for people."""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from govcloud.engine.workdir import PlaneWork
from govcloud.local import private_directory, write_private


def operator_key(work: PlaneWork) -> Path:
    """The private key's file, never shared with another plane; its public half lies beside it as `.pub`."""
    path = private_directory(work.root / "ssh") / "operator"
    return path if path.exists() else new_key(path, f"govcloud-{work.plane}")


def new_key(path: Path, comment: str) -> Path:
    """Make a key without a passphrase, its public half beside it."""
    key = Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
    write_private(path.with_suffix(".pub"), f"{public} {comment}\n")
    write_private(path, key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()).decode())
    return path


def public_half(path: Path) -> str:
    """Type and key of a private key's public half, as allowed signers name it."""
    return " ".join(path.with_suffix(".pub").read_text(encoding="ascii").split()[:2])
