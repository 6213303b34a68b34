"""The accounts of a database: carried with their verifiers, and let in from the platform's machines."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from govcloud.migrations.mariadb import ledger
from govcloud.migrations.mariadb.endpoint import UNLOGGED, Connection, Endpoint, one, quoted, rows, run, text

ACCOUNTS = "accounts that this move has made"
_GRANT = re.compile(
    r"^GRANT (?P<rights>.+) ON (?P<what>(?:PROCEDURE |FUNCTION |PACKAGE |PACKAGE BODY )?)"
    r"(?P<database>`(?:[^`]|``)+`)\.(?P<thing>\*|`(?:[^`]|``)+`) TO "
)

Account = tuple[str, str]
"""A user, and the hosts from which it comes."""


@dataclass(frozen=True)
class Comers:
    """From which `addresses` of machines the system's `logins` come on the platform, beside what they had."""

    logins: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()

    def of(self, account: Account) -> list[Account]:
        """The accounts at the target that one of the source becomes: itself first."""
        user, host = account
        more = self.addresses if user in self.logins else ()
        return [account, *((user, address) for address in more if address != host)]


def named(account: Account) -> str:
    """An account as statements name it."""
    return f"{text(account[0])}@{text(account[1])}"


def accounts(connection: Connection, database: str) -> list[Account]:
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


def grants(connection: Connection, account: Account, database: str) -> list[str]:
    """What an account may do in the database, as statements without the account."""
    found = []
    for (line,) in rows(connection, f"SHOW GRANTS FOR {named(account)}"):
        match = _GRANT.match(line)
        if match is None:
            continue
        pattern = match["database"][1:-1].replace("``", "`").replace("\\_", "_").replace("\\%", "%")
        if pattern == database:
            option = " WITH GRANT OPTION" if line.endswith(" WITH GRANT OPTION") else ""
            found.append(f"{match['rights']} ON {match['what']}|{match['thing']}|{option}")
    return sorted(found)


def carry_accounts(source: Endpoint, target: Endpoint, move: str, comers: Comers) -> Any:
    """Make the accounts, their passwords' verifiers as they are; one that is there already stays as it is.

    Gives those that were made, and notes them. None has a right in the database yet.
    """
    made: list[list[str]] = []
    with source.connected() as reading, target.connected(database=False) as writing:
        for account in accounts(reading, source.database):
            shown = str(one(reading, f"SHOW CREATE USER {named(account)}") or "")
            proof = shown.removeprefix(f"CREATE USER {quoted(account[0])}@{quoted(account[1])}")
            for user, host in comers.of(account) if shown else ():
                query = "SELECT count(*) FROM mysql.user WHERE User = %s AND Host = %s"
                if one(writing, query, user, host):
                    continue
                # Neither the binary log nor a log of statements holds a verifier.
                run(writing, UNLOGGED)
                run(writing, f"CREATE USER IF NOT EXISTS {named((user, host))}{proof}")
                run(writing, "SET SESSION sql_log_bin = 1")
                made.append([user, host])
        ledger.make(writing)
        return ledger.remember(writing, move, ACCOUNTS, made)


def drop_accounts(writing: Connection, move: str) -> None:
    """Take away the accounts that a move has made."""
    for user, host in ledger.recall(writing, move, ACCOUNTS) or ():
        run(writing, f"DROP USER IF EXISTS {named((user, host))}")


def revoke_grants(writing: Connection, database: str) -> None:
    """Take all rights in a database away."""
    for account in accounts(writing, database):
        for grant in grants(writing, account, database):
            head, thing, _ = grant.split("|")
            run(writing, f"REVOKE {head}{quoted(database)}.{thing} FROM {named(account)}")


def carry_grants(source: Endpoint, target: Endpoint, comers: Comers) -> int:
    """Let the accounts do in the target's database what they may do in the source's; how many grants."""
    count = 0
    with source.connected() as reading, target.connected(database=False) as writing:
        for account in accounts(reading, source.database):
            for grant in grants(reading, account, source.database):
                head, thing, option = grant.split("|")
                for comer in comers.of(account):
                    run(writing, f"GRANT {head}{quoted(target.database)}.{thing} TO {named(comer)}{option}")
                    count += 1
    return count
