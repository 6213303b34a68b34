"""Carries roles and definitions, by PostgreSQL's own programs: before the rows, then the rest after them."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import psycopg
from psycopg import sql

from govcloud.errors import ToolkitError
from govcloud.local import descriptor_path, unnamed
from govcloud.migrations.postgresql import ledger
from govcloud.migrations.postgresql.catalogue import OURS, column, one
from govcloud.migrations.postgresql.endpoint import Connection, Endpoint, program
from govcloud.migrations.sharing import share

HELD_BACK = ("MATERIALIZED VIEW DATA", "EVENT TRIGGER", "SUBSCRIPTION", "PUBLICATION", "PUBLICATION TABLE")
"""What is not made from the dump: filled while nobody writes, accepted as left behind, or the move's own."""
REFERENCES = " FK CONSTRAINT "
SIDE_BY_SIDE = (" INDEX ", " CONSTRAINT ")
"""What is made for one table, without a look at others, and takes long."""
DUMP = "definitions"
AGREE_WITHIN = 60.0
PAUSE = 1.0
_MARKED = "SELECT coalesce(shobj_description(oid, 'pg_database'), '') FROM pg_database WHERE datname = %s"
_COUNT = "SELECT count(*) FROM pg_class WHERE relnamespace::regnamespace::text !~ '^(pg_|information_schema)'"
_ROLES = b"""
WITH RECURSIVE wanted(oid) AS (
  SELECT DISTINCT r.oid FROM pg_shdepend s JOIN pg_roles r ON r.oid = s.refobjid
  WHERE s.refclassid = 'pg_authid'::regclass AND r.rolname !~ '^pg_'
  AND (s.dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
       OR (s.dbid = 0 AND s.classid = 'pg_database'::regclass
           AND s.objid = (SELECT oid FROM pg_database WHERE datname = current_database())))
  UNION SELECT m.roleid FROM pg_auth_members m JOIN wanted w ON w.oid = m.member
        JOIN pg_roles r ON r.oid = m.roleid WHERE r.rolname !~ '^pg_')
SELECT a.rolname, a.rolinherit, a.rolcanlogin, a.rolconnlimit, a.rolpassword, a.rolsuper,
       ARRAY(SELECT g.rolname::text FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid
             WHERE m.member = a.oid)
FROM pg_authid a JOIN wanted w ON w.oid = a.oid WHERE a.oid <> 10 ORDER BY 1
"""


def carry_roles(source: Connection, target: Connection) -> list[str]:
    """Make the roles that own or may do anything in the database, their passwords' verifiers as they are.

    A role of that name that is there already stays as it is. Nobody becomes a superuser. Gives their names.
    """
    rows = source.execute(_ROLES).fetchall()
    there = set(column(target, "SELECT rolname FROM pg_roles"))
    for name, inherit, login, limit, verifier, _super, _groups in rows:
        if name not in there:
            words: list[sql.Composable] = [
                sql.SQL("INHERIT" if inherit else "NOINHERIT"),
                sql.SQL("LOGIN" if login else "NOLOGIN"),
            ]
            words.append(sql.SQL("CONNECTION LIMIT {}").format(sql.Literal(limit)))
            if verifier is not None:
                words.append(sql.SQL("PASSWORD {}").format(sql.Literal(verifier)))
            made = sql.SQL("CREATE ROLE {} ").format(sql.Identifier(name)) + sql.SQL(" ").join(words)
            with target.transaction():
                # Not even a server that logs every statement writes the verifier down.
                target.execute(
                    "SET LOCAL log_statement = 'none'; SET LOCAL log_min_error_statement = 'panic'"
                )
                target.execute(made)
    for name, *_, groups in rows:
        for group in groups:
            target.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(group), sql.Identifier(name)))
    return [str(row[0]) for row in rows]


def make_database(source: Connection, target: Endpoint, maintenance: str, move: str) -> None:
    """Make the database with the source's encoding and collation, for this move and no other.

    ToolkitError where one of that name stands there that this move has not made.
    """
    row = source.execute(
        b"SELECT pg_encoding_to_char(encoding), datcollate, datctype"
        b" FROM pg_database WHERE datname = current_database()"
    ).fetchone()
    encoding, collate, ctype = row or ("", "", "")
    with target.named(maintenance).connected() as server:
        mark = _mark(move)
        found = one(server, _MARKED, target.database)
        if found is None:
            made = "CREATE DATABASE {} TEMPLATE template0 ENCODING {} LC_COLLATE {} LC_CTYPE {}"
            cells = [sql.Literal(cell) for cell in (encoding, collate, ctype)]
            server.execute(sql.SQL(made).format(sql.Identifier(target.database), *cells))
        elif found != mark and not _empty(target):
            raise ToolkitError(
                "it stands there already, and this move has not made it",
                target.where,
                "name another database, or take that one away",
            )
        server.execute(
            sql.SQL("COMMENT ON DATABASE {} IS {}").format(sql.Identifier(target.database), sql.Literal(mark))
        )


def drop_database(target: Endpoint, maintenance: str, move: str) -> None:
    """Take the database away with all that is in it; ToolkitError where this move has not made it."""
    with target.named(maintenance).connected() as server:
        found = one(server, _MARKED, target.database)
        if found is None:
            return
        if found != _mark(move):
            raise ToolkitError(
                "this move has not made it", target.where, "take it away yourself, if it may go"
            )
        server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(target.database)))


def _mark(move: str) -> str:
    return f"govcloud: made by move {move}"


def _empty(target: Endpoint) -> bool:
    """Whether nothing was made in it yet: the platform's own configuration may have made it for this."""
    with target.connected() as inside:
        return int(one(inside, _COUNT)) == 0


def carry_definitions(source: Endpoint, target: Endpoint, directory: Path) -> None:
    """Make what must stand before rows come: types, tables, functions, views. All of it or nothing.

    Keeps the dump in `directory`: what comes after the rows is made from the same.
    """
    dump = directory / DUMP
    words = ["pg_dump", "-d", source.database, "-Fc", "--schema-only", "--no-blobs", "-N", OURS]
    _run(source, [*words, "-f", str(dump)], "its definitions cannot be read")
    made = ["pg_restore", "-d", target.database, "--exit-on-error", "--single-transaction"]
    _run(target, [*made, "--section=pre-data", str(dump)], "its definitions cannot be made")


def entries(target: Endpoint, directory: Path) -> list[str]:
    """What comes after the rows, as pg_restore lists it; not what is held back."""
    dump = directory / DUMP
    with target.environment() as (environment, kept):
        done = subprocess.run(
            [program("pg_restore"), "--list", "--section=post-data", str(dump)],
            env=environment,
            pass_fds=(kept,),
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode != 0:
        raise ToolkitError(f"the dump cannot be read: {_last(done.stderr)}", str(dump), "run it again")
    lines = [line for line in done.stdout.splitlines() if line and not line.startswith(";")]
    return [line for line in lines if not any(f" {kind} " in line for kind in HELD_BACK)]


def carry_side_by_side(target: Endpoint, directory: Path, entries: Sequence[str], workers: int) -> None:
    """Make several things that come after the rows, none of which needs another."""

    def carry(given: Iterator[str]) -> None:
        for entry in given:
            carry_entry(target, directory, entry)

    share(entries, [carry] * workers)


def carry_entry(target: Endpoint, directory: Path, entry: str) -> None:
    """Make one thing that comes after the rows, and note it in the same transaction; once."""
    _, _, what = entry.partition("; ")
    name = f"entry {what.split(' ', 2)[2]}"
    script = _script(target, directory / DUMP, entry)
    with target.connected() as connection, connection.transaction():
        if ledger.recall(connection, name) is not None:
            return
        connection.execute(b"SET LOCAL maintenance_work_mem = '256MB'")
        connection.execute(script.encode())
        connection.execute(b"RESET search_path")
        ledger.remember(connection, name, True)


def _script(target: Endpoint, dump: Path, entry: str) -> str:
    """The statements of one entry, without psql's own commands."""
    with unnamed(f"{entry}\n") as chosen, target.environment() as (environment, kept):
        words = [program("pg_restore"), "-L", descriptor_path(chosen), "-f", "-", str(dump)]
        done = subprocess.run(
            words, env=environment, pass_fds=(kept, chosen), capture_output=True, text=True, check=False
        )
    if done.returncode != 0:
        raise ToolkitError(f"the dump cannot be read: {_last(done.stderr)}", str(dump), "run it again")
    return "\n".join(line for line in done.stdout.splitlines() if not line.startswith("\\"))


def exists(side: Endpoint, maintenance: str) -> bool:
    """Whether the database is there."""
    with side.named(maintenance).connected() as server:
        return one(server, "SELECT 1 FROM pg_database WHERE datname = %s", side.database) is not None


def stands(target: Endpoint, maintenance: str) -> bool:
    """Whether the database is there, and something in it."""
    return exists(target, maintenance) and not _empty(target)


def carry_reference(target: Endpoint, directory: Path, entry: str) -> None:
    """Make a reference between tables, whose rows may come from different generations.

    While changes are applied, one table may be ahead of another for a moment: it is tried again for a while.
    """
    until = time.monotonic() + AGREE_WITHIN
    while True:
        try:
            carry_entry(target, directory, entry)
        except ToolkitError as error:
            violated = isinstance(error.__cause__, psycopg.errors.ForeignKeyViolation)
            if not violated or time.monotonic() > until:
                raise
            time.sleep(PAUSE)
        else:
            return


def _run(side: Endpoint, words: Sequence[str], what: str) -> None:
    with side.environment() as (environment, kept):
        done = subprocess.run(
            [program(words[0]), *words[1:]],
            env=environment,
            pass_fds=(kept,),
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode != 0:
        raise ToolkitError(
            f"{what}: {_last(done.stderr)}", side.where, "mend what the server says, then run it again"
        )


def _last(text: str) -> str:
    """The line that says what was wrong."""
    lines = [line for line in text.strip().splitlines() if "error" in line.lower()]
    return (lines or text.strip().splitlines() or ["it said nothing"])[0][:500]
