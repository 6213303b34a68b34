"""Copies rows by generations: each from one snapshot of the source, several tables and pieces side by side.

A slot is made first, and its snapshot is what is copied; so the slot holds every change that the copy does
not. A snapshot ends with its session: after a kill, tables that had come whole stay, each followed from its
own generation's position on, and the others begin anew in a next generation.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import psycopg
from psycopg import sql

from govcloud.migrations.pace import Meter, Pace
from govcloud.migrations.postgresql import ledger
from govcloud.migrations.postgresql.catalogue import Table, one, tables, version
from govcloud.migrations.postgresql.endpoint import Connection, Endpoint
from govcloud.migrations.postgresql.slots import drop_slot, slot_name
from govcloud.migrations.sharing import share
from govcloud.progress import Progress

PIECE_PAGES = 32_768
"""Pages of a table that are copied in one go: 256 MiB; larger tables are copied in several, side by side."""
RANGES_FROM = 14
"""The first version that reads a range of pages without looking at all others."""
BATCH = 256 * 1024


@dataclass(frozen=True)
class Piece:
    """A table, or the pages `first` to before `last` of one."""

    table: Table
    number: int
    of: int
    first: int = 0
    last: int | None = None


def copy_all(
    source: Endpoint, target: Endpoint, move: str, pace: Pace, progress: Progress, workers: int
) -> dict[str, int]:
    """Copy every table that has not come whole; how many tables and bytes there are in all."""
    with source.connected() as reading, target.connected() as writing:
        ledger.make(writing)
        every = tables(reading)
        followed = [table for table in every if table.followed]
        left = [table for table in followed if table.full_name not in ledger.whole(writing)]
        number = 1 + max((one.number for one in ledger.generations(writing)), default=0)
        if left:
            _generation(source, target, reading, writing, move, number, left, pace, progress, workers)
        for generation in ledger.generations(writing):
            if generation.tables:
                ledger.copied(writing, generation.number)
    return {"tables": len(every), "bytes": sum(table.bytes for table in followed)}


def _generation(
    source: Endpoint,
    target: Endpoint,
    reading: Connection,
    writing: Connection,
    move: str,
    number: int,
    left: Sequence[Table],
    pace: Pace,
    progress: Progress,
    workers: int,
) -> None:
    """Copy these tables anew, from a snapshot of now."""
    ledger.begin(writing, number, [table.full_name for table in left])
    _drop_forgotten(reading, writing, move)
    emptied(writing, left)
    meter = Meter(progress, f"copying {source.database}", sum(table.bytes for table in left))
    with _snapshot(source, slot_name(move, number)) as (position, snapshot):
        ledger.positioned(writing, number, position)
        work = partial(_work, source, target, snapshot, number, pace, meter)
        share(pieces(left, version(reading)), [work] * workers)


def emptied(writing: Connection, left: Sequence[Table]) -> None:
    """Clear what an earlier generation has brought of these tables."""
    listed = sql.SQL(", ").join(table.identifier for table in left)
    writing.execute(sql.SQL("TRUNCATE ONLY {}").format(listed))


def _drop_forgotten(reading: Connection, writing: Connection, move: str) -> None:
    """Slots of generations that no table is followed by any more would keep the source's log for ever."""
    for generation in ledger.generations(writing):
        if not generation.tables:
            drop_slot(reading, slot_name(move, generation.number))


@contextlib.contextmanager
def _snapshot(source: Endpoint, slot: str) -> Iterator[tuple[str, str]]:
    """Make the slot; its position, and its snapshot, which lasts as long as the context."""
    with source.connected() as plain:
        drop_slot(plain, slot)
    with source.connected(replication="database") as replication:
        made = sql.SQL("CREATE_REPLICATION_SLOT {} LOGICAL pgoutput EXPORT_SNAPSHOT")
        row = replication.execute(made.format(sql.Identifier(slot))).fetchone()
        if row is None:
            raise ValueError("the server made a slot and said nothing")
        yield str(row[1]), str(row[2])


def pieces(every: Sequence[Table], source_version: int) -> Iterator[Piece]:
    """The pieces of these tables, in their order."""
    for table in every:
        count = -(-table.pages // PIECE_PAGES) if source_version >= RANGES_FROM else 1
        if count <= 1:
            yield Piece(table, 1, 1)
            continue
        for number in range(count):
            last = None if number == count - 1 else (number + 1) * PIECE_PAGES
            yield Piece(table, number + 1, count, number * PIECE_PAGES, last)


def _work(
    source: Endpoint,
    target: Endpoint,
    snapshot: str,
    generation: int,
    pace: Pace,
    meter: Meter,
    given: Iterator[Piece],
) -> None:
    """Copy the pieces that are given, by sessions of its own."""
    with source.connected() as reading, target.connected() as writing:
        writing.execute(b"SET synchronous_commit = off")
        # Rows come as they are: what triggers did stands in them already.
        writing.execute(b"SET session_replication_role = replica")
        reading.execute(b"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        reading.execute(sql.SQL("SET TRANSACTION SNAPSHOT {}").format(sql.Literal(snapshot)))
        for piece in given:
            with writing.transaction():
                _carry(reading, writing, piece, pace, meter)
                ledger.note_piece(writing, generation, piece.table.full_name, piece.number, piece.of)


def _carry(reading: Connection, writing: Connection, piece: Piece, pace: Pace, meter: Meter) -> None:
    """Stream one piece; memory holds one batch, and one row however long it is."""
    form = sql.SQL("(FORMAT binary)" if piece.table.builtin else "")
    given = sql.SQL("COPY {} TO STDOUT ").format(_rows(piece)) + form
    columns = sql.SQL(", ").join(map(sql.Identifier, piece.table.columns))
    taken = sql.SQL("COPY {} ({}) FROM STDIN ").format(piece.table.identifier, columns) + form
    if not piece.table.columns:
        taken = sql.SQL("COPY {} FROM STDIN ").format(piece.table.identifier) + form
    with reading.cursor().copy(given) as rows, writing.cursor().copy(taken) as sink:
        batch = bytearray()
        for row in rows:
            batch += row
            if len(batch) >= BATCH:
                _pass(sink, batch, pace, meter)
        _pass(sink, batch, pace, meter)


def _pass(sink: psycopg.Copy, batch: bytearray, pace: Pace, meter: Meter) -> None:
    pace.take(len(batch))
    sink.write(bytes(batch))
    meter.add(len(batch))
    batch.clear()


def _rows(piece: Piece) -> sql.Composed:
    """The rows of a piece, as COPY takes them; of one table alone, not of those that inherit from it."""
    columns = sql.SQL(", ").join(map(sql.Identifier, piece.table.columns))
    query = sql.SQL("SELECT {} FROM ONLY {}").format(columns, piece.table.identifier)
    if piece.of > 1:
        query += sql.SQL(" WHERE ctid >= {}::tid").format(sql.Literal(f"({piece.first},0)"))
        if piece.last is not None:
            query += sql.SQL(" AND ctid < {}::tid").format(sql.Literal(f"({piece.last},0)"))
    return sql.SQL("({})").format(query)


def copy_table(source: Connection, target: Connection, table: Table, pace: Pace, meter: Meter) -> None:
    """Copy one table anew, in one transaction of the target: for what no log carries."""
    with target.transaction():
        target.execute(b"SET LOCAL session_replication_role = replica")
        target.execute(sql.SQL("TRUNCATE ONLY {} CASCADE").format(table.identifier))
        _carry(source, target, Piece(table, 1, 1), pace, meter)


def position_of(connection: Connection) -> str:
    """Where the server's log ends now."""
    return str(one(connection, "SELECT pg_current_wal_lsn()"))
