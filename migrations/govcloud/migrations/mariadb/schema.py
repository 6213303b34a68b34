"""Carries accounts and definitions: tables and views before the rows, what acts by itself after them.

Definitions are the server's own, as `mariadb-dump` writes them out; the sessions that make them have the
source's own modes, which stand in the dump.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from govcloud.errors import ToolkitError
from govcloud.local import private_directory
from govcloud.migrations.mariadb import ledger
from govcloud.migrations.mariadb.catalogue import databases
from govcloud.migrations.mariadb.copying import fed
from govcloud.migrations.mariadb.endpoint import (
    UNLOGGED,
    Connection,
    Endpoint,
    one,
    program,
    quoted,
    rows,
    run,
    text,
)

MADE = "made by this move"
ACCOUNTS = "accounts that this move has made"
_DEFINITIONS = ("--no-data", "--skip-triggers", "--skip-routines", "--skip-events")
_ACTING = ("--no-data", "--no-create-info", "--triggers", "--routines", "--events")
_BOTH = (
    "--single-transaction",
    "--skip-lock-tables",
    "--skip-comments",
    "--skip-dump-date",
    "--skip-set-charset",
)
_GRANT = re.compile(
    r"^GRANT (?P<rights>.+) ON (?P<what>(?:PROCEDURE |FUNCTION |PACKAGE |PACKAGE BODY )?)"
    r"(?P<database>`(?:[^`]|``)+`)\.(?P<thing>\*|`(?:[^`]|``)+`) TO "
)


def accounts(connection: Connection, database: str) -> list[tuple[str, str]]:
    """The accounts that may do anything in the database, or that something there acts as."""
    queries = (
        "SELECT User, Host FROM mysql.db WHERE Db = %s OR %s LIKE Db",
        "SELECT User, Host FROM mysql.tables_priv WHERE Db = %s",
        "SELECT User, Host FROM mysql.columns_priv WHERE Db = %s",
        "SELECT User, Host FROM mysql.procs_priv WHERE Db = %s",
    )
    found = set()
    for query in queries:
        values = [database] * query.count("%s")
        found |= {(str(user), str(host)) for user, host in rows(connection, query, *values)}
    for table, column, schema in (
        ("VIEWS", "DEFINER", "TABLE_SCHEMA"),
        ("TRIGGERS", "DEFINER", "TRIGGER_SCHEMA"),
        ("ROUTINES", "DEFINER", "ROUTINE_SCHEMA"),
        ("EVENTS", "DEFINER", "EVENT_SCHEMA"),
    ):
        query = f"SELECT DISTINCT {column} FROM information_schema.{table} WHERE {schema} = %s"
        for (definer,) in rows(connection, query, database):
            user, _, host = str(definer).rpartition("@")
            found.add((user, host))
    return sorted(one for one in found if one[0] not in ("root", "mariadb.sys", "mysql.sys"))


def grants(connection: Connection, account: tuple[str, str], database: str) -> list[str]:
    """What an account may do in the database, as statements without the account."""
    user, host = account
    found = []
    for (line,) in rows(connection, f"SHOW GRANTS FOR {text(user)}@{text(host)}"):
        match = _GRANT.match(line)
        if match is None:
            continue
        pattern = match["database"][1:-1].replace("``", "`").replace("\\_", "_").replace("\\%", "%")
        if pattern == database:
            option = " WITH GRANT OPTION" if line.endswith(" WITH GRANT OPTION") else ""
            found.append(f"{match['rights']} ON {match['what']}|{match['thing']}|{option}")
    return sorted(found)


def carry_accounts(source: Endpoint, target: Endpoint, move: str) -> Any:
    """Make the accounts, their passwords' verifiers as they are; one that is there already stays as it is.

    Gives those that were made, and notes them. None has a right in the database yet.
    """
    made: list[list[str]] = []
    with source.connected() as reading, target.connected(database=False) as writing:
        for user, host in accounts(reading, source.database):
            name = f"{text(user)}@{text(host)}"
            shown = str(one(reading, f"SHOW CREATE USER {name}") or "")
            there = one(writing, "SELECT count(*) FROM mysql.user WHERE User = %s AND Host = %s", user, host)
            if not there and shown:
                # Neither the binary log nor a log of statements holds a verifier.
                run(writing, UNLOGGED)
                run(writing, shown.replace("CREATE USER", "CREATE USER IF NOT EXISTS", 1))
                run(writing, "SET SESSION sql_log_bin = 1")
                made.append([user, host])
        ledger.make(writing)
        return ledger.remember(writing, move, ACCOUNTS, made)


def carry_grants(source: Endpoint, target: Endpoint) -> int:
    """Let the accounts do in the target's database what they may do in the source's; how many grants."""
    count = 0
    with source.connected() as reading, target.connected(database=False) as writing:
        for account in accounts(reading, source.database):
            name = f"{text(account[0])}@{text(account[1])}"
            for grant in grants(reading, account, source.database):
                head, thing, option = grant.split("|")
                run(writing, f"GRANT {head}{quoted(target.database)}.{thing} TO {name}{option}")
                count += 1
    return count


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
        run(writing, f"DROP DATABASE IF EXISTS {quoted(target.database)}")
        for user, host in ledger.recall(writing, move, ACCOUNTS) or ():
            run(writing, f"DROP USER IF EXISTS {text(user)}@{text(host)}")


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
    with source.options() as options, place.open("wb") as dump:
        place.chmod(0o600)
        done = subprocess.run(
            [*program("mariadb-dump"), *options, *_BOTH, *kinds, source.database],
            stdout=dump,
            stderr=subprocess.PIPE,
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
