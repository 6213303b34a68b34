"""What no log carries, brought over while nobody writes: sequences, large objects, unlogged tables, views."""

from __future__ import annotations

from psycopg import sql

from govcloud.migrations.pace import Meter, Pace
from govcloud.migrations.postgresql import ledger
from govcloud.migrations.postgresql.catalogue import OURS, column, tables
from govcloud.migrations.postgresql.copying import copy_table
from govcloud.migrations.postgresql.endpoint import Connection

_SEQUENCES = """
SELECT quote_ident(schemaname) || '.' || quote_ident(sequencename) FROM pg_sequences
WHERE schemaname <> %s ORDER BY 1
"""
_PAGES = b"SELECT loid::bigint, pageno, md5(data) FROM pg_largeobject ORDER BY 1, 2"
_OBJECTS = b"""
SELECT m.oid::bigint, pg_get_userbyid(m.lomowner)::text, m.lomacl::text,
       obj_description(m.oid, 'pg_largeobject') FROM pg_largeobject_metadata m ORDER BY 1
"""
# Views that are built on others come after them.
_VIEWS = """
WITH RECURSIVE on_others(view, other) AS (
  SELECT r.ev_class, d.refobjid FROM pg_rewrite r JOIN pg_depend d ON d.objid = r.oid
  JOIN pg_class c ON c.oid = d.refobjid AND c.relkind IN ('m', 'v')
  WHERE d.classid = 'pg_rewrite'::regclass AND d.refobjid <> r.ev_class),
deep(view, depth) AS (
  SELECT oid, 0 FROM pg_class WHERE relkind IN ('m', 'v')
  UNION SELECT o.view, d.depth + 1 FROM on_others o JOIN deep d ON d.view = o.other WHERE d.depth < 100)
SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname) FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace JOIN deep ON deep.view = c.oid
WHERE c.relkind = 'm' AND c.relispopulated = ANY(%s) GROUP BY 1 ORDER BY max(deep.depth), 1
"""
DISABLED = "triggers"


def bring_rest(source: Connection, target: Connection, pace: Pace, meter: Meter) -> dict[str, int]:
    """Bring over all that no log carries; how much there was of each. May be done again."""
    return {
        "sequences": bring_sequences(source, target),
        "large objects": bring_large_objects(source, target, pace, meter),
        "tables": bring_unfollowed(source, target, pace, meter),
        "views": refresh_views(source, target),
    }


def bring_sequences(source: Connection, target: Connection) -> int:
    """Set each sequence to where it stands at the source."""
    names = column(source, _SEQUENCES, OURS)
    if not names:
        return 0
    each = sql.SQL(" UNION ALL ").join(
        sql.SQL("SELECT {}, last_value, is_called FROM {}").format(sql.Literal(name), sql.SQL(name))
        for name in names
    )
    rows = source.execute(each).fetchall()
    with target.transaction():
        for name, value, called in rows:
            target.execute(b"SELECT setval(%s::regclass, %s, %s)", [name, value, called])
    return len(rows)


def bring_large_objects(source: Connection, target: Connection, pace: Pace, meter: Meter) -> int:
    """Make the target's large objects what the source's are, page by page, with owners and rights."""
    wanted = {row[0]: row[1:] for row in source.execute(_OBJECTS).fetchall()}
    there = {row[0]: row[1:] for row in target.execute(_OBJECTS).fetchall()}
    if not wanted and not there:
        return 0
    pages = {(row[0], row[1]): row[2] for row in source.execute(_PAGES).fetchall()}
    have = {(row[0], row[1]): row[2] for row in target.execute(_PAGES).fetchall()}
    with target.transaction():
        for oid in there.keys() - wanted.keys():
            target.execute(b"SELECT lo_unlink(%s)", [oid])
        for oid in wanted.keys() - there.keys():
            target.execute(b"SELECT lo_create(%s)", [oid])
        changed = {oid for (oid, page), digest in pages.items() if have.get((oid, page)) != digest}
        changed |= {oid for oid, page in have if oid in wanted and (oid, page) not in pages}
        for oid in sorted(changed):
            _carry_object(source, target, oid, pace, meter)
        for oid, (owner, rights, said) in wanted.items():
            if there.get(oid) != (owner, rights, said):
                _describe(target, oid, owner, rights, said)
    return len(wanted)


def _carry_object(source: Connection, target: Connection, oid: int, pace: Pace, meter: Meter) -> None:
    """One object anew, a mebibyte at a time."""
    target.execute(b"SELECT lo_truncate64(lo_open(%s, 131072), 0)", [oid])
    at, step = 0, 1024 * 1024
    while True:
        row = source.execute(b"SELECT lo_get(%s, %s, %s)", [oid, at, step]).fetchone()
        part = bytes(row[0]) if row else b""
        if not part:
            return
        pace.take(len(part))
        target.execute(b"SELECT lo_put(%s, %s, %s)", [oid, at, part])
        meter.add(len(part))
        at += len(part)


def _describe(target: Connection, oid: int, owner: str, rights: str | None, said: str | None) -> None:
    number = sql.Literal(oid)
    target.execute(sql.SQL("ALTER LARGE OBJECT {} OWNER TO {}").format(number, sql.Identifier(owner)))
    target.execute(sql.SQL("COMMENT ON LARGE OBJECT {} IS {}").format(number, sql.Literal(said)))
    # As the catalogue has it: a right that was granted by another role has no statement of its own.
    target.execute(b"UPDATE pg_largeobject_metadata SET lomacl = %s::aclitem[] WHERE oid = %s", [rights, oid])


def bring_unfollowed(source: Connection, target: Connection, pace: Pace, meter: Meter) -> int:
    """Copy the tables anew whose changes no log carries."""
    left = [table for table in tables(source) if not table.followed]
    for table in left:
        copy_table(source, target, table, pace, meter)
    return len(left)


def refresh_views(source: Connection, target: Connection) -> int:
    """Fill materialized views anew, each behind those that it is built on; those that were filled there."""
    names = column(source, _VIEWS, [True])
    for name in names:
        target.execute(b"REFRESH MATERIALIZED VIEW " + name.encode())
    return len(names)


def hold_triggers(target: Connection) -> int:
    """Switch off what would fire for changes that come from the source, where it has fired already."""
    rows = target.execute(
        b"SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname), quote_ident(t.tgname),"
        b" t.tgenabled::text FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
        b" JOIN pg_namespace n ON n.oid = c.relnamespace"
        b" WHERE NOT t.tgisinternal AND t.tgenabled IN ('A', 'R')"
    ).fetchall()
    held = ledger.remember(target, DISABLED, [list(row) for row in rows])
    for table, trigger, _ in held:
        target.execute(f"ALTER TABLE ONLY {table} DISABLE TRIGGER {trigger}".encode())
    return len(held)


def free_triggers(target: Connection) -> None:
    """Switch them on again, as they were."""
    words = {"A": "ENABLE ALWAYS", "R": "ENABLE REPLICA"}
    for table, trigger, was in ledger.recall(target, DISABLED) or ():
        target.execute(f"ALTER TABLE ONLY {table} {words[was]} TRIGGER {trigger}".encode())
