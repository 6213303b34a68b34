"""The names and makings of logical replication: publications and slots here, subscriptions there."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Sequence

from psycopg import sql

from govcloud.errors import ToolkitError
from govcloud.migrations.postgresql.catalogue import Table, column, one
from govcloud.migrations.postgresql.endpoint import Connection

READERS = "govcloud_movers"
"""The role of all accounts by which changes are read: a server may let its members in, and only these."""
GONE_WITHIN = 20.0
"""Seconds until a worker that was told to stop has let go of its slot."""
PAUSE = 0.1


def _stem(move: str) -> str:
    """What all names of a move begin with: letters that slots take, and a digest that tells moves apart."""
    digest = hashlib.sha256(move.encode()).hexdigest()[:10]
    return f"govcloud_{re.sub('[^a-z0-9]', '_', move.lower())[:20]}_{digest}"


def slot_name(move: str, generation: int) -> str:
    """The name of a generation's slot, publication and subscription."""
    return f"{_stem(move)}_{generation}"


def reverse_name(move: str) -> str:
    """The name of the slot, publication and subscription of the way back."""
    return f"{_stem(move)}_back"


def watch_name(move: str) -> str:
    """The slot that holds what is written behind the fence."""
    return f"{_stem(move)}_watch"


def account_name(move: str) -> str:
    """The account by which the other server reads changes."""
    return f"{_stem(move)}_reader"


def is_of(move: str, name: str) -> bool:
    """Whether something was made for this move."""
    return name.startswith(f"{_stem(move)}_")


def publication_name(move: str, table: Table) -> str:
    """The name of a table's publication.

    Each table has its own: what a publication holds is read as it was when a change was made, so a table
    cannot be taken out of one for changes that are still to be read.
    """
    return f"{_stem(move)}_t{table.oid}"


def publish(connection: Connection, move: str, tables: Sequence[Table]) -> None:
    """Publish the changes of each of these tables, which are not published yet."""
    there = set(publications_of(connection, move))
    with connection.transaction():
        for table in tables:
            name = publication_name(move, table)
            if name not in there:
                words = (sql.Identifier(name), table.identifier)
                connection.execute(sql.SQL("CREATE PUBLICATION {} FOR TABLE ONLY {}").format(*words))


def drop_slot(connection: Connection, name: str) -> None:
    """Take a slot away, once the worker that reads it has let go; ToolkitError where it does not."""
    until = time.monotonic() + GONE_WITHIN
    while one(connection, "SELECT active FROM pg_replication_slots WHERE slot_name = %s", name):
        if time.monotonic() > until:
            raise ToolkitError(
                f"the slot {name} is still being read",
                f"database {connection.info.dbname}",
                "see in pg_replication_slots who reads it",
            )
        time.sleep(PAUSE)
    connection.execute(
        b"SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = %s", [name]
    )


def slots_of(connection: Connection, move: str) -> list[str]:
    """The slots of a move that this database has."""
    query = "SELECT slot_name FROM pg_replication_slots WHERE database = current_database()"
    return [name for name in column(connection, query) if is_of(move, name)]


def followed_slots(connection: Connection, move: str) -> list[str]:
    """The slots of a move from which changes are applied."""
    apart = (watch_name(move), reverse_name(move))
    return [name for name in slots_of(connection, move) if name not in apart]


def publications_of(connection: Connection, move: str) -> list[str]:
    """The publications of a move that this database has."""
    return [name for name in column(connection, "SELECT pubname FROM pg_publication") if is_of(move, name)]


def subscribe(connection: Connection, name: str, conninfo: str, publications: Sequence[str]) -> None:
    """Have this server apply what the slot of that name holds, from where it stands, by this connection."""
    there = one(connection, "SELECT 1 FROM pg_subscription WHERE subname = %s", name) is not None
    named = sql.Identifier(name)
    with connection.transaction():
        # The connection's password is in the statement: no log of statements may hold it.
        connection.execute(b"SET LOCAL log_statement = 'none'")
        connection.execute(b"SET LOCAL log_min_error_statement = 'panic'")
        if there:
            words = (named, sql.Literal(conninfo))
            connection.execute(sql.SQL("ALTER SUBSCRIPTION {} CONNECTION {}").format(*words))
            connection.execute(sql.SQL("ALTER SUBSCRIPTION {} ENABLE").format(named))
            return
        options = sql.SQL("WITH (create_slot = false, copy_data = false, slot_name = {})").format(named)
        listed = sql.SQL(", ").join(map(sql.Identifier, publications))
        made = sql.SQL("CREATE SUBSCRIPTION {} CONNECTION {} PUBLICATION {} ")
        connection.execute(made.format(named, sql.Literal(conninfo), listed) + options)


def unsubscribe(connection: Connection, name: str) -> None:
    """End a subscription, and leave the slot of the other side to that side."""
    if one(connection, "SELECT 1 FROM pg_subscription WHERE subname = %s", name) is None:
        return
    named = sql.Identifier(name)
    connection.execute(sql.SQL("ALTER SUBSCRIPTION {} DISABLE").format(named))
    connection.execute(sql.SQL("ALTER SUBSCRIPTION {} SET (slot_name = NONE)").format(named))
    connection.execute(sql.SQL("DROP SUBSCRIPTION {}").format(named))


def subscriptions_of(connection: Connection, move: str) -> list[str]:
    """The subscriptions of a move that this database has."""
    query = (
        "SELECT subname FROM pg_subscription s JOIN pg_database d ON d.oid = s.subdbid"
        " WHERE d.datname = current_database()"
    )
    return [name for name in column(connection, query) if is_of(move, name)]
