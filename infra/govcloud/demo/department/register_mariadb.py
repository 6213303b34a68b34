"""The department's register in MariaDB."""

from __future__ import annotations

import os

import pymysql

LATEST = "SELECT id, title, written FROM entry ORDER BY id DESC LIMIT 20"
ADD = "INSERT INTO entry (mark, title, attachment) VALUES (%s, %s, %s) RETURNING id"


def ask(query: str, *values: object) -> list[tuple[object, ...]]:
    """One transaction of its own, on a connection of its own."""
    said = dict(word.split("=", 1) for word in os.environ["DATABASE"].split())
    connection = pymysql.connect(
        host=said["host"],
        port=int(said["port"]),
        database=said["dbname"],
        user=said["user"],
        password=said["password"],
        ssl_ca=said.get("ssl_ca"),
        connect_timeout=3,
        charset="utf8mb4",
    )
    try:
        with connection.cursor() as cursor:
            cursor.execute(query, values)
            found = list(cursor.fetchall())
        connection.commit()
        return found
    finally:
        connection.close()
