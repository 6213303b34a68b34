"""Who works on what: claims that end with the process or the connection that holds them, however it ends."""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

import sqlalchemy as sql

from govcloud.local import private_directory


class Claims(Protocol):
    """Claims on steps of moves."""

    def claim(self, what: str) -> AbstractContextManager[bool]:
        """A context that says whether the claim is ours while it lasts."""


class FileClaims:
    """By locks on files, for workers on one machine."""

    def __init__(self, directory: Path) -> None:
        self._directory = private_directory(directory)

    @contextmanager
    def claim(self, what: str) -> Iterator[bool]:
        """Hold the claim if nobody else does; it ends with this process at the latest."""
        path = self._directory / hashlib.sha256(what.encode()).hexdigest()[:32]
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
                return
            yield True
        finally:
            os.close(descriptor)


class DatabaseClaims:
    """By PostgreSQL's advisory locks, for workers on several machines; a lock ends with its connection."""

    def __init__(self, engine: sql.Engine) -> None:
        self._engine = engine

    @contextmanager
    def claim(self, what: str) -> Iterator[bool]:
        """Hold the claim if nobody else does; it ends with this connection at the latest."""
        key = int.from_bytes(hashlib.sha256(what.encode()).digest()[:8], signed=True)
        with self._engine.connect() as connection:
            ours = connection.execute(sql.select(sql.func.pg_try_advisory_lock(key))).scalar()
            connection.commit()
            try:
                yield bool(ours)
            finally:
                if ours:
                    connection.execute(sql.select(sql.func.pg_advisory_unlock(key)))
                    connection.commit()
