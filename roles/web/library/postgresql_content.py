#!/usr/bin/python3
"""Ansible module: an application's tables, the content that it begins with, and the rows declared for it.

The schema and the first content are laid down once, together, in an empty database: from then on they are
people's. Declared rows are kept as declared at every run. The reader may read everything and write nothing.
"""

from __future__ import annotations

from typing import Any

import psycopg2
from ansible.module_utils.basic import AnsibleModule
from psycopg2 import sql

DOCUMENTATION = """
module: postgresql_content
short_description: Tables and declared rows of an application's database
"""


def insert(cursor: Any, table: str, rows: list[dict[str, Any]]) -> None:
    for row in rows:
        columns = sql.SQL(", ").join(map(sql.Identifier, row))
        places = sql.SQL(", ").join(sql.Placeholder() * len(row))
        statement = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(sql.Identifier(table), columns, places)
        cursor.execute(statement, list(row.values()))


def lay_down(cursor: Any, schema: str, first: dict[str, list[dict[str, Any]]], reader: str) -> bool:
    """Make the tables, with their first content, in a database that has none; says whether it did."""
    cursor.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
    if cursor.fetchone()[0]:
        return False
    cursor.execute(schema)
    for table, rows in first.items():
        insert(cursor, table, rows)
    name = sql.Identifier(reader)
    cursor.execute(sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(name))
    cursor.execute(sql.SQL("GRANT SELECT ON ALL TABLES IN SCHEMA public TO {}").format(name))
    return True


def keep(cursor: Any, table: str, rows: list[dict[str, Any]]) -> bool:
    """Make a table's rows the declared ones, in their order; says whether they were not."""
    numbered = [{**row, "number": number} for number, row in enumerate(rows, 1)]
    columns = list(numbered[0]) if numbered else ["number"]
    wanted = [tuple(row.values()) for row in numbered]
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    cursor.execute(sql.SQL("SELECT {} FROM {} ORDER BY number").format(names, sql.Identifier(table)))
    if cursor.fetchall() == wanted:
        return False
    cursor.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))
    insert(cursor, table, numbered)
    return True


def main() -> None:
    module = AnsibleModule(
        {
            "database": {"required": True},
            "reader": {"required": True},
            "schema": {"required": True},
            "first": {"type": "dict", "required": True},
            "declared": {"type": "dict", "required": True},
        },
        supports_check_mode=True,
    )
    wanted = module.params
    try:
        connection = psycopg2.connect(dbname=wanted["database"])
    except psycopg2.OperationalError as error:
        if module.check_mode:
            module.exit_json(changed=True, msg="there is no such database yet")
        module.fail_json(msg=f"cannot log in to {wanted['database']}: {error}")
    with connection, connection.cursor() as cursor:
        changed = lay_down(cursor, wanted["schema"], wanted["first"], wanted["reader"])
        for table, rows in wanted["declared"].items():
            changed = keep(cursor, table, rows) or changed
        if module.check_mode:
            connection.rollback()
    connection.close()
    module.exit_json(changed=changed)


if __name__ == "__main__":
    main()
