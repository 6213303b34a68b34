"""Files that only their owner may read, written whole or not at all."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def private_directory(path: Path) -> Path:
    """The directory, made if need be, readable by its owner alone."""
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    return path


def listed(directory: Path) -> list[Path]:
    """What the directory holds, by name; nothing when it is not there.

    Raises OSError when it may not be read, which `Path.glob` would show as nothing.
    """
    return sorted(directory.iterdir()) if directory.is_dir() else []


@contextmanager
def unnamed(text: str) -> Iterator[int]:
    """A text that has no name anywhere, by its descriptor: nothing is left of it, however this process ends.

    A program that is given the descriptor (`pass_fds`) reads it as the file `descriptor_path` says.
    """
    descriptor = os.memfd_create("govcloud")
    try:
        # There are programs that take secrets from nothing that others might read.
        os.fchmod(descriptor, 0o600)
        with os.fdopen(os.dup(descriptor), "wb") as stream:
            stream.write(text.encode())
        yield descriptor
    finally:
        os.close(descriptor)


def descriptor_path(descriptor: int) -> str:
    """The path by which the process that holds a descriptor may open the file anew."""
    return f"/proc/self/fd/{descriptor}"


def write_private(path: Path, text: str) -> None:
    """Write a text that only its owner may read, whole or not at all."""
    write_private_bytes(path, text.encode())


def write_private_bytes(path: Path, content: bytes) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    aside = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
    try:
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        aside.replace(path)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise
