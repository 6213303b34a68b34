"""The binary log as `mariadb-binlog` writes it out: what is passed on, left out, or ends the move.

Rows come as `BINLOG` statements that the other server reads by itself. To each commit the position is added
up to which everything has been applied, so that both are durable together or not at all. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from govcloud.errors import ToolkitError

_END = re.compile(rb"^#.* end_log_pos (\d+) ")
_TABLE = re.compile(rb"\tTable_map: `(?:[^`]|``)*`\.`((?:[^`]|``)*)` mapped to number \d+\s*$")
_HARMLESS = re.compile(
    rb"^(#|$|/\*|DELIMITER |SET |use `|ROLLBACK|BEGIN\b|START TRANSACTION|COMMIT\b|SAVEPOINT )"
)
_OURS_TO_SET = re.compile(rb"^/\*M!\d+ SET @@session\.(gtid_domain_id|server_id|gtid_seq_no)=")
_TRUNCATE = re.compile(rb"^\s*TRUNCATE\s", re.IGNORECASE)
ROWS = b"BINLOG '"
ROWS_END = b"'/*!*/;"
STATEMENT_END = b"/*!*/;"
COMMIT = b"COMMIT/*!*/;"
BEGINS = (b"START TRANSACTION", b"BEGIN")
ROLLBACK = b"ROLLBACK"
DELIMITER = b"DELIMITER "
REMEDY = (
    "do not change definitions while it moves: give the copy up, and begin anew (govcloud migrate abandon)"
)


TOGETHER = 256
"""Transactions of the source that are one of the target: each commit waits for the disk."""
POINT = b"govcloud_begun"


@dataclass
class Seen:
    """What went through: how many groups of rows, and the position behind the last transaction."""

    groups: int = 0
    end: int = 0


class Passing:
    """Makes what one file of a log holds what the other server is to do.

    `note` gives the statement that notes a position. Rows of tables that are not `wanted` are left out. A
    group that has rows of both kinds is an error, and so is every statement but TRUNCATE: the definitions are
    no longer those that were copied.
    """

    def __init__(
        self, note: Callable[[int], str], wanted: Callable[[str], bool], seen: Seen, where: str
    ) -> None:
        self._note = note
        self._wanted = wanted
        self._seen = seen
        self._where = where
        self._end = 0
        self._tables: list[str] = []
        self._held = 0
        self._begun = False
        self._inside = False

    def lines(self, source: Iterator[bytes]) -> Iterator[bytes]:
        """The lines for the other server; what has been passed on is committed by the last of them."""
        for line in source:
            if found := _END.match(line):
                self._told(line, int(found[1]))
            elif line.startswith(ROWS):
                yield from self._rows([line, *_until(source, ROWS_END)])
            elif line.startswith(BEGINS):
                yield from self._begin(line, source)
            elif line.startswith(COMMIT):
                yield from self._commit()
            elif line.startswith(ROLLBACK):
                if self._inside:
                    yield b"ROLLBACK TO " + POINT + STATEMENT_END + b"\n"
                self._inside = False
            elif _TRUNCATE.match(line):
                yield from self._kept()
                yield line
                yield from _until(source, STATEMENT_END)
                self._seen.end = self._end
                yield f"{self._note(self._end)}/*!*/;\n".encode()
            elif not _HARMLESS.match(line):
                said = line.decode(errors="replace").strip()[:100]
                raise ToolkitError(
                    f"its definitions were changed while it moves: {said}", self._where, REMEDY
                )
            elif line.startswith(DELIMITER):
                if line.strip() == DELIMITER + b";":
                    yield from self._kept()
                yield line
            elif not line.startswith(b"#") and not _OURS_TO_SET.match(line):
                yield line

    def _told(self, line: bytes, end: int) -> None:
        self._end = end
        if table := _TABLE.search(line):
            self._tables.append(table[1].replace(b"``", b"`").decode())

    def _rows(self, group: list[bytes]) -> Iterator[bytes]:
        # One without tables says in what format those that follow are written.
        if not self._tables or _chosen(self._tables, self._wanted, self._where):
            self._seen.groups += bool(self._tables)
            yield from group
        self._tables = []

    def _begin(self, line: bytes, source: Iterator[bytes]) -> Iterator[bytes]:
        rest = list(_until(source, STATEMENT_END))
        if not self._begun:
            yield from (line, *rest)
            self._begun = True
        self._inside = True
        yield b"SAVEPOINT " + POINT + STATEMENT_END + b"\n"

    def _commit(self) -> Iterator[bytes]:
        self._seen.end = self._end
        self._inside = False
        self._held += 1
        if self._held >= TOGETHER:
            yield from self._kept()

    def _kept(self) -> Iterator[bytes]:
        """Commit what is held, with the position behind it."""
        if self._inside:
            yield b"ROLLBACK TO " + POINT + STATEMENT_END + b"\n"
        if self._begun:
            yield f"{self._note(self._seen.end)}/*!*/;\n".encode()
            yield COMMIT + b"\n"
        self._held, self._begun, self._inside = 0, False, False


def tables_in(source: Iterator[bytes]) -> set[str] | None:
    """The tables of which a log has rows; None where it has a statement that may have written to any."""
    found: set[str] = set()
    for line in source:
        if line.startswith(ROWS):
            for _ in _until(source, ROWS_END):
                continue
        elif table := _TABLE.search(line):
            found.add(table[1].replace(b"``", b"`").decode())
        elif not _HARMLESS.match(line):
            return None
    return found


def _until(source: Iterator[bytes], end: bytes) -> Iterator[bytes]:
    """Lines up to the one that ends a statement, with it."""
    for line in source:
        yield line
        if line.startswith(end):
            return


def _chosen(tables: list[str], wanted: Callable[[str], bool], where: str) -> bool:
    found = {wanted(table) for table in tables}
    if len(found) > 1:
        raise ToolkitError(
            f"one statement wrote to {', '.join(tables)}, of which not all are followed",
            where,
            "give the copy up, and begin anew (govcloud migrate abandon)",
        )
    return True in found
