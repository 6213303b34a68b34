"""One database as one side of a move: how the tool reaches it, and how the other server does."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo
from psycopg.rows import TupleRow

from govcloud.errors import ToolkitError
from govcloud.local import descriptor_path, unnamed
from govcloud.migrations.ties import tied_socket

Connection = psycopg.Connection[TupleRow]
APPLICATION = "govcloud"
SECONDS = 10
ALIVE: dict[str, Any] = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3}
_SETTINGS = {
    # A fenced database is read-only by default; what the tool does there it does on purpose.
    "default_transaction_read_only": "off",
    "statement_timeout": "0",
    "lock_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    # As text, every bit of a number and every instant is read as it was written, on all sides alike.
    "extra_float_digits": "3",
    "datestyle": "ISO",
    "intervalstyle": "postgres",
    "timezone": "UTC",
    "bytea_output": "hex",
    "client_encoding": "UTF8",
}
OURS = " ".join(f"-c {name}={value}" for name, value in _SETTINGS.items())
PROGRAMS = Path("/usr/lib/postgresql")


@dataclass(frozen=True)
class Endpoint:
    """A database on a server. `host` is a name, an address, or the directory of a socket.

    `seen_by_peer` is host and port under which the other side's server reaches this one.
    """

    label: str
    host: str
    port: int
    database: str
    user: str
    password: str = field(default="", repr=False)
    seen_by_peer: tuple[str, int] | None = None

    @property
    def where(self) -> str:
        """The database in an error."""
        return f"{self.label}, database {self.database}"

    def named(self, database: str) -> Endpoint:
        """Another database of the same server."""
        return replace(self, database=database)

    def as_user(self, user: str, password: str) -> Endpoint:
        """The same database under another account."""
        return replace(self, user=user, password=password)

    @contextmanager
    def connected(self, **more: Any) -> Iterator[Connection]:
        """A session that commits each statement by itself; ToolkitError where it is refused or lost."""
        with self.asking():
            connection = psycopg.connect(**self._words(), **ALIVE, options=OURS, autocommit=True, **more)
        try:
            with socket.socket(fileno=os.dup(connection.fileno())) as way, tied_socket(way), self.asking():
                yield connection
        finally:
            connection.close()

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Tells what goes wrong with the server in words that name it, and no secret."""
        try:
            yield
        except psycopg.Error as error:
            raise ToolkitError(_reason(error), self.where, _remedy(error)) from error

    def conninfo_for_peer(self) -> str:
        """How the other server connects here: what a subscription keeps, its password included."""
        host, port = self.seen_by_peer or (self.host, self.port)
        return make_conninfo(
            host=host,
            port=port,
            dbname=self.database,
            user=self.user,
            password=self.password or None,
            application_name=APPLICATION,
            connect_timeout=SECONDS,
            **ALIVE,
        )

    @contextmanager
    def environment(self) -> Iterator[tuple[dict[str, str], int]]:
        """What PostgreSQL's own programs need to connect, and the descriptor that they must be given."""
        cells = [self.host, str(self.port), "*", self.user, self.password]
        with unnamed(":".join(_escaped(cell) for cell in cells) + "\n") as kept:
            known = {
                **{name: value for name, value in os.environ.items() if not name.startswith("PG")},
                "PGHOST": self.host,
                "PGPORT": str(self.port),
                "PGUSER": self.user,
                "PGPASSFILE": descriptor_path(kept),
                "PGAPPNAME": APPLICATION,
                "PGOPTIONS": OURS,
            }
            yield known, kept

    def _words(self) -> dict[str, Any]:
        return {
            "host": self.host,
            "port": self.port,
            "dbname": self.database,
            "user": self.user,
            "password": self.password or None,
            "connect_timeout": SECONDS,
            "application_name": APPLICATION,
        }


def program(name: str) -> str:
    """PostgreSQL's own program of that name, the newest that is installed."""
    found = sorted(PROGRAMS.glob(f"*/bin/{name}"), key=lambda path: int(path.parts[-3]))
    if not found:
        raise ToolkitError(
            f"there is no {name}", remedy="install Debian's package postgresql-client-15 where the tool runs"
        )
    return str(found[-1])


def names(items: Sequence[str]) -> sql.Composed:
    """Identifiers in a list."""
    return sql.SQL(", ").join(map(sql.Identifier, items))


def _escaped(cell: str) -> str:
    return cell.replace("\\", "\\\\").replace(":", "\\:")


def _reason(error: psycopg.Error) -> str:
    diagnosed = error.diag.message_primary
    if diagnosed:
        detail = error.diag.message_detail
        return f"{diagnosed} ({detail.splitlines()[0]})" if detail else diagnosed
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__


def _remedy(error: psycopg.Error) -> str:
    if isinstance(error, psycopg.errors.InsufficientPrivilege):
        return "let the account that moves it be a superuser while it moves"
    if isinstance(error, psycopg.errors.InvalidAuthorizationSpecification | psycopg.errors.InvalidPassword):
        return "see the account, its password, and pg_hba.conf"
    if isinstance(error, psycopg.errors.DiskFull):
        return "make room there, then run it again: it goes on from there"
    if isinstance(error, psycopg.OperationalError):
        return "see that the server runs and lets us in, then run it again: it goes on from there"
    return "mend what the server says, then run it again"
