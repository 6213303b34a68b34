"""The department's register in PostgreSQL."""

from __future__ import annotations

import os

import psycopg2

LATEST = "SELECT id, title, written FROM register.entry ORDER BY id DESC LIMIT 20"
ADD = "INSERT INTO register.entry (mark, title, attachment) VALUES (%s, %s, %s) RETURNING id"


def ask(query: str, *values: object) -> list[tuple[object, ...]]:
    """One transaction of its own, on a connection of its own."""
    connection = psycopg2.connect(os.environ["DATABASE"], connect_timeout=3)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(query, values)
            return list(cursor.fetchall())
    finally:
        connection.close()
