"""What is found at both servers before anything moves: each thing by a name that people can accept it by."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from govcloud.errors import ToolkitError
from govcloud.migrations.findings import Finding, Weight
from govcloud.migrations.mariadb.accounts import accounts
from govcloud.migrations.mariadb.catalogue import Table, is_mariadb, setting, tables, version
from govcloud.migrations.mariadb.endpoint import Connection, Endpoint, one, quoted, rows
from govcloud.migrations.sizes import size

BLOCKS, ACCEPT, NOTE = Weight.BLOCKS, Weight.ACCEPT, Weight.NOTE
OLDEST, NEWEST = (10, 4), (10, 11)
AT_THE_STOP = ("MyISAM", "Aria", "MEMORY", "CSV", "ARCHIVE")
CLOCKS = 2
"""Seconds by which the two servers' clocks may differ."""


@dataclass(frozen=True)
class _Both:
    source: Connection
    target: Connection
    names: tuple[str, str]
    tables: tuple[Table, ...]


def examine(source: Endpoint, target: Endpoint) -> tuple[Finding, ...]:
    """What was found; by weight, then by name."""
    try:
        with source.connected() as reading, target.connected(database=False) as writing:
            found = list(_servers(reading, writing))
            if not any(one.weight is BLOCKS for one in found):
                names = (source.database, target.database)
                both = _Both(reading, writing, names, tuple(tables(reading)))
                found += [one for rule in RULES for one in rule(both)]
    except ToolkitError as error:
        return (Finding(f"server {error.where}", BLOCKS, error.what, error.remedy or ""),)
    order = list(Weight)
    return tuple(sorted(set(found), key=lambda one: (order.index(one.weight), one.name)))


def _servers(reading: Connection, writing: Connection) -> Iterator[Finding]:
    theirs, ours = version(reading), version(writing)
    if not is_mariadb(reading):
        yield Finding("version", BLOCKS, "the source is MySQL", "bring it to MariaDB 10.4 or newer first")
    elif not OLDEST <= theirs <= NEWEST:
        seen = f"the source is of version {theirs[0]}.{theirs[1]}"
        yield Finding("version", BLOCKS, seen, "10.4 to 10.11 are moved: upgrade it")
    elif theirs > ours:
        yield Finding("version", BLOCKS, "the source is newer than the target", "upgrade that")
    for name, connection in (("source", reading), ("target", writing)):
        if setting(connection, "log_bin") != "ON":
            yield Finding(
                f"log_bin of the {name}", BLOCKS, "it keeps no binary log", "set log_bin, and restart"
            )
        for what, wanted in (("binlog_format", "ROW"), ("binlog_row_image", "FULL")):
            seen = setting(connection, what)
            if seen != wanted:
                remedy = f"SET GLOBAL {what} = {wanted}, in its settings too; sessions connect anew"
                yield Finding(f"{what} of the {name}", BLOCKS, f"it is {seen}", remedy)
    if setting(reading, "lower_case_table_names") != setting(writing, "lower_case_table_names"):
        seen = "one side tells capitals from small letters in names, the other does not"
        yield Finding("lower_case_table_names", BLOCKS, seen, "set it alike before the target has data")
    if int(setting(writing, "max_allowed_packet")) < int(setting(reading, "max_allowed_packet")):
        seen = "the target takes smaller packets than the source has"
        yield Finding("max_allowed_packet", BLOCKS, seen, "raise it at the target")
    apart = abs(
        float(one(reading, "SELECT UNIX_TIMESTAMP()")) - float(one(writing, "SELECT UNIX_TIMESTAMP()"))
    )
    if apart > CLOCKS:
        yield Finding("clocks", NOTE, f"they differ by {apart:.0f} s", "have both keep the time")


def _collations(both: _Both) -> Iterator[Finding]:
    query = (
        "SELECT DISTINCT COLLATION_NAME FROM information_schema.COLUMNS"
        " WHERE TABLE_SCHEMA = DATABASE() AND COLLATION_NAME IS NOT NULL"
    )
    known = {str(row[0]) for row in rows(both.target, "SHOW COLLATION")}
    for (name,) in rows(both.source, query):
        if name not in known:
            yield Finding(f"collation {name}", BLOCKS, "the target does not know it", "convert the columns")


def _tables(both: _Both) -> Iterator[Finding]:
    for table in both.tables:
        if table.versioned:
            seen = "its history would be lost"
            yield Finding(
                f"table {table.name} with history", BLOCKS, seen, "drop its versioning, or its rows"
            )
        elif table.engine in AT_THE_STOP:
            seen = f"{table.engine} knows no transactions: {size(table.bytes)} are copied while nobody writes"
            yield Finding(f"table {table.name} of {table.engine}", ACCEPT, seen, "convert it to InnoDB")
        elif not table.followed:
            seen = f"{table.engine} is not moved"
            yield Finding(f"table {table.name} of {table.engine}", BLOCKS, seen, "convert it to InnoDB")
        elif not table.key:
            seen = "changed rows are found by all of their columns, which is slow for a large table"
            yield Finding(f"table {table.name} without a key", NOTE, seen, "give it a primary key")


def _references(both: _Both) -> Iterator[Finding]:
    query = (
        "SELECT CONSTRAINT_NAME, TABLE_NAME FROM information_schema.KEY_COLUMN_USAGE"
        " WHERE TABLE_SCHEMA = DATABASE() AND REFERENCED_TABLE_SCHEMA <> DATABASE()"
    )
    for name, table in rows(both.source, query):
        seen = "it refers to another database"
        yield Finding(f"reference {name} of {table}", BLOCKS, seen, "drop it, or move both as one")


def _accounts(both: _Both) -> Iterator[Finding]:
    """At the stop an account is locked as a whole."""
    for user, host in accounts(both.source, both.names[0]):
        others = rows(
            both.source,
            "SELECT DISTINCT Db FROM mysql.db WHERE User = %s AND Host = %s AND Db <> %s",
            user,
            host,
            both.names[0],
        )
        if others:
            seen = f"it works in {', '.join(str(row[0]) for row in others)} too, and is locked at the stop"
            yield Finding(f"account {user}@{host}", ACCEPT, seen, "give each system an account of its own")


def _named(both: _Both) -> Iterator[Finding]:
    """Routines, triggers and events that name their own database would look for it under its old name."""
    old, new = both.names
    if old == new:
        return
    for listed, column, body, schema_column in (
        ("ROUTINES", "ROUTINE_NAME", "ROUTINE_DEFINITION", "ROUTINE_SCHEMA"),
        ("TRIGGERS", "TRIGGER_NAME", "ACTION_STATEMENT", "TRIGGER_SCHEMA"),
        ("EVENTS", "EVENT_NAME", "EVENT_DEFINITION", "EVENT_SCHEMA"),
    ):
        query = (
            f"SELECT {column} FROM information_schema.{listed} WHERE {schema_column} = DATABASE()"
            f" AND ({body} LIKE %s OR {body} LIKE %s)"
        )
        for (name,) in rows(both.source, query, f"%{quoted(old)}.%", f"%{old}.%"):
            seen = f"it names the database {old}, which will be {new}"
            remedy = "take the database's name out of it"
            yield Finding(f"{listed.lower()[:-1]} {name}", BLOCKS, seen, remedy)


RULES = (_collations, _tables, _references, _accounts, _named)
