"""Carries definitions: tables and views before the rows, what acts by itself after them.

Definitions are the server's own, as `mariadb-dump` writes them out; the sessions that make them have the
source's own modes, which stand in the dump.
"""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

from govcloud.errors import ToolkitError
from govcloud.local import private_directory
from govcloud.migrations.mariadb import ledger
from govcloud.migrations.mariadb.accounts import drop_accounts, revoke_grants
from govcloud.migrations.mariadb.catalogue import databases
from govcloud.migrations.mariadb.endpoint import (
    UNLOGGED,
    Connection,
    Endpoint,
    one,
    program,
    quoted,
    rows,
    run,
)
from govcloud.migrations.mariadb.feeding import fed

MADE = "made by this move"
_DEFINITIONS = ("--no-data", "--skip-triggers", "--skip-routines", "--skip-events")
# Routines and events are made anew by themselves; triggers where it is asked for.
_ACTING = ("--no-data", "--no-create-info", "--triggers", "--add-drop-trigger", "--routines", "--events")
_BOTH = (
    "--single-transaction",
    "--skip-lock-tables",
    "--skip-comments",
    "--skip-dump-date",
    "--skip-set-charset",
)


def make_database(source: Endpoint, target: Endpoint, move: str) -> None:
    """Make the database with the source's character set, for this move and no other."""
    with source.connected() as reading:
        found = rows(
            reading,
            "SELECT DEFAULT_CHARACTER_SET_NAME, DEFAULT_COLLATION_NAME FROM information_schema.SCHEMATA"
            " WHERE SCHEMA_NAME = %s",
            source.database,
        )
    if not found:
        raise ToolkitError("it is not there", source.where, "see its name")
    characters, collation = found[0]
    with target.connected(database=False) as writing:
        ledger.make(writing)
        ours = ledger.recall(writing, move, MADE) is not None
        if target.database in databases(writing) and not ours and not _empty(writing, target.database):
            raise ToolkitError(
                "it stands there already, and this move has not made it",
                target.where,
                "name another database, or take that one away",
            )
        ledger.remember(writing, move, MADE, True)
        run(
            writing,
            f"CREATE DATABASE IF NOT EXISTS {quoted(target.database)}"
            f" CHARACTER SET {characters} COLLATE {collation}",
        )


def _empty(connection: Connection, database: str) -> bool:
    query = "SELECT count(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = %s"
    return not one(connection, query, database)


def drop_database(target: Endpoint, move: str) -> None:
    """Take away the database and the accounts that this move has made; nothing where it made none."""
    with target.connected(database=False) as writing:
        if ledger.recall(writing, move, MADE) is None:
            return
        revoke_grants(writing, target.database)
        run(writing, f"DROP DATABASE IF EXISTS {quoted(target.database)}")
        drop_accounts(writing, move)


def carry_definitions(source: Endpoint, target: Endpoint, directory: Path) -> None:
    """Make tables, sequences and views; what stands there is made anew."""
    _carry(source, target, private_directory(directory) / "definitions.sql", _DEFINITIONS)


def carry_acting(source: Endpoint, target: Endpoint, directory: Path) -> None:
    """Make what acts by itself: triggers, routines, packages and events; events do not run yet."""
    _carry(source, target, private_directory(directory) / "acting.sql", _ACTING)
    with target.connected() as writing:
        hold_events(writing)


def hold_events(connection: Connection) -> None:
    """Let no event of the database run."""
    for name in running_events(connection):
        run(connection, f"ALTER EVENT {quoted(name)} DISABLE ON SLAVE")


def running_events(connection: Connection) -> list[str]:
    """The events of the database that run."""
    query = (
        "SELECT EVENT_NAME FROM information_schema.EVENTS"
        " WHERE EVENT_SCHEMA = DATABASE() AND STATUS = 'ENABLED'"
    )
    return [str(row[0]) for row in rows(connection, query)]


def release_events(target: Endpoint) -> int:
    """Let the events run that were held; how many."""
    query = (
        "SELECT EVENT_NAME FROM information_schema.EVENTS"
        " WHERE EVENT_SCHEMA = DATABASE() AND STATUS = 'SLAVESIDE_DISABLED'"
    )
    with target.connected() as writing:
        run(writing, UNLOGGED)
        held = [str(row[0]) for row in rows(writing, query)]
        for name in held:
            run(writing, f"ALTER EVENT {quoted(name)} ENABLE")
    return len(held)


def _carry(source: Endpoint, target: Endpoint, place: Path, kinds: Sequence[str]) -> None:
    """By a file of its own, read whole before anything is made."""
    with source.options() as (options, kept), place.open("wb") as dump:
        place.chmod(0o600)
        done = subprocess.run(
            [*program("mariadb-dump"), *options, *_BOTH, *kinds, source.database],
            stdout=dump,
            stderr=subprocess.PIPE,
            pass_fds=(kept,),
            check=False,
        )
    if done.returncode != 0:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise ToolkitError(
            f"its definitions cannot be read: {said[-1] if said else 'it said nothing'}",
            source.where,
            "mend what the server says, then run it again",
        )
    with place.open("rb") as dump, fed(target, ["--binary-mode"]) as client:
        while part := dump.read(256 * 1024):
            client.write(part)
