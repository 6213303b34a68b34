"""Compares the rows of two databases exactly, by digests that the servers themselves compute.

A row's canonical form is what PostgreSQL sends of it in binary: every bit of a number, every blank of a text,
in all versions alike. Each row has its SHA-256; rows fall into 256 buckets by the first byte of it, and a
bucket's digest is the SHA-256 over its rows' digests in order. So nothing depends on collations or keys, a
row that stands there twice counts twice, and no row crosses the network.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from psycopg import sql

from govcloud.migrations.comparing import Digest, Report, held_by, told
from govcloud.migrations.postgresql.catalogue import FIRST_USER_OID, OURS, one
from govcloud.migrations.postgresql.endpoint import Connection, Endpoint
from govcloud.migrations.together import together

SETTINGS = (
    b"SET search_path = pg_catalog",
    b"SET work_mem = '48MB'",
    b"SET max_parallel_workers_per_gather = 0",
)
BYTES_PER_SECOND = 60e6
ROWS_PER_SECOND = 120e3
SHOWN = 20
"""How many rows that differ are named."""
_RELATIONS = """
SELECT c.oid::regclass::text, n.nspname, c.relname, pg_table_size(c.oid), greatest(c.reltuples, 0)::float8,
       ARRAY(SELECT CASE WHEN t.oid >= %(user)s OR t.typtype <> 'b' THEN quote_ident(a.attname) || '::text'
                         ELSE quote_ident(a.attname) END
             FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
             WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE (c.relkind = 'r' OR c.relkind = 'm' AND c.relispopulated) AND n.nspname !~ '^pg_'
AND n.nspname NOT IN ('information_schema', %(ours)s)
AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
                AND d.deptype = 'e')
ORDER BY 4 DESC, 1
"""


@dataclass(frozen=True)
class Relation:
    """A table, or a materialized view, with what is read of each of its rows."""

    name: str
    schema: str
    relation: str
    bytes: int
    expected: float
    """How many rows it has, as the server remembers."""
    cells: list[str]

    @property
    def seconds(self) -> float:
        """How long comparing it takes, about: so it was measured on two cores, both servers at it."""
        return self.bytes / BYTES_PER_SECOND + self.expected / ROWS_PER_SECOND

    @property
    def rows(self) -> sql.Composed:
        """A query of the digest of each row, as `h`, and where the row lies, as `at`."""
        cells = sql.SQL(", ").join(map(sql.SQL, self.cells))
        row = sql.SQL("record_send(ROW({}))").format(cells) if self.cells else sql.SQL("''::bytea")
        place = sql.Identifier(self.schema, self.relation)
        return sql.SQL("SELECT sha256({}) AS h, ctid::text AS at FROM ONLY {}").format(row, place)


@contextmanager
def held(side: Endpoint) -> Iterator[tuple[str, str]]:
    """A snapshot of now, which lasts as long as the context: its name, and the position it stands for."""
    with side.connected() as connection:
        connection.execute(b"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        name = str(one(connection, "SELECT pg_export_snapshot()"))
        yield name, str(one(connection, "SELECT pg_current_wal_lsn()"))


def relations(side: Endpoint, snapshot: str) -> list[Relation]:
    """Every relation with rows, the largest first."""
    with _reading(side, snapshot) as connection:
        values = {"user": FIRST_USER_OID, "ours": OURS}
        return [Relation(*row) for row in connection.execute(_RELATIONS.encode(), values).fetchall()]


def quickest(side: Endpoint, snapshot: str, seconds: float) -> list[str]:
    """The relations that are compared first, until so many seconds are spent."""
    chosen = []
    for relation in sorted(relations(side, snapshot), key=lambda one: one.seconds):
        seconds -= relation.seconds
        if seconds < 0:
            break
        chosen.append(relation.name)
    return chosen


def compare_rows(
    source: Endpoint,
    target: Endpoint,
    at: tuple[tuple[str, str], tuple[str, str]],
    only: Sequence[str] | None = None,
    since: Set[str] = frozenset(),
) -> Report:
    """Compare all relations, or those named, as two snapshots hold them; each server does its own work.

    Of what was written at the target `since` it took writes, the source's digest is told and not compared.
    """
    (there, source_position), (here, target_position) = at
    begun = time.monotonic()
    wanted = {one.name: one for one in relations(source, there) if only is None or one.name in only}
    have = {one.name: one for one in relations(target, here) if only is None or one.name in only}
    differences = [f"{name}: is missing" for name in wanted.keys() - have.keys()]
    differences += [f"{name}: is not at the source" for name in have.keys() - wanted.keys()]
    both = [name for name in wanted if name in have]
    found: dict[str, Mapping[str, Any]] = {}
    for name in both:
        asked = [partial(_digest, source, there, wanted[name])]
        if name not in since:
            asked.append(partial(_digest, target, here, have[name]))
        left, *right = together(*asked)
        found[name] = held_by(left, wanted[name].bytes, name in since)
        for other in [digest for digest in right if digest != left]:
            line = _explained(source, target, (there, here), wanted[name], left, other)
            differences.append(f"{name}: {line}")
    size = sum(wanted[name].bytes for name in both)
    seconds = time.monotonic() - begun
    return Report(source_position, target_position, size, seconds, found, tuple(sorted(differences)))


@contextmanager
def _reading(side: Endpoint, snapshot: str) -> Iterator[Connection]:
    with side.connected() as connection:
        for setting in SETTINGS:
            connection.execute(setting)
        connection.execute(b"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        connection.execute(sql.SQL("SET TRANSACTION SNAPSHOT {}").format(sql.Literal(snapshot)))
        yield connection


def _digest(side: Endpoint, snapshot: str, relation: Relation) -> Digest:
    # OFFSET keeps the planner from writing the digest out wherever it is used, and so computing it twice.
    query = sql.SQL(
        "SELECT get_byte(h, 0), count(*), encode(sha256(string_agg(h, ''::bytea ORDER BY h)), 'hex')"
        " FROM ({} OFFSET 0) AS rows GROUP BY 1"
    ).format(relation.rows)
    with _reading(side, snapshot) as connection:
        rows = connection.execute(query).fetchall()
    return Digest(sum(row[1] for row in rows), {row[0]: row[2] for row in rows})


def _explained(
    source: Endpoint,
    target: Endpoint,
    snapshots: tuple[str, str],
    relation: Relation,
    theirs: Digest,
    ours: Digest,
) -> str:
    """In what rows two relations differ: how many, and where the first of them lie at the source."""
    buckets = theirs.unlike(ours)
    lost = _places(source, snapshots[0], relation, target, snapshots[1], buckets[:1])
    more = _places(target, snapshots[1], relation, source, snapshots[0], buckets[:1])
    lines = [f"at the source only: {', '.join(lost)}"] if lost else []
    lines += [f"here only: {', '.join(more)}"] if more else []
    return "; ".join([told(theirs, ours), *lines])


def _places(
    side: Endpoint,
    snapshot: str,
    relation: Relation,
    other: Endpoint,
    other_snapshot: str,
    buckets: Sequence[int],
) -> list[str]:
    """Where rows lie that one side has and the other has not, of some buckets."""
    query = sql.SQL("SELECT h, at FROM ({}) AS rows WHERE get_byte(h, 0) = ANY(%s) ORDER BY h").format(
        relation.rows
    )
    with _reading(side, snapshot) as here, _reading(other, other_snapshot) as there:
        known = {bytes(row[0]) for row in there.execute(query, [list(buckets)]).fetchall()}
        rows = here.execute(query, [list(buckets)]).fetchall()
    return [f"ctid {row[1]}" for row in rows if bytes(row[0]) not in known][:SHOWN]
