"""Opens the journal where one setting says: a file beside the work, or a PostgreSQL that workers share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sql

from govcloud.errors import ToolkitError
from govcloud.local import private_directory, write_private
from govcloud.migrations.journal.claims import Claims, DatabaseClaims, FileClaims
from govcloud.migrations.journal.journal import Journal

BUSY = 30.0
"""Seconds for which a second thread waits for SQLite's one writer."""
KEEPALIVE = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3}
"""After 25 s without a sign of life a worker's connection ends, and with it what it had claimed."""
POSTGRES = ("postgres://", "postgresql://")


@contextmanager
def open_journal(place: str | None, directory: Path, move: str) -> Iterator[tuple[Journal, Claims]]:
    """The journal of a move and the claims on its steps.

    `place` is a `postgres://` URL, its password in PGPASSFILE, or None for SQLite in `directory`.
    """
    engine = _sqlite(directory) if place is None else _postgres(place)
    try:
        claims: Claims = FileClaims(directory / "claims") if place is None else DatabaseClaims(engine)
        yield Journal(engine, move), claims
    finally:
        engine.dispose()


def _sqlite(directory: Path) -> sql.Engine:
    path = private_directory(directory) / "journal.sqlite"
    if not path.exists():
        write_private(path, "")
    engine = sql.create_engine(f"sqlite:///{path}", connect_args={"timeout": BUSY})

    @sql.event.listens_for(engine, "connect")
    def durable(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # transactions begin below, as writers from the first statement on
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")

    @sql.event.listens_for(engine, "begin")
    def begin(connection: sql.Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _postgres(place: str) -> sql.Engine:
    scheme = next((one for one in POSTGRES if place.startswith(one)), None)
    if scheme is None:
        raise ToolkitError(
            "a journal lies in a file or on PostgreSQL", place, "write postgres://user@host:port/database"
        )
    url = sql.make_url("postgresql+psycopg://" + place.removeprefix(scheme))
    return sql.create_engine(url, connect_args=KEEPALIVE, pool_pre_ping=True, pool_size=8, max_overflow=24)
