"""The move's own records in the two databases: what was copied, and how each side was before.

They lie in a schema of their own. What was copied is noted in the very transaction that brings the rows, so
that neither a killed tool nor a killed server can leave one without the other.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from govcloud.migrations.postgresql.catalogue import OURS, one
from govcloud.migrations.postgresql.endpoint import Connection

_MAKE = b"""
CREATE SCHEMA IF NOT EXISTS govcloud_move;
REVOKE ALL ON SCHEMA govcloud_move FROM PUBLIC;
CREATE TABLE IF NOT EXISTS govcloud_move.generation (
  number int PRIMARY KEY, tables text[] NOT NULL, position pg_lsn, copied boolean NOT NULL DEFAULT false);
CREATE TABLE IF NOT EXISTS govcloud_move.piece (
  generation int NOT NULL, table_name text NOT NULL, number int NOT NULL, of int NOT NULL,
  PRIMARY KEY (generation, table_name, number));
CREATE TABLE IF NOT EXISTS govcloud_move.before (what text PRIMARY KEY, was text NOT NULL);
"""


@dataclass(frozen=True)
class Generation:
    """Tables that were copied from one snapshot, and are followed from its position on."""

    number: int
    tables: tuple[str, ...]
    copied: bool


def make(connection: Connection) -> None:
    """Make the records, if they are not there."""
    connection.execute(_MAKE)


def made(connection: Connection) -> bool:
    """Whether this database holds records of a move."""
    return one(connection, "SELECT to_regnamespace(%s)", OURS) is not None


def unmake(connection: Connection) -> None:
    """Take the records away."""
    connection.execute(b"DROP SCHEMA IF EXISTS govcloud_move CASCADE")


def generations(connection: Connection) -> list[Generation]:
    """Every generation that was begun, the first first."""
    rows = connection.execute(b"SELECT number, tables, copied FROM govcloud_move.generation ORDER BY 1")
    return [Generation(number, tuple(tables), copied) for number, tables, copied in rows.fetchall()]


def begin(connection: Connection, number: int, tables: Sequence[str]) -> None:
    """Note that a generation is begun for these tables; earlier ones no longer speak for them."""
    with connection.transaction():
        connection.execute(b"DELETE FROM govcloud_move.piece WHERE table_name = ANY(%s)", [list(tables)])
        connection.execute(
            b"UPDATE govcloud_move.generation SET tables ="
            b" ARRAY(SELECT unnest(tables) EXCEPT SELECT unnest(%s::text[]))",
            [list(tables)],
        )
        connection.execute(
            b"INSERT INTO govcloud_move.generation (number, tables) VALUES (%s, %s)", [number, list(tables)]
        )


def positioned(connection: Connection, number: int, position: str) -> None:
    """Note from which position on a generation's changes are to be applied."""
    connection.execute(
        b"UPDATE govcloud_move.generation SET position = %s WHERE number = %s", [position, number]
    )


def note_piece(connection: Connection, generation: int, table: str, number: int, of: int) -> None:
    """Note one piece of a table, in the transaction that brings its rows."""
    connection.execute(
        b"INSERT INTO govcloud_move.piece VALUES (%s, %s, %s, %s)", [generation, table, number, of]
    )


def whole(connection: Connection) -> set[str]:
    """The tables of which every piece has come."""
    rows = connection.execute(
        b"SELECT table_name FROM govcloud_move.piece"
        b" GROUP BY generation, table_name HAVING count(*) = min(of)"
    )
    return {str(row[0]) for row in rows.fetchall()}


def copied(connection: Connection, number: int) -> None:
    """Note that all of a generation has come."""
    connection.execute(b"UPDATE govcloud_move.generation SET copied = true WHERE number = %s", [number])


def remember(connection: Connection, what: str, was: Any) -> Any:
    """Keep how something was before the move changed it; what was kept first stays. Gives what is kept."""
    connection.execute(
        b"INSERT INTO govcloud_move.before VALUES (%s, %s) ON CONFLICT DO NOTHING", [what, json.dumps(was)]
    )
    return recall(connection, what)


def recall(connection: Connection, what: str) -> Any:
    """How something was before; None where the move has not changed it."""
    found = one(connection, "SELECT was FROM govcloud_move.before WHERE what = %s", what)
    return None if found is None else json.loads(found)


def forget(connection: Connection, what: str) -> None:
    """It is as it was."""
    connection.execute(b"DELETE FROM govcloud_move.before WHERE what = %s", [what])
