"""Copies rows: the source builds lines, the target loads them; no cell is touched between.

All sessions that copy hold one snapshot: they are opened while commits wait, which takes a moment. Each
table is noted in the transaction that brings it. A snapshot ends with its session: after a kill, the tables
that had come whole are brought up to a new snapshot's position by the binary log, and the others are copied
from that.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial

from govcloud.errors import ToolkitError
from govcloud.migrations.mariadb import ledger
from govcloud.migrations.mariadb.catalogue import Table, is_mariadb
from govcloud.migrations.mariadb.endpoint import (
    MODE,
    Connection,
    Endpoint,
    quoted,
    rows,
    run,
    streamed,
    text,
    turn,
)
from govcloud.migrations.mariadb.feeding import fed
from govcloud.migrations.mariadb.ledger import Position
from govcloud.migrations.pace import Meter, Pace
from govcloud.migrations.sharing import share

BATCH = 256 * 1024
COMMITS_WAIT = 10
"""Seconds after which the stop of commits is given up, and tried again."""
TRIES = 5
_STOP = ("BACKUP STAGE START", "BACKUP STAGE BLOCK_COMMIT")
_GO_ON = "BACKUP STAGE END"


@contextmanager
def snapshots(source: Endpoint, count: int) -> Iterator[tuple[list[Connection], Position]]:
    """So many sessions that see one moment, and the binary log's position of it."""
    with ExitStack() as stack:
        sessions = [stack.enter_context(source.connected()) for _ in range(count)]
        for session in sessions:
            run(session, "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        for _ in range(TRIES):
            with _commits_stopped(source):
                for session in sessions:
                    run(session, "START TRANSACTION WITH CONSISTENT SNAPSHOT")
            seen = {_position_of_snapshot(session) for session in sessions}
            if len(seen) == 1:
                yield sessions, seen.pop()
                return
        raise ToolkitError(
            "no moment could be found that all sessions see", source.where, "copy it when less is written"
        )


def _position_of_snapshot(session: Connection) -> Position:
    """Where the binary log ended when the session's snapshot was taken, as the server itself says."""
    found = {
        str(name).lower(): str(value)
        for name, value in rows(session, "SHOW STATUS LIKE 'binlog\\_snapshot\\_%%'")
    }
    return Position(found["binlog_snapshot_file"], int(found["binlog_snapshot_position"]))


@contextmanager
def _commits_stopped(source: Endpoint) -> Iterator[Connection]:
    with source.connected() as connection:
        run(connection, f"SET SESSION lock_wait_timeout = {COMMITS_WAIT}")
        stop = _STOP if is_mariadb(connection) else ("FLUSH TABLES WITH READ LOCK",)
        try:
            for statement in stop:
                run(connection, statement)
            yield connection
        finally:
            run(connection, _GO_ON if is_mariadb(connection) else "UNLOCK TABLES")


def position_of(connection: Connection, side: Endpoint) -> Position:
    """Where the server's binary log ends now."""
    found = rows(connection, "SHOW MASTER STATUS")
    if not found:
        raise ToolkitError("it keeps no binary log", side.where, "set log_bin and binlog_format = ROW there")
    return Position(str(found[0][0]), int(found[0][1]))


def copy_tables(
    sessions: Sequence[Connection],
    target: Endpoint,
    move: str,
    every: Sequence[Table],
    pace: Pace,
    meter: Meter,
) -> None:
    """Copy these tables, each by one of the sessions; what was begun before is cleared first."""

    def work(session: Connection, given: Iterator[Table]) -> None:
        for table in given:
            copy_table(session, target, table, ledger.note_whole(move, table.name), pace, meter)

    share(every, [partial(work, session) for session in sessions])


def copy_table(
    session: Connection, target: Endpoint, table: Table, note: str, pace: Pace, meter: Meter
) -> None:
    """Bring a table's rows in one transaction, in place of those that are there, and the note with them."""
    with loading(target, table, note) as load:
        for batch in _lines(session, table):
            pace.take(len(batch))
            load(batch)
            meter.add(len(batch))


@contextmanager
def loading(target: Endpoint, table: Table, note: str) -> Iterator[Callable[[bytes], None]]:
    """Takes lines that are loaded into a table, in one transaction with a note.

    The statements come another way than the lines: where these end because we were killed, nothing is
    committed.
    """
    reading, writing = os.pipe()
    with os.fdopen(writing, "wb") as lines:
        try:
            with fed(target, ["--local-infile=1"], reading) as client:
                client.write(_loaded(table, f"/dev/fd/{reading}"))
                if client.process.stdin is not None:
                    client.process.stdin.flush()
                os.close(reading)
                reading = -1

                def load(part: bytes) -> None:
                    with client.giving(len(part)):
                        lines.write(part)

                try:
                    yield load
                    lines.close()
                except BrokenPipeError:
                    client.end()
                client.write(f"{note};\nCOMMIT;\n".encode())
        finally:
            if reading >= 0:
                os.close(reading)


def _loaded(table: Table, place: str) -> bytes:
    cells = ", ".join(column.variable for column in table.columns)
    made = ", ".join(f"{quoted(column.name)} = {column.written}" for column in table.columns)
    statements = (
        f"SET SESSION sql_mode = {text(MODE)}",
        "SET SESSION time_zone = '+00:00', foreign_key_checks = 0, unique_checks = 0",
        turn(f"table {table.name}"),
        f"TRUNCATE TABLE {quoted(table.name)}",
        "START TRANSACTION",
        f"LOAD DATA LOCAL INFILE '{place}' INTO TABLE {quoted(table.name)} CHARACTER SET binary"
        f" FIELDS TERMINATED BY '\\t' ESCAPED BY '\\\\' LINES TERMINATED BY '\\n' ({cells}) SET {made}",
    )
    return "".join(f"{statement};\n" for statement in statements).encode()


def _lines(session: Connection, table: Table) -> Iterator[bytes]:
    """The table's rows as lines, a batch at a time."""
    query = f"SELECT {table.line} FROM {quoted(table.name)}"
    parts: list[str] = []
    size = 0
    for (line,) in streamed(session, query):
        parts.append(line)
        size += len(line) + 1
        if size >= BATCH:
            yield _joined(parts)
            parts, size = [], 0
    if parts:
        yield _joined(parts)


def _joined(parts: list[str]) -> bytes:
    return ("\n".join(parts) + "\n").encode()
