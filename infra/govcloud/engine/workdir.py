"""Where a site's work lies on this machine: a private directory for each plane, sharing nothing."""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from govcloud.errors import ToolkitError
from govcloud.local import listed, private_directory, write_private


@dataclass(frozen=True)
class PlaneWork:
    """One plane's files: credentials, state, plans, journal, keys."""

    root: Path
    plane: str

    @property
    def clouds_file(self) -> Path:
        """Credentials, in OpenStack's own format; the cloud is named like the plane."""
        return self.root / "clouds.yaml"

    @property
    def state(self) -> Path:
        """The Pulumi backend's directory."""
        return private_directory(self.root / "state")

    @property
    def projects(self) -> Path:
        """Pulumi's project and stack settings."""
        return private_directory(self.root / "pulumi")

    @property
    def plans(self) -> Path:
        """Plan folders, one a plan, named by their time."""
        return private_directory(self.root / "plans")

    @property
    def image_files(self) -> dict[str, Path]:
        """The image files that lie ready for the plane, by the source that an image declares."""
        return {path.stem: path for path in listed(self.root / "images")}

    @property
    def intents(self) -> Path:
        """The record of creates that were sent."""
        return self.root / "journal" / "intents.jsonl"

    @property
    def passphrase_file(self) -> Path:
        """The key of the state's secrets, made on first use."""
        path = private_directory(self.root) / "passphrase"
        if not path.exists():
            write_private(path, secrets.token_urlsafe(32))
        return path

    @contextlib.contextmanager
    def lease(self, purpose: str) -> Iterator[None]:
        """Hold the plane for a run that writes; the kernel lets go of it when the process ends, however."""
        path = private_directory(self.root) / "lease"
        with path.open("a+", encoding="utf-8") as stream:
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                stream.seek(0)
                raise ToolkitError(
                    f"another run works on {self.plane}: {stream.read().strip() or 'unknown'}",
                    str(path),
                    "wait for it, or end it",
                ) from error
            stream.truncate(0)
            stream.write(f"{purpose}, process {os.getpid()}\n")
            stream.flush()
            yield

    def holder(self) -> str | None:
        """Who holds the plane now, in the words of that run, or None; looking takes nothing from anybody."""
        path = self.root / "lease"
        if not path.exists():
            return None
        with path.open(encoding="utf-8") as stream:
            try:
                fcntl.flock(stream, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return stream.read().strip() or "a run that has not said which"
        return None


@dataclass(frozen=True)
class WorkDirectory:
    """All of one site's work; a plane's part stands by itself and needs no other."""

    root: Path

    def plane(self, name: str) -> PlaneWork:
        """The part of one plane."""
        return PlaneWork(private_directory(self.root) / name, name)
