"""Compares the rows of two databases exactly, by digests that the servers themselves compute.

A row's canonical form is the line by which it is copied: every bit of it. Each line has its SHA-256; lines
fall into 256 buckets by the first byte of that, and a bucket's digest is the SHA-256 over its lines' digests
in order. So nothing depends on collations or keys, and a row that stands there twice counts twice.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from functools import partial
from typing import Any

from govcloud.migrations.comparing import Digest, Report, held_by, told
from govcloud.migrations.mariadb.catalogue import Table, tables
from govcloud.migrations.mariadb.endpoint import Connection, Endpoint, quoted, rows, run
from govcloud.migrations.together import together

MOST = 1 << 30
"""Bytes of digests that a bucket may have: 16 million rows in one of 256."""
EVERY = (1 << 64) - 1
"""A limit that is none. With one the server computes a digest once; else for every use that is made of it."""


def digest(connection: Connection, table: Table) -> Digest:
    """A table's, as this session sees it."""
    run(connection, f"SET SESSION group_concat_max_len = {MOST}")
    # All of a line is ASCII; as another character set each piece of it would be converted.
    run(connection, "SET SESSION character_set_connection = latin1")
    query = (
        "SELECT LEFT(h, 2), COUNT(*), SHA2(GROUP_CONCAT(h ORDER BY h SEPARATOR ''), 256) FROM"
        f" (SELECT SHA2({table.line}, 256) AS h FROM {quoted(table.name)} LIMIT {EVERY}) AS found GROUP BY 1"
    )
    found = rows(connection, query)
    run(connection, "SET SESSION character_set_connection = utf8mb4")
    return Digest(sum(int(row[1]) for row in found), {int(str(row[0]), 16): str(row[2]) for row in found})


@contextmanager
def held(side: Endpoint) -> Iterator[Connection]:
    """A session that sees a database as it is now, whatever is written from now on."""
    with side.connected() as session:
        run(session, "START TRANSACTION WITH CONSISTENT SNAPSHOT")
        yield session


def compare(
    source: Connection,
    target: Connection,
    positions: tuple[str, str],
    only: Sequence[str] | None = None,
    since: Set[str] = frozenset(),
) -> Report:
    """Compare all tables, or those named, as two sessions see them; each server does its own work.

    Of what was written at the target `since` it took writes, the source's digest is told and not compared.
    """
    begun = time.monotonic()
    theirs, ours = ({one.name: one for one in tables(side)} for side in (source, target))
    chosen = [name for name in theirs if only is None or name in only]
    differences = [f"{name}: is missing" for name in chosen if name not in ours]
    if only is None:
        differences += [f"{name}: is not at the source" for name in ours.keys() - theirs.keys()]
    found: dict[str, Mapping[str, Any]] = {}
    for name in [one for one in chosen if one in ours]:
        asked = [partial(digest, source, theirs[name])]
        if name not in since:
            asked.append(partial(digest, target, ours[name]))
        left, *right = together(*asked)
        found[name] = held_by(left, theirs[name].bytes, name in since)
        differences += [f"{name}: {told(left, one)}" for one in right if one != left]
    size = sum(theirs[name].bytes for name in found)
    return Report(*positions, size, time.monotonic() - begun, found, tuple(sorted(differences)))
