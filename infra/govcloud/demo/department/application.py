"""A department's application of the year 2008, as it was found: one table, one directory of attachments.

Settings come as environment variables: DATABASE (a libpq connection string) and ATTACHMENTS (a directory).
"""

from __future__ import annotations

import os
import uuid
from pathlib import Path

import psycopg2
from flask import Flask, Response, abort, jsonify, request

application = Flask(__name__)
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


@application.get("/")
def front() -> Response:
    """The latest entries."""
    rows = "".join(f"<li>{number} {title} {written:%Y-%m-%d}</li>" for number, title, written in ask(LATEST))
    return Response(f"<title>{os.environ['TITLE']}</title><h1>{os.environ['TITLE']}</h1><ol>{rows}</ol>")


@application.post("/entries")
def add() -> Response:
    """Take in an entry, and the attachment that comes with it; answered once both are safe."""
    name = ""
    if request.data:
        name = f"{uuid.uuid4()}.bin"
        place = Path(os.environ["ATTACHMENTS"], name)
        with place.open("wb") as stream:
            stream.write(request.data)
            stream.flush()
            os.fsync(stream.fileno())
    title = request.args.get("title", "")
    if not title:
        abort(400)
    ((number,),) = ask(ADD, request.args.get("mark", ""), title, name)
    return jsonify({"id": number})
