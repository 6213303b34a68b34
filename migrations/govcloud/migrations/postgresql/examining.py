"""What is found at both servers before anything moves: each thing by a name that people can accept it by."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from govcloud.errors import ToolkitError
from govcloud.migrations.findings import Finding, Weight
from govcloud.migrations.postgresql.catalogue import Table, column, one, tables, version
from govcloud.migrations.postgresql.endpoint import Connection, Endpoint
from govcloud.migrations.sizes import size

VERSIONS = range(11, 16)
BLOCKS, ACCEPT, NOTE = Weight.BLOCKS, Weight.ACCEPT, Weight.NOTE
TRUSTED = ("sql", "plpgsql", "internal", "c")
SPARE = 4
"""Slots and senders that a move needs: one for each generation, one to watch, one for the way back."""


@dataclass(frozen=True)
class _Both:
    source: Connection
    target: Connection
    tables: tuple[Table, ...]


def examine(source: Endpoint, target: Endpoint) -> tuple[Finding, ...]:
    """What was found; `target` is any database of the server that is moved to. By weight, then by name."""
    try:
        with source.connected() as reading, target.connected() as writing:
            found = list(_servers(reading, writing))
            if not any(one.weight is BLOCKS for one in found):
                both = _Both(reading, writing, tables(reading))
                found += [one for rule in RULES for one in rule(both)]
    except ToolkitError as error:
        return (Finding(f"server {error.where}", BLOCKS, error.what, error.remedy or ""),)
    order = list(Weight)
    return tuple(sorted(set(found), key=lambda one: (order.index(one.weight), one.name)))


def _servers(reading: Connection, writing: Connection) -> Iterator[Finding]:
    theirs, ours = version(reading), version(writing)
    if theirs not in VERSIONS:
        yield Finding(
            "version", BLOCKS, f"the source is of version {theirs}", "11 to 15 are moved: upgrade it"
        )
    elif theirs > ours:
        yield Finding(
            "version", BLOCKS, f"the source is newer ({theirs}) than the target ({ours})", "upgrade that"
        )
    if not one(reading, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user"):
        seen = "the account that moves it may not read all of it"
        yield Finding("rights", BLOCKS, seen, "let it be a superuser of the source while it moves")
    for name, connection in (("source", reading), ("target", writing)):
        level = one(connection, "SELECT current_setting('wal_level')")
        if level != "logical":
            remedy = "set wal_level = logical and restart the server"
            yield Finding(f"wal_level of the {name}", BLOCKS, f"it is {level}", remedy)
        for setting, view in (
            ("max_replication_slots", "pg_replication_slots"),
            ("max_wal_senders", "pg_stat_replication"),
        ):
            query = f"SELECT current_setting('{setting}')::int - (SELECT count(*) FROM {view})"  # noqa: S608
            if int(one(connection, query)) < SPARE:
                yield Finding(f"{setting} of the {name}", BLOCKS, f"fewer than {SPARE} are free", "raise it")


def _encoding(both: _Both) -> Iterator[Finding]:
    row = both.source.execute(
        b"SELECT pg_encoding_to_char(encoding), datcollate, datctype FROM pg_database"
        b" WHERE datname = current_database()"
    ).fetchone()
    _, collate, ctype = row or ("", "", "")
    known = {*column(both.target, "SELECT collname FROM pg_collation"), "C", "POSIX", "C.UTF-8", "C.utf8"}
    for kind, name in (("collation", collate), ("character classes", ctype)):
        if name not in known and name.replace("UTF-8", "utf8") not in known:
            remedy = f"install the locale {name} on the target, then restart its server"
            yield Finding(f"{kind} {name}", BLOCKS, "the target does not know it", remedy)


def _extensions(both: _Both) -> Iterator[Finding]:
    available = both.target.execute(b"SELECT name, default_version FROM pg_available_extensions")
    there: dict[str, str] = dict(available.fetchall())
    for name, installed in both.source.execute(b"SELECT extname, extversion FROM pg_extension").fetchall():
        if name not in there:
            yield Finding(f"extension {name}", BLOCKS, "the target has it not", "install its package there")
        elif there[name] != installed:
            yield Finding(
                f"extension {name}", NOTE, f"{installed} becomes {there[name]}", "read what changed"
            )


def _keyless(both: _Both) -> Iterator[Finding]:
    for table in both.tables:
        if table.unlogged:
            seen = f"no log carries it: its {size(table.bytes)} are copied while nobody writes"
            yield Finding(f"unlogged table {table.full_name}", NOTE, seen)
        elif not table.keyed and table.comparable:
            seen = "changed rows are found by all of their columns, which is slow for a large table"
            yield Finding(f"table {table.full_name} without a key", NOTE, seen, "give it a primary key")
        elif not table.keyed:
            seen = f"its rows cannot be told apart: its {size(table.bytes)} are copied while nobody writes"
            yield Finding(f"table {table.full_name} without a key", ACCEPT, seen, "give it a primary key")


def _things(both: _Both) -> Iterator[Finding]:
    """Things that do not come along, or that come along at the stop."""
    for weight, kind, query, seen, remedy in THINGS:
        for name in column(both.source, query):
            yield Finding(f"{kind} {name}", weight, seen, remedy)
    count = int(one(both.source, "SELECT count(*) FROM pg_largeobject_metadata"))
    if count:
        yield Finding("large objects", NOTE, f"{count} of them are compared, and copied, while nobody writes")


THINGS = (
    (
        BLOCKS,
        "foreign table",
        "SELECT oid::regclass FROM pg_class WHERE relkind = 'f'",
        "its rows lie elsewhere",
        "move them from where they lie, and drop it",
    ),
    (
        ACCEPT,
        "event trigger",
        "SELECT quote_ident(evtname) FROM pg_event_trigger",
        "it stays behind",
        "make it anew on the target if it is still needed",
    ),
    (
        BLOCKS,
        "prepared transaction",
        "SELECT gid FROM pg_prepared_xacts WHERE database = current_database()",
        "it holds rows that nobody has committed",
        "commit it or roll it back",
    ),
    (
        ACCEPT,
        "tablespace",
        "SELECT quote_ident(spcname) FROM pg_tablespace WHERE spcname !~ '^pg_'",
        "what lies in it comes into the target's own",
        "see that its disks are fast enough",
    ),
    (
        ACCEPT,
        "publication",
        "SELECT quote_ident(pubname) FROM pg_publication WHERE pubname !~ '^govcloud_'",
        "whoever reads it reads the source, and goes on doing so",
        "lead its readers to the target",
    ),
    (
        ACCEPT,
        "subscription",
        "SELECT quote_ident(subname) FROM pg_subscription s JOIN pg_database d ON d.oid = s.subdbid"
        " WHERE d.datname = current_database() AND subname !~ '^govcloud_'",
        "it stays behind",
        "make it anew on the target",
    ),
    (
        ACCEPT,
        "language",
        "SELECT quote_ident(lanname) FROM pg_language WHERE lanispl AND NOT lanpltrusted",
        "functions in it may do what the server's account may",
        "see that each of them may come along",
    ),
)
RULES = (_encoding, _extensions, _keyless, _things)
