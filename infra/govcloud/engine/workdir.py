"""Where a site's work lies on this machine: a private directory for each plane, sharing nothing."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path

from govcloud.local import listed, private_directory, write_private


@dataclass(frozen=True)
class PlaneWork:
    """One plane's files: credentials, whom it trusts, plans, keys, and its state if it lies here."""

    root: Path
    plane: str

    @property
    def clouds_file(self) -> Path:
        """Credentials, in OpenStack's own format; the cloud is named like the plane."""
        return self.root / "clouds.yaml"

    @property
    def state(self) -> Path:
        """Where the plane's store lies, unless the plane names another."""
        return self.root / "state"

    @property
    def projects(self) -> Path:
        """Pulumi's project and stack settings."""
        return private_directory(self.root / "pulumi")

    @property
    def plans(self) -> Path:
        """Plan folders, one a plan, named by their time."""
        return private_directory(self.root / "plans")

    @property
    def allowed_signers(self) -> Path:
        """Who may sign what, in OpenSSH's format."""
        return self.root / "allowed_signers"

    @property
    def revoked_keys(self) -> Path:
        """Keys whose signatures count no more: a list of public keys, or a KRL."""
        return self.root / "revoked_keys"

    @property
    def image_files(self) -> dict[str, Path]:
        """The image files that lie ready for the plane, by the source that an image declares."""
        return {path.stem: path for path in listed(self.root / "images")}

    @property
    def passphrase_file(self) -> Path:
        """The key of the state's secrets, made on first use."""
        path = private_directory(self.root) / "passphrase"
        if not path.exists():
            write_private(path, secrets.token_urlsafe(32))
        return path


@dataclass(frozen=True)
class WorkDirectory:
    """All of one site's work; a plane's part stands by itself and needs no other."""

    root: Path

    def plane(self, name: str) -> PlaneWork:
        """The part of one plane."""
        return PlaneWork(private_directory(self.root) / name, name)
