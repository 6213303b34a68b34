"""The portal of the website group: every page is read from PostgreSQL at the moment it is asked for.

Each request opens a connection of its own and reads in one transaction that can write nothing; where the
database stands is told by libpq's own environment (PGHOST, PGDATABASE, …).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import psycopg2
import psycopg2.extras
from flask import Flask, Response, abort, jsonify, render_template

application = Flask(__name__)
application.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}

SECTIONS = {"news": "政务要闻", "notice": "通知公告"}
ON_FRONT = 6


@contextmanager
def reading() -> Iterator[Any]:
    """A cursor in a read-only transaction on a connection of this request's own."""
    with closing(psycopg2.connect(options="-c statement_timeout=5000")) as connection:
        connection.set_session(readonly=True)
        with connection, connection.cursor(cursor_factory=psycopg2.extras.DictCursor) as cursor:
            yield cursor


def rows(cursor: Any, query: str, *values: Any) -> list[Any]:
    cursor.execute(query, values)
    found: list[Any] = cursor.fetchall()
    return found


def frame(cursor: Any) -> dict[str, Any]:
    """What every page shows: the site's own words, and the database's clock."""
    return {
        "site": rows(cursor, "SELECT title, motto, keeper FROM site")[0],
        "read_at": rows(cursor, "SELECT clock_timestamp() AS now")[0]["now"],
        "sections": SECTIONS,
    }


def articles(cursor: Any, section: str, limit: int | None) -> list[Any]:
    query = (
        "SELECT id, title, published, source FROM article WHERE section = %s"
        " ORDER BY published DESC, id DESC LIMIT %s"
    )
    return rows(cursor, query, section, limit)


@application.get("/")
def front() -> str:
    with reading() as cursor:
        lists = {section: articles(cursor, section, ON_FRONT) for section in SECTIONS}
        websites = rows(cursor, "SELECT kind, name_zh, owner_zh, domain FROM website ORDER BY number")
        return render_template("front.html", lists=lists, websites=websites, **frame(cursor))


@application.get("/<any(news, notice):section>/")
def section(section: str) -> str:
    with reading() as cursor:
        found = articles(cursor, section, None)
        return render_template("section.html", section=section, articles=found, **frame(cursor))


@application.get("/articles/<int:number>")
def article(number: int) -> str:
    query = "SELECT section, title, body, published, source FROM article WHERE id = %s"
    with reading() as cursor:
        found = rows(cursor, query, min(number, 2**31 - 1))
        if not found:
            abort(404)
        return render_template("article.html", article=found[0], **frame(cursor))


@application.get("/healthz")
def healthz() -> Response:
    with reading() as cursor:
        read_at = frame(cursor)["read_at"]
        count = rows(cursor, "SELECT count(*) AS count FROM article")[0]["count"]
    return jsonify(status="ok", articles=count, read_at=read_at.isoformat())


@application.errorhandler(404)
def missing(_error: Exception) -> tuple[str, int]:
    return render_template("sorry.html", title="没有这个页面", words="您要找的页面不存在，或已移走。"), 404


@application.errorhandler(psycopg2.Error)
def without_database(error: Exception) -> tuple[str, int, dict[str, str]]:
    application.logger.error("the database did not answer: %s", str(error).strip())
    page = render_template("sorry.html", title="网站暂时无法访问", words="数据服务正在恢复，请稍后再试。")
    return page, 503, {"Retry-After": "10"}


@application.after_request
def fresh(response: Response) -> Response:
    """Nothing between the database and the reader may keep a page."""
    response.headers["Cache-Control"] = "no-store"
    return response
