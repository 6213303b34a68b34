"""The way back: what is written at the target after the release comes home to the source."""

from __future__ import annotations

from psycopg import sql

from govcloud.migrations.night import Deadline
from govcloud.migrations.postgresql import fencing, following, ledger, resting
from govcloud.migrations.postgresql.catalogue import FIRST_USER_OID, column, one, tables
from govcloud.migrations.postgresql.endpoint import Connection, Endpoint
from govcloud.migrations.postgresql.slots import (
    READERS,
    account_name,
    drop_slot,
    publication_name,
    publications_of,
    reverse_name,
    slots_of,
    subscribe,
    subscriptions_of,
    unsubscribe,
)
from govcloud.migrations.steps import Facts

_UNUSED = (
    "SELECT 1 FROM pg_roles r WHERE rolname = %s"
    " AND NOT EXISTS (SELECT FROM pg_auth_members m WHERE m.roleid = r.oid)"
)
_LET_IN = (
    "SELECT DISTINCT d.datname FROM pg_database d, aclexplode(d.datacl) a"
    " JOIN pg_roles r ON r.oid = a.grantee WHERE r.rolname = %s"
)
_WRITTEN = (
    # A message of the kind R comes before the first change of each table, and begins with its number.
    "SELECT DISTINCT ('x' || encode(substr(data, 2, 4), 'hex'))::bit(32)::int::oid::regclass::text"
    " FROM pg_logical_slot_peek_binary_changes(%s, NULL, NULL, 'proto_version', '1', 'publication_names', %s)"
    " WHERE get_byte(data, 0) = ascii('R')"
)
_HELD = "SELECT oid::regclass::text FROM pg_class WHERE relkind IN ('r', 'm') AND oid >= %s"
STOPS_WITHIN = 60.0
HOME_WITHIN = 24 * 3600.0
"""Seconds: a way back is not hurried, people have the old system when it ends."""


def arm(target: Endpoint, move: str) -> Facts:
    """Lay the way back, at a moment when both sides are the same and nobody writes."""
    following.publish_all(target, move)
    with target.connected() as writing:
        for name in subscriptions_of(writing, move):
            unsubscribe(writing, name)
        resting.free_triggers(writing)
        if reverse_name(move) not in slots_of(writing, move):
            writing.execute(
                b"SELECT pg_create_logical_replication_slot(%s, 'pgoutput')", [reverse_name(move)]
            )
    return {"slot": reverse_name(move)}


def armed(target: Endpoint, move: str) -> bool:
    """Whether the way back has been laid."""
    with target.connected() as writing:
        return reverse_name(move) in slots_of(writing, move)


def written(target: Endpoint, move: str) -> frozenset[str]:
    """What may have been written at the target since the way back was laid, by name.

    These are the tables of which its slot holds a change, and all that no log carries. The slot is only
    looked at: what it holds stays there for the way back.
    """
    with target.connected() as reading:
        reading.execute(b"SET search_path = pg_catalog")
        listed = ",".join(name for name in publications_of(reading, move))
        seen = set(column(reading, _WRITTEN, reverse_name(move), listed))
        followed = {table.full_name for table in following.followed_tables(reading)}
        return frozenset(
            seen | {name for name in column(reading, _HELD, FIRST_USER_OID) if name not in followed}
        )


def disarm(source: Endpoint, target: Endpoint, move: str) -> None:
    """Take the way back away, and follow the source again from where that was left."""
    with target.connected() as writing:
        drop_slot(writing, reverse_name(move))
        ledger.forget(writing, resting.DISABLED)
        resting.hold_triggers(writing)
    following.follow(source, target, move)


def bring_back(source: Endpoint, target: Endpoint, move: str) -> None:
    """Keep people out of the target, and apply at the source all that was written there."""
    deadline = Deadline(STOPS_WITHIN)
    fencing.close_doors(target, move, read_only=False)
    with target.connected() as writing:
        while there := fencing.sessions(writing):
            for session in there:
                writing.execute(b"SELECT pg_terminate_backend(%s)", [session.pid])
            deadline.demand(f"ending the sessions of {target.database}")
        position = str(one(writing, "SELECT pg_current_wal_lsn()"))
        armed = reverse_name(move) in slots_of(writing, move)
    if not armed:
        return
    conninfo = following.account(target, move).conninfo_for_peer()
    fencing.writable(source)
    with source.connected() as home, target.connected() as writing:
        resting.hold_triggers(home)
        publications = [publication_name(move, table) for table in following.followed_tables(writing)]
        subscribe(home, reverse_name(move), conninfo, publications)
        following.demand_applying(source, move)
        following.wait_until(
            lambda: _home(writing, move, position),
            HOME_WITHIN,
            lambda: following.stopped(source, [reverse_name(move)]),
        )


def _home(writing: Connection, move: str, position: str) -> bool:
    query = "SELECT confirmed_flush_lsn >= %s::pg_lsn FROM pg_replication_slots WHERE slot_name = %s"
    return bool(one(writing, query, position, reverse_name(move)))


def end(source: Endpoint, target: Endpoint, move: str) -> None:
    """All is home: take the way away, and let triggers fire at the source as before."""
    with source.connected() as home:
        unsubscribe(home, reverse_name(move))
        resting.free_triggers(home)
    with target.connected() as writing:
        drop_slot(writing, reverse_name(move))


def clean(side: Endpoint, move: str) -> None:
    """Take away all that a move has made in one database, but not the data; doors stay as they are."""
    with side.connected() as connection:
        for name in subscriptions_of(connection, move):
            unsubscribe(connection, name)
        for name in slots_of(connection, move):
            drop_slot(connection, name)
        for name in publications_of(connection, move):
            connection.execute(sql.SQL("DROP PUBLICATION {}").format(sql.Identifier(name)))
        if ledger.made(connection):
            if tables(connection):
                following.restore_identities(connection)
            ledger.unmake(connection)
        reader = account_name(move)
        if one(connection, "SELECT 1 FROM pg_roles WHERE rolname = %s", reader) is not None:
            named = sql.Identifier(reader)
            # Both sides of a move may be databases of one server.
            for database in column(connection, _LET_IN, reader):
                words = (sql.Identifier(database), named)
                connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM {}").format(*words))
            connection.execute(sql.SQL("DROP ROLE {}").format(named))
        if one(connection, _UNUSED, READERS) is not None:
            connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(READERS)))
