"""What a database holds, as its catalogue says: tables with their columns, keys and sizes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from psycopg import sql
from psycopg.rows import args_row

from govcloud.migrations.postgresql.endpoint import Connection

OURS = "govcloud_move"
"""The schema in which a move keeps its own records; it is no part of what is moved."""
FIRST_USER_OID = 16384
UNEQUAL = ["json", "xml", "point", "box", "path", "polygon", "circle", "line", "lseg"]
"""Types without an equality that the server could find a row by."""
_TABLES = """
SELECT c.oid, n.nspname, c.relname, quote_ident(n.nspname) || '.' || quote_ident(c.relname),
       c.relpersistence = 'u', pg_table_size(c.oid),
       greatest(c.relpages, pg_relation_size(c.oid) / current_setting('block_size')::int)::bigint,
       c.relreplident,
       EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary),
       ARRAY(SELECT a.attname::text FROM pg_attribute a
             WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped {generated}
             ORDER BY a.attnum),
       ARRAY(SELECT a.attname::text FROM pg_index i, unnest(i.indkey::int2[]) WITH ORDINALITY AS k(num, place)
             JOIN pg_attribute a ON a.attnum = k.num
             WHERE i.indrelid = c.oid AND i.indisprimary AND a.attrelid = c.oid ORDER BY k.place),
       NOT EXISTS (SELECT FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
                   WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                   AND (t.oid >= %(user)s OR t.typtype <> 'b')),
       NOT EXISTS (SELECT FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
                   LEFT JOIN pg_type b ON b.oid IN (t.typbasetype, t.typelem) AND t.typcategory IN ('A', 'U')
                   WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                   AND (t.typname = ANY(%(unequal)s) OR b.typname = ANY(%(unequal)s)))
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', %(ours)s)
AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
                AND d.deptype = 'e')
ORDER BY pg_table_size(c.oid) DESC, 2, 3
"""


@dataclass(frozen=True)
class Table:
    """One table that holds rows: an ordinary one, or a partition. Sizes are bytes and pages."""

    oid: int
    schema: str
    name: str
    full_name: str
    """`schema.name`, quoted where need be: no two tables share one."""
    unlogged: bool
    bytes: int
    pages: int
    identity: str
    """`relreplident`: d, n, f or i."""
    keyed: bool
    columns: list[str]
    """Those that can be written: generated ones are computed on either side."""
    key: list[str]
    builtin: bool
    """Whether every column is of a built-in type, whose binary form is the same in all versions moved."""
    comparable: bool
    """Whether every column's type has equality, which a table without a key needs to be followed."""

    @property
    def identifier(self) -> sql.Identifier:
        """The name in a statement."""
        return sql.Identifier(self.schema, self.name)

    @property
    def followed(self) -> bool:
        """Whether the server's log carries its changes; else it is copied while nobody writes."""
        return not self.unlogged and (self.keyed or self.comparable)


def version(connection: Connection) -> int:
    """The server's major version."""
    return connection.info.server_version // 10000


def tables(connection: Connection) -> tuple[Table, ...]:
    """Every table with rows of its own, the largest first; those of extensions are the extensions' own."""
    generated = sql.SQL("AND a.attgenerated = ''" if version(connection) >= 12 else "")
    query = sql.SQL(_TABLES).format(generated=generated)
    values = {"user": FIRST_USER_OID, "ours": OURS, "unequal": UNEQUAL}
    cursor = connection.cursor(row_factory=args_row(Table))
    return tuple(cursor.execute(query, values).fetchall())


def one(connection: Connection, query: str, *values: object) -> Any:
    """The first cell of the first row; None where there is no row."""
    row = connection.execute(query.encode(), values or None).fetchone()
    return None if row is None else row[0]


def column(connection: Connection, query: str, *values: object) -> list[str]:
    """The first cells of all rows, as text."""
    rows = connection.execute(query.encode(), values or None).fetchall()
    return [str(row[0]) for row in rows]
