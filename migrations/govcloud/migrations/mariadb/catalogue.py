"""What a database has: tables with their columns and keys, and how each column is written to a line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from govcloud.migrations.mariadb.endpoint import Connection, one, quoted, rows

OURS = "govcloud_move"
"""The database in which moves keep their records."""
NUMBERS = ("tinyint", "smallint", "mediumint", "int", "bigint", "decimal", "year", "double")
MOMENTS = ("date", "time", "datetime", "timestamp")
ADDRESSES = ("uuid", "inet4", "inet6")
"""Of binary text these take their bytes, not what it says."""
PLAIN = (*NUMBERS, *MOMENTS, *ADDRESSES)
CODED = ("enum", "set", "bit")
"""Kept as a number: a member's name would lose the empty one, and that of an error."""
FOLLOWED = ("InnoDB",)
_COLUMNS = """
SELECT TABLE_NAME, COLUMN_NAME, DATA_TYPE, GENERATION_EXPRESSION IS NOT NULL FROM information_schema.COLUMNS
WHERE TABLE_SCHEMA = DATABASE() ORDER BY TABLE_NAME, ORDINAL_POSITION
"""
_KEYS = """
SELECT TABLE_NAME, COLUMN_NAME FROM information_schema.STATISTICS
WHERE TABLE_SCHEMA = DATABASE() AND INDEX_NAME = 'PRIMARY' ORDER BY TABLE_NAME, SEQ_IN_INDEX
"""
_TABLES = """
SELECT TABLE_NAME, ENGINE, TABLE_TYPE, coalesce(TABLE_ROWS, 0), coalesce(DATA_LENGTH, 0)
FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()
AND TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED') ORDER BY DATA_LENGTH DESC, TABLE_NAME
"""


@dataclass(frozen=True)
class Column:
    """A column; `kind` is the type's name without its size."""

    name: str
    kind: str

    @property
    def read(self) -> str:
        """What the server writes of it: text without tabs and line breaks, and no bit lost."""
        name = quoted(self.name)
        if self.kind == "float":
            # As a double every digit of it is written; a float writes six.
            return f"CAST({name} AS DOUBLE)"
        if self.kind in CODED:
            return f"CAST({name} + 0 AS UNSIGNED)"
        if self.kind in PLAIN:
            return name
        return f"HEX({name})"

    @property
    def written(self) -> str:
        """What is made of that text, which stands in a variable."""
        if self.kind in CODED:
            return f"CAST({self.variable} AS UNSIGNED)"
        if self.kind in ADDRESSES:
            return f"CONVERT({self.variable} USING latin1)"
        if self.kind in PLAIN or self.kind == "float":
            return self.variable
        return f"UNHEX({self.variable})"

    @property
    def variable(self) -> str:
        """The variable into which a line's cell is read."""
        return "@" + quoted(f"c {self.name}")


@dataclass(frozen=True)
class Table:
    """A table of the database. `rows` and `bytes` are what the server estimates."""

    name: str
    engine: str
    versioned: bool
    rows: int
    bytes: int
    columns: tuple[Column, ...]
    key: tuple[str, ...]

    @property
    def followed(self) -> bool:
        """Whether a snapshot holds it still: the others are copied while nobody writes."""
        return self.engine in FOLLOWED

    @property
    def line(self) -> str:
        """The query's expression of one row as a line."""
        cells = [f"IFNULL({column.read}, '\\\\N')" for column in self.columns]
        return f"CONCAT_WS('\\t', {', '.join(cells)})"


def tables(connection: Connection) -> list[Table]:
    """Every table with rows of its own, the largest first."""
    columns: dict[str, list[Column]] = {}
    for table, name, kind, generated in rows(connection, _COLUMNS):
        if not generated:
            columns.setdefault(table, []).append(Column(name, kind))
    keys: dict[str, list[str]] = {}
    for table, name in rows(connection, _KEYS):
        keys.setdefault(table, []).append(name)
    return [
        Table(
            name,
            engine,
            kind == "SYSTEM VERSIONED",
            int(count),
            int(size),
            tuple(columns.get(name, ())),
            tuple(keys.get(name, ())),
        )
        for name, engine, kind, count, size in rows(connection, _TABLES)
    ]


def version(connection: Connection) -> tuple[int, int]:
    """The server's version."""
    words = str(one(connection, "SELECT VERSION()")).split("-")[0].split(".")
    return int(words[0]), int(words[1])


def is_mariadb(connection: Connection) -> bool:
    """Whether it is MariaDB rather than MySQL."""
    return "MariaDB" in str(one(connection, "SELECT VERSION()"))


def setting(connection: Connection, name: str) -> str:
    """A global setting, as text; empty where the server does not know it."""
    found = rows(connection, "SHOW GLOBAL VARIABLES LIKE %s", name.replace("_", "\\_"))
    return str(found[0][1]) if found else ""


def databases(connection: Connection) -> Sequence[str]:
    """Every database of the server that is not the server's own, nor ours."""
    own = ("mysql", "information_schema", "performance_schema", "sys", OURS)
    return [str(row[0]) for row in rows(connection, "SHOW DATABASES") if row[0] not in own]
