"""The move's own records on both servers: what was copied, what was applied, how things were before.

They lie in a database of their own, each row under the move's name. What was copied or applied is noted in
the very transaction that brings it, so that neither a killed tool nor a killed server can leave one without
the other.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from govcloud.migrations.mariadb.catalogue import OURS
from govcloud.migrations.mariadb.endpoint import Connection, one, quoted, rows, run, text

_MAKE = (
    f"CREATE DATABASE IF NOT EXISTS {OURS} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
    f"CREATE TABLE IF NOT EXISTS {OURS}.whole (move varchar(150), name varchar(100),"
    " PRIMARY KEY (move, name)) ENGINE=InnoDB",
    f"CREATE TABLE IF NOT EXISTS {OURS}.position (move varchar(150) PRIMARY KEY, file varchar(250) NOT NULL,"
    " at bigint NOT NULL) ENGINE=InnoDB",
    f"CREATE TABLE IF NOT EXISTS {OURS}.memory (move varchar(150), what varchar(150), was longtext NOT NULL,"
    " PRIMARY KEY (move, what)) ENGINE=InnoDB",
)


@dataclass(frozen=True, order=True)
class Position:
    """A place in a server's binary log."""

    file: str
    at: int

    def __str__(self) -> str:
        return f"{self.file}:{self.at}"


def make(connection: Connection) -> None:
    """Make the records, if they are not there."""
    for statement in _MAKE:
        run(connection, statement)


def made(connection: Connection) -> bool:
    """Whether this server holds records of moves."""
    return bool(rows(connection, "SHOW DATABASES LIKE %s", OURS.replace("_", "\\_")))


def forget_move(connection: Connection, move: str) -> None:
    """Take the move's records away, and the database with those of the last move."""
    if not made(connection):
        return
    for table in ("whole", "position", "memory"):
        run(connection, f"DELETE FROM {quoted(OURS, table)} WHERE move = %s", move)
    left = one(connection, f"SELECT count(*) FROM {OURS}.position")
    if not left and not one(connection, f"SELECT count(*) FROM {OURS}.memory"):
        run(connection, f"DROP DATABASE {OURS}")


def whole(connection: Connection, move: str) -> set[str]:
    """The tables that have come whole."""
    return {str(row[0]) for row in rows(connection, f"SELECT name FROM {OURS}.whole WHERE move = %s", move)}


def note_whole(move: str, table: str) -> str:
    """The statement that notes a table, for the transaction that brings it."""
    return f"REPLACE INTO {OURS}.whole VALUES ({text(move)}, {text(table)})"


def position(connection: Connection, move: str) -> Position | None:
    """Up to where changes have been applied; None before the first copy."""
    found = rows(connection, f"SELECT file, at FROM {OURS}.position WHERE move = %s", move)
    return Position(str(found[0][0]), int(found[0][1])) if found else None


def note_position(move: str, reached: Position) -> str:
    """The statement that notes a position, for the transaction that applies what leads to it."""
    return (
        f"REPLACE INTO {OURS}.position (move, file, at)"
        f" VALUES ({text(move)}, {text(reached.file)}, {reached.at})"
    )


def remember(connection: Connection, move: str, what: str, was: Any) -> Any:
    """Note how something was, unless that is noted already; how it was."""
    run(
        connection,
        f"INSERT IGNORE INTO {OURS}.memory VALUES (%s, %s, %s)",
        move,
        what,
        json.dumps(was, ensure_ascii=False),
    )
    return recall(connection, move, what)


def recall(connection: Connection, move: str, what: str) -> Any:
    """How something was; None where nothing is noted."""
    if not made(connection):
        return None
    found = one(connection, f"SELECT was FROM {OURS}.memory WHERE move = %s AND what = %s", move, what)
    return None if found is None else json.loads(found)


def forget(connection: Connection, move: str, what: str) -> None:
    """Take one note away."""
    if made(connection):
        run(connection, f"DELETE FROM {OURS}.memory WHERE move = %s AND what = %s", move, what)
