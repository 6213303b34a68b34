"""Follows the source: publishes its tables, applies their changes on the target, and says how far it is."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable

from psycopg import sql

from govcloud.errors import ToolkitError
from govcloud.migrations.night import Deadline
from govcloud.migrations.postgresql import ledger
from govcloud.migrations.postgresql.catalogue import Table, one, tables
from govcloud.migrations.postgresql.endpoint import Connection, Endpoint
from govcloud.migrations.postgresql.slots import (
    READERS,
    account_name,
    followed_slots,
    publication_name,
    publish,
    reverse_name,
    slot_name,
    subscribe,
    subscriptions_of,
)

STARTS_WITHIN = 30.0
"""Seconds in which a worker that applies changes is to be seen."""
PAUSE = 0.05
FULL = "f"


def publish_all(source: Endpoint, move: str) -> dict[str, int]:
    """Publish every table that is followed, those without a key by all of their columns."""
    with source.connected() as connection:
        ledger.make(connection)
        followed = [table for table in tables(connection) if table.followed]
        keyless = [table for table in followed if not table.keyed]
        for table in keyless:
            ledger.remember(connection, f"identity {table.full_name}", table.identity)
            if table.identity not in (FULL, "i"):
                full = sql.SQL("ALTER TABLE ONLY {} REPLICA IDENTITY FULL")
                connection.execute(full.format(table.identifier))
        publish(connection, move, followed)
    return {"published": len(followed), "without a key": len(keyless)}


def restore_identities(connection: Connection) -> None:
    """Give tables back the identity that they had."""
    words = {"d": sql.SQL("DEFAULT"), "n": sql.SQL("NOTHING"), FULL: sql.SQL("FULL")}
    for table in tables(connection):
        was = ledger.recall(connection, f"identity {table.full_name}")
        if was in words and was != table.identity:
            back = sql.SQL("ALTER TABLE ONLY {} REPLICA IDENTITY {}")
            connection.execute(back.format(table.identifier, words[was]))


def renew(source: Endpoint, target: Endpoint, move: str) -> None:
    """Give subscriptions that stand the way by which the source is reached now, and a new password."""
    with target.connected() as writing:
        names = [name for name in subscriptions_of(writing, move) if name != reverse_name(move)]
        if names:
            conninfo = account(source, move).conninfo_for_peer()
        for name in names:
            subscribe(writing, name, conninfo, ())


def pause(target: Endpoint, move: str) -> None:
    """Have changes applied no longer, and wait until no worker does."""
    with target.connected() as writing:
        names = subscriptions_of(writing, move)
        for name in names:
            writing.execute(sql.SQL("ALTER SUBSCRIPTION {} DISABLE").format(sql.Identifier(name)))
        error = ToolkitError("a worker does not stop applying changes", target.where, "see its server's log")
        wait_until(lambda: set(_idle(writing, move)) == set(names), STARTS_WITHIN, lambda: error)


def account(side: Endpoint, move: str) -> Endpoint:
    """The side as the account that reads its changes, which is made, or given a new password."""
    name, password = account_name(move), secrets.token_urlsafe(24)
    with side.connected() as connection, connection.transaction():
        connection.execute(b"SET LOCAL log_statement = 'none'")
        connection.execute(b"SET LOCAL log_min_error_statement = 'panic'")
        there = one(connection, "SELECT 1 FROM pg_roles WHERE rolname = %s", name) is not None
        verb = (
            "ALTER ROLE {} LOGIN REPLICATION PASSWORD {}"
            if there
            else "CREATE ROLE {} LOGIN REPLICATION PASSWORD {}"
        )
        connection.execute(sql.SQL(verb).format(sql.Identifier(name), sql.Literal(password)))
        let = sql.SQL("GRANT CONNECT ON DATABASE {} TO {}")
        connection.execute(let.format(sql.Identifier(side.database), sql.Identifier(name)))
        if one(connection, "SELECT 1 FROM pg_roles WHERE rolname = %s", READERS) is None:
            connection.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(READERS)))
        join = sql.SQL("GRANT {} TO {}")
        connection.execute(join.format(sql.Identifier(READERS), sql.Identifier(name)))
    return side.as_user(name, password)


def follow(source: Endpoint, target: Endpoint, move: str) -> dict[str, int]:
    """Apply each generation's changes from its own position on."""
    conninfo = account(source, move).conninfo_for_peer()
    with source.connected() as reading, target.connected() as writing:
        by_name = {table.full_name: table for table in tables(reading)}
        begun = 0
        for generation in ledger.generations(writing):
            held = [by_name[name] for name in generation.tables if name in by_name]
            if held:
                publications = [publication_name(move, table) for table in held]
                subscribe(writing, slot_name(move, generation.number), conninfo, publications)
                begun += 1
    return {"generations": begun}


def lag(source: Endpoint, target: Endpoint, move: str) -> int:
    """Bytes of the source's log that are not applied yet; ToolkitError where nobody applies them."""
    with source.connected() as reading:
        behind = one(
            reading,
            "SELECT max(pg_wal_lsn_diff(pg_current_wal_lsn(), confirmed_flush_lsn))::bigint"
            " FROM pg_replication_slots WHERE slot_name = ANY(%s)",
            followed_slots(reading, move),
        )
    demand_applying(target, move)
    return max(0, int(behind or 0))


def demand_applying(target: Endpoint, move: str) -> None:
    """ToolkitError where a subscription's worker does not run, or fails over and over."""
    with target.connected() as writing:
        wait_until(
            lambda: not _idle(writing, move), STARTS_WITHIN, lambda: stopped(target, _idle(writing, move))
        )


def _idle(writing: Connection, move: str) -> list[str]:
    rows = writing.execute(
        b"SELECT s.subname FROM pg_subscription s LEFT JOIN pg_stat_subscription t ON t.subid = s.oid"
        b" AND t.pid IS NOT NULL AND t.relid IS NULL"
        b" JOIN pg_database d ON d.oid = s.subdbid AND d.datname = current_database()"
        b" WHERE t.pid IS NULL"
    )
    ours = set(subscriptions_of(writing, move))
    return [str(row[0]) for row in rows.fetchall() if row[0] in ours]


def stopped(target: Endpoint, idle: list[str]) -> ToolkitError:
    """The error for changes that nobody applies."""
    return ToolkitError(
        f"changes are not applied: the worker of {', '.join(idle)} does not stay up",
        target.where,
        "its server's log says why: a row that is there already, a lost connection, a password",
    )


def wait_until(
    done: Callable[[], bool], seconds: float, error: Callable[[], ToolkitError], pause: float = PAUSE
) -> None:
    """Look again and again until it is so; the error when it is not within `seconds`."""
    until = time.monotonic() + seconds
    while not done():
        if time.monotonic() > until:
            raise error()
        time.sleep(pause)


def applied_to(source: Connection, move: str, position: str) -> bool:
    """Whether all changes up to a position have been applied for good."""
    rows = source.execute(
        b"SELECT bool_and(confirmed_flush_lsn >= %s::pg_lsn) FROM pg_replication_slots"
        b" WHERE slot_name = ANY(%s)",
        [position, followed_slots(source, move)],
    ).fetchone()
    return bool(rows and rows[0])


def catch_up(source: Endpoint, target: Endpoint, move: str, position: str, deadline: Deadline) -> None:
    """Wait until everything up to a position has been applied; MissedError at the deadline."""
    with source.connected() as reading:
        while not applied_to(reading, move, position):
            deadline.demand(f"applying the changes of {source.database}")
            time.sleep(PAUSE)
    demand_applying(target, move)


def followed_tables(source: Connection) -> list[Table]:
    """The tables whose changes are followed."""
    return [table for table in tables(source) if table.followed]
