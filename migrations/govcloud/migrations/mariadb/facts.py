"""What a database is, besides its rows: every definition, one text to a name, and what comes next."""

from __future__ import annotations

import re
from collections.abc import Iterator

from govcloud.migrations.mariadb.endpoint import Connection, quoted, rows

_NEXT = re.compile(r" AUTO_INCREMENT=\d+")
_STATUS = re.compile(r" (ENABLE|DISABLE ON SLAVE|DISABLE)(?= (?:COMMENT|DO))")
_CHARACTERS = (
    "SELECT DEFAULT_CHARACTER_SET_NAME, DEFAULT_COLLATION_NAME FROM information_schema.SCHEMATA"
    " WHERE SCHEMA_NAME = DATABASE()"
)
_STATED = (
    ("TABLES", "TABLE_NAME", "TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED')", "TABLE", 1),
    ("TABLES", "TABLE_NAME", "TABLE_TYPE = 'SEQUENCE'", "SEQUENCE", 1),
    ("TABLES", "TABLE_NAME", "TABLE_TYPE = 'VIEW'", "VIEW", 1),
    ("TRIGGERS", "TRIGGER_NAME", "TRUE", "TRIGGER", 2),
    ("ROUTINES", "ROUTINE_NAME", "ROUTINE_TYPE = 'PROCEDURE'", "PROCEDURE", 2),
    ("ROUTINES", "ROUTINE_NAME", "ROUTINE_TYPE = 'FUNCTION'", "FUNCTION", 2),
    ("ROUTINES", "ROUTINE_NAME", "ROUTINE_TYPE = 'PACKAGE'", "PACKAGE", 2),
    ("ROUTINES", "ROUTINE_NAME", "ROUTINE_TYPE = 'PACKAGE BODY'", "PACKAGE BODY", 2),
    ("EVENTS", "EVENT_NAME", "TRUE", "EVENT", 3),
)
"""Where things of a kind are listed, which they are, and in what cell their statement stands."""
_SCHEMA = {
    "TABLES": "TABLE_SCHEMA",
    "TRIGGERS": "TRIGGER_SCHEMA",
    "ROUTINES": "ROUTINE_SCHEMA",
    "EVENTS": "EVENT_SCHEMA",
}


def facts(connection: Connection) -> dict[str, str]:
    """Every fact of the database; names are `kind name`. Whether an event is held is none."""
    database = str(rows(connection, "SELECT DATABASE()")[0][0])
    found = {"character set": "/".join(rows(connection, _CHARACTERS)[0])}
    for listed, column, condition, kind, cell in _STATED:
        query = (
            f"SELECT {column} FROM information_schema.{listed}"
            f" WHERE {_SCHEMA[listed]} = DATABASE() AND {condition}"
        )
        for (name,) in rows(connection, query):
            stated = rows(connection, f"SHOW CREATE {kind} {quoted(str(name))}")[0]
            modes = str(stated[1]) if cell > 1 else ""
            text = _NEXT.sub("", str(stated[cell])).replace(f"{quoted(database)}.", "")
            found[f"{kind.lower()} {name}"] = f"{modes}\n{_STATUS.sub('', text)}"
    return found | dict(_numbers(connection))


def _numbers(connection: Connection) -> Iterator[tuple[str, str]]:
    """What the next row of a table will be numbered, and the next value of a sequence."""
    query = (
        "SELECT TABLE_NAME, AUTO_INCREMENT FROM information_schema.TABLES"
        " WHERE TABLE_SCHEMA = DATABASE() AND AUTO_INCREMENT IS NOT NULL"
    )
    for name, number in rows(connection, query):
        yield f"next number of {name}", str(number)
    query = (
        "SELECT TABLE_NAME FROM information_schema.TABLES"
        " WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE = 'SEQUENCE'"
    )
    for (name,) in rows(connection, query):
        yield (
            f"next value of {name}",
            str(rows(connection, f"SELECT next_not_cached_value FROM {quoted(name)}")[0][0]),
        )
