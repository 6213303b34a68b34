"""A store in a directory: this machine's own, or one that several machines mount."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from govcloud.engine.stores.store import Record, StoreError
from govcloud.local import private_directory, write_private_bytes

GUARD = ".govcloud-guard"


class Files:
    """A directory whose exchanges are guarded by a lock that the kernel lets go of with its process."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.url = root.absolute().as_uri()

    @property
    def environment(self) -> Mapping[str, str]:
        """Pulumi's backend in the same directory."""
        with self._told("make"):
            private_directory(self.root)
        return {"PULUMI_BACKEND_URL": self.root.resolve().as_uri()}

    def names(self, prefix: str) -> list[str]:
        """The names below a prefix; a directory that is not there holds nothing."""
        start = self.root / prefix.rpartition("/")[0]
        with self._told("list"):
            found = [path.relative_to(self.root).as_posix() for path in _below(start)]
        return sorted(name for name in found if name.startswith(prefix))

    def read(self, name: str) -> bytes | None:
        """The content of a file."""
        with self._told("read"):
            try:
                return (self.root / name).read_bytes()
            except FileNotFoundError:
                return None

    def record(self, name: str) -> Record | None:
        """The content of a file, with a version made of it and the moment when it was written."""
        with self._told("read"):
            try:
                content, written = (self.root / name).read_bytes(), (self.root / name).stat()
            except FileNotFoundError:
                return None
        return Record(content, _version(content, written), max(0.0, time.time() - written.st_mtime))

    def write(self, name: str, content: bytes) -> None:
        """Write a file whole."""
        path = self.root / name
        with self._told("write"):
            private_directory(self.root)
            private_directory(path.parent)
            write_private_bytes(path, content)

    def create(self, name: str, content: bytes) -> bool:
        """Write a file that is not there yet."""
        path = self.root / name
        with self._guard(), self._told("write"):
            if path.exists():
                return False
            private_directory(path.parent)
            write_private_bytes(path, content)
            return True

    def exchange(self, name: str, content: bytes, version: str) -> str | None:
        """Write a file in the place of that very version."""
        path = self.root / name
        with self._guard(), self._told("write"):
            present = self.record(name)
            if present is None or present.version != version:
                return None
            write_private_bytes(path, content)
            return _version(content, path.stat())

    def delete(self, name: str) -> None:
        """Remove a file."""
        with self._told("delete"):
            (self.root / name).unlink(missing_ok=True)

    @contextlib.contextmanager
    def _guard(self) -> Iterator[None]:
        with contextlib.ExitStack() as held:
            with self._told("lock"):
                private_directory(self.root)
                descriptor = os.open(self.root / GUARD, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
                held.callback(os.close, descriptor)
                fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield

    @contextlib.contextmanager
    def _told(self, what: str) -> Iterator[None]:
        """Turn an error of the file system into one that says what to do."""
        try:
            yield
        except OSError as error:
            raise StoreError(
                f"cannot {what}: {error.strerror or error}",
                str(error.filename or self.root),
                "make room or correct the permissions, then run it again",
            ) from error


def _below(directory: Path) -> Iterator[Path]:
    """Every file below a directory; one that goes away meanwhile is not there."""
    with contextlib.suppress(FileNotFoundError), os.scandir(directory) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from _below(Path(entry.path))
            elif not entry.name.startswith("."):
                yield Path(entry.path)


def _version(content: bytes, written: os.stat_result) -> str:
    return f"{hashlib.sha256(content).hexdigest()}-{written.st_mtime_ns}-{written.st_ino}"
