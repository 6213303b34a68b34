"""A department's application of the year 2008, as it was found: one table, one directory of attachments.

Settings come as environment variables: DATABASE (`host=… port=… dbname=…`) and ATTACHMENTS (a directory).
"""

from __future__ import annotations

import os
import uuid
from pathlib import Path

from flask import Flask, Response, abort, jsonify, request
from register import ADD, LATEST, ask

application = Flask(__name__)


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
