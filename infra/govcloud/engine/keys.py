"""The operator's SSH key of a plane: made on first use, never shared with another plane."""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from govcloud.engine.workdir import PlaneWork
from govcloud.local import private_directory, write_private


def operator_key(work: PlaneWork) -> Path:
    """The private key's file; its public half lies beside it as `.pub`."""
    path = private_directory(work.root / "ssh") / "operator"
    if not path.exists():
        key = Ed25519PrivateKey.generate()
        public = key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
        write_private(path.with_suffix(".pub"), f"{public} govcloud-{work.plane}\n")
        write_private(path, key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()).decode())
    return path
