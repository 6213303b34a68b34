"""A store in the table of a PostgreSQL database that Pulumi's own backend keeps there."""

from __future__ import annotations

import base64
import contextlib
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import psycopg
from psycopg import sql
from psycopg_pool import ConnectionPool

from govcloud.engine.stores.store import Record, StoreError

TABLE = "pulumi_state"
SECRET = frozenset({"password", "sslpassword"})
"""Words of the URL's query by which libpq would take a password."""
CONNECTIONS = 4
PATIENCE = 30.0
"""Seconds that the database may take to take us in."""
SCHEMA = sql.SQL(
    "CREATE TABLE IF NOT EXISTS {} (key TEXT PRIMARY KEY, data JSON NOT NULL,"
    " updated_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now())"
)


class Table:
    """A table, named as Pulumi names it: `postgres://user@host/database?sslmode=…&table=…`.

    The password comes from `PGPASSFILE` or `PGPASSWORD`, as it does for Pulumi, and is refused in the URL.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        query = dict(parse_qsl(parts.query))
        if parts.password or SECRET & query.keys():
            raise StoreError(
                "it holds a password", _without_password(url), "take it out; put it into a PGPASSFILE"
            )
        self.url = url
        self._table = query.pop("table", TABLE)
        if not re.fullmatch(r"[a-z_][a-z0-9_]{0,50}", self._table):
            raise StoreError(f"{self._table!r} cannot be a table's name", url, "use small letters and _")
        # Pulumi puts the database's name before its own names, as it does with a bucket's path.
        self._prefix = f"{parts.path.strip('/')}/" if parts.path.strip("/") else ""
        self._target = urlunsplit(parts._replace(query=urlencode(query)))
        self._pool: ConnectionPool[Any] | None = None

    @property
    def environment(self) -> Mapping[str, str]:
        """Pulumi's backend in the same table."""
        return {"PULUMI_BACKEND_URL": self.url}

    def names(self, prefix: str) -> list[str]:
        """The names below a prefix."""
        rows = self._rows("SELECT key FROM {} WHERE starts_with(key, %s) ORDER BY key", self._prefix + prefix)
        return [str(row[0]).removeprefix(self._prefix) for row in rows]

    def read(self, name: str) -> bytes | None:
        """A row's content."""
        found = self.record(name)
        return found.content if found else None

    def record(self, name: str) -> Record | None:
        """A row's content; its age is what the server's clock says."""
        rows = self._rows(
            "SELECT data, updated_at::text, extract(epoch FROM clock_timestamp() - updated_at)::float"
            " FROM {} WHERE key = %s",
            self._prefix + name,
        )
        return Record(_opened(rows[0][0]), rows[0][1], max(0.0, rows[0][2])) if rows else None

    def write(self, name: str, content: bytes) -> None:
        """Write a row."""
        self._rows(
            "INSERT INTO {} (key, data, updated_at) VALUES (%s, %s, clock_timestamp())"
            " ON CONFLICT (key) DO UPDATE SET data = excluded.data, updated_at = excluded.updated_at"
            " RETURNING key",
            self._prefix + name,
            _wrapped(content),
        )

    def create(self, name: str, content: bytes) -> bool:
        """Write a row that is not there yet."""
        return bool(
            self._rows(
                "INSERT INTO {} (key, data, updated_at) VALUES (%s, %s, clock_timestamp())"
                " ON CONFLICT (key) DO NOTHING RETURNING key",
                self._prefix + name,
                _wrapped(content),
            )
        )

    def exchange(self, name: str, content: bytes, version: str) -> str | None:
        """Write a row in the place of that very version."""
        rows = self._rows(
            "UPDATE {} SET data = %s, updated_at = clock_timestamp()"
            " WHERE key = %s AND updated_at::text = %s RETURNING updated_at::text",
            _wrapped(content),
            self._prefix + name,
            version,
        )
        return str(rows[0][0]) if rows else None

    def delete(self, name: str) -> None:
        """Delete a row."""
        self._rows("DELETE FROM {} WHERE key = %s RETURNING key", self._prefix + name)

    def _rows(self, statement: str, *values: str) -> list[tuple[Any, ...]]:
        """The rows that a statement gives; `{}` in it is the table."""
        made = sql.SQL(statement).format(sql.Identifier(self._table))
        with self._told(), self._connections().connection(timeout=PATIENCE) as connection:
            return list(connection.execute(made, values).fetchall())

    def _connections(self) -> ConnectionPool[Any]:
        if self._pool is None:
            pool = ConnectionPool(
                self._target, min_size=1, max_size=CONNECTIONS, open=False, timeout=PATIENCE
            )
            # Said at once by a connection of its own; a pool tries for as long as it may.
            with psycopg.connect(self._target, connect_timeout=int(PATIENCE)) as connection:
                connection.execute(SCHEMA.format(sql.Identifier(self._table)))
            pool.open(wait=True, timeout=PATIENCE)
            self._pool = pool
        return self._pool

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except psycopg.Error as error:
            said = " ".join(str(error).split())
            raise StoreError(
                f"the database failed: {said}", self.url, "see that it runs and that the account may use it"
            ) from error


def _wrapped(content: bytes) -> str:
    """Pulumi's form of a content."""
    return json.dumps({"data": base64.b64encode(content).decode()})


def _opened(data: Any) -> bytes:
    document = json.loads(data) if isinstance(data, str) else data
    return base64.b64decode(document["data"], validate=True)


def _without_password(url: str) -> str:
    shown = re.sub(r"(//[^/:@]*):[^@/]*@", r"\1@", url)
    return re.sub(rf"({'|'.join(SECRET)})=[^&]*", r"\1=…", shown)
