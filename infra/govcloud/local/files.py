"""Files that only their owner may read, written whole or not at all."""

from __future__ import annotations

import os
import threading
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
