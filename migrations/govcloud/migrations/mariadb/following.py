"""Follows the source: what its binary log holds behind the last applied position is done on the target."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from govcloud.errors import ToolkitError
from govcloud.migrations.mariadb import ledger
from govcloud.migrations.mariadb.binlog import Passing, Seen, tables_in
from govcloud.migrations.mariadb.copying import position_of
from govcloud.migrations.mariadb.endpoint import Endpoint, one, program, rows, run, turn
from govcloud.migrations.mariadb.feeding import fed
from govcloud.migrations.mariadb.ledger import Position
from govcloud.migrations.ties import tied

FIRST = 4
"""Where a binary log file's first event lies."""


def _all(_: str) -> bool:
    return True


def follow(
    source: Endpoint,
    target: Endpoint,
    move: str,
    until: Position | None = None,
    wanted: Callable[[str], bool] = _all,
    check: Callable[[], object] = lambda: None,
) -> int:
    """Apply all up to a position, or up to now; how many groups of rows.

    `check` is called over and over, and ends it by raising an error; what was applied until then stays.
    """
    with source.connected() as reading, target.connected(database=False) as writing:
        if one(writing, turn(move)) != 1:
            raise ToolkitError("another run applies its changes", target.where, "wait for it to end")
        begun = ledger.position(writing, move)
        if begun is None:
            raise ToolkitError("nothing has been copied yet", f"move {move}", "run it first")
        end = until or position_of(reading, source)
        files = _files(source, begun, end)
    seen = Seen()
    for name in files:
        first = begun.at if name == begun.file else FIRST
        stop = end.at if name == end.file else None
        if stop is None or first < stop:
            _apply(source, target, move, name, first, stop, wanted, seen, check)
    # Behind the last transaction of this database others may have written to other ones.
    with target.connected(database=False) as writing:
        run(writing, ledger.note_position(move, end))
    return seen.groups


def _files(source: Endpoint, begun: Position, end: Position) -> list[str]:
    """The log's files from one position to another, in their order; an error where one of them has gone."""
    with source.connected() as reading:
        every = [str(row[0]) for row in rows(reading, "SHOW BINARY LOGS")]
    if begun.file not in every:
        raise ToolkitError(
            f"its binary log no longer holds {begun}",
            source.where,
            "let it keep its log for longer; give the copy up, and begin anew (govcloud migrate abandon)",
        )
    return every[every.index(begun.file) : every.index(end.file) + 1]


def _apply(
    source: Endpoint,
    target: Endpoint,
    move: str,
    name: str,
    first: int,
    stop: int | None,
    wanted: Callable[[str], bool],
    seen: Seen,
    check: Callable[[], object],
) -> None:
    with (
        _written_out(source, target, name, first, stop) as lines,
        fed(target, ["--binary-mode", "--skip-reconnect"]) as client,
    ):
        note = lambda at: ledger.note_position(move, Position(name, at))  # noqa: E731
        client.write(f"{turn(move)};\n".encode())
        passing = Passing(note, wanted, seen, source.where)
        for count, line in enumerate(passing.lines(lines)):
            client.write(line)
            if count % 256 == 0:
                check()


@contextmanager
def _written_out(
    source: Endpoint, target: Endpoint, name: str, first: int, stop: int | None
) -> Iterator[Iterator[bytes]]:
    """The lines of one file of the log, of the source's database and named as the target's."""
    # Not --skip-annotate-row-events: with that, it reads on behind the position at which it is to stop.
    words = [
        "--read-from-remote-server",
        f"--database={source.database}",
        f"--rewrite-db={source.database}->{target.database}",
        f"--start-position={first}",
        *([f"--stop-position={stop}"] if stop is not None else []),
        name,
    ]
    with source.options() as (options, kept):
        process = subprocess.Popen(
            [*program("mariadb-binlog"), *options, *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=(kept,),
        )
        if process.stdout is None or process.stderr is None:
            raise ValueError("it was started without an output")
        try:
            with tied(process.kill):
                yield iter(process.stdout)
        finally:
            process.stdout.close()
            said = process.stderr.read().decode(errors="replace").strip()
            process.stderr.close()
            code = process.wait()
    if code != 0:
        raise ToolkitError(
            f"its binary log cannot be read: {said.splitlines()[-1] if said else f'ended with {code}'}",
            source.where,
            "see that the account may read it (REPLICATION SLAVE), then run it again",
        )


def lag(source: Endpoint, target: Endpoint, move: str) -> int:
    """Bytes of the source's log that have not been applied yet."""
    with source.connected() as reading, target.connected(database=False) as writing:
        begun = ledger.position(writing, move)
        if begun is None:
            raise ToolkitError("nothing has been copied yet", f"move {move}", "run it first")
        sizes = {str(row[0]): int(row[1]) for row in rows(reading, "SHOW BINARY LOGS")}
    if begun.file not in sizes:
        raise ToolkitError(
            f"its binary log no longer holds {begun}",
            source.where,
            "let it keep its log for longer; give the copy up, and begin anew (govcloud migrate abandon)",
        )
    names = list(sizes)
    left = sum(sizes[name] for name in names[names.index(begun.file) :])
    return max(0, left - begun.at)


def written_between(source: Endpoint, begun: Position) -> int:
    """How many groups of rows were written to the database from a position on."""
    seen = Seen()
    for lines in _from(source, begun):
        for _ in Passing(lambda _at: "", _all, seen, source.where).lines(lines):
            continue
    return seen.groups


def tables_written(source: Endpoint, begun: Position) -> set[str] | None:
    """The tables that were written to from a position on; None where it may have been any."""
    found: set[str] = set()
    for lines in _from(source, begun):
        tables = tables_in(lines)
        if tables is None:
            return None
        found |= tables
    return found


def _from(source: Endpoint, begun: Position) -> Iterator[Iterator[bytes]]:
    """What was written to the database from a position up to now, one file of the log after another."""
    with source.connected() as reading:
        end = position_of(reading, source)
    for name in _files(source, begun, end):
        first = begun.at if name == begun.file else FIRST
        stop = end.at if name == end.file else None
        if stop is None or first < stop:
            with _written_out(source, source, name, first, stop) as lines:
                yield lines
