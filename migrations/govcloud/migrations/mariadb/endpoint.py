"""One MariaDB database as one side of a move: how the tool and the server's own programs reach it."""

from __future__ import annotations

import hashlib
import os
import shutil
import socket as sockets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import pymysql
from pymysql.constants import CLIENT, ER
from pymysql.cursors import SSCursor

from govcloud.errors import ToolkitError
from govcloud.local import descriptor_path, unnamed
from govcloud.migrations.ties import tied_socket, within

Connection = pymysql.connections.Connection
SECONDS = 30.0
"""In which a server has to let us in."""
RUNS = "see that the server runs and lets us in, then run it again: it goes on from there"
TURN_WITHIN = 120
PROGRAM = "govcloud"
MODE = "ALLOW_INVALID_DATES,NO_AUTO_VALUE_ON_ZERO,NO_ENGINE_SUBSTITUTION"
"""What a session of ours takes and gives as it stands: impossible dates, a zero that is no new number."""
UNLOGGED = "SET SESSION sql_log_bin = 0"
"""What a move does to accounts and events, and its own records, is nothing that the other side is to do."""
SETTINGS = (
    "SET NAMES utf8mb4",
    f"SET SESSION sql_mode = '{MODE}'",
    "SET SESSION time_zone = '+00:00'",
    "SET SESSION foreign_key_checks = 0",
    "SET SESSION unique_checks = 0",
    "SET SESSION wait_timeout = 28800",
    "SET SESSION net_write_timeout = 3600",
    "SET SESSION net_read_timeout = 3600",
)


@dataclass(frozen=True)
class Endpoint:
    """A database on a server, reached through the socket file `socket`."""

    label: str
    socket: str
    database: str
    user: str = "root"
    password: str = field(default="", repr=False)

    @property
    def where(self) -> str:
        """The database in an error."""
        return f"{self.label}, database {self.database}"

    def named(self, database: str) -> Endpoint:
        """Another database of the same server."""
        return replace(self, database=database)

    @contextmanager
    def connected(self, database: bool = True) -> Iterator[Connection]:
        """A session that commits each statement by itself; ToolkitError where it is refused or lost."""
        with self._reached() as way, self.asking():
            connection = _ByFile(
                ssl_disabled=True,
                user=self.user,
                password=self.password,
                database=self.database if database else None,
                charset="utf8mb4",
                autocommit=True,
                client_flag=CLIENT.MULTI_STATEMENTS,
                program_name=PROGRAM,
                defer_connect=True,
            )
            with within(way, SECONDS):
                connection.connect(way)
            try:
                for setting in SETTINGS:
                    run(connection, setting)
                yield connection
            finally:
                connection.close()

    @contextmanager
    def _reached(self) -> Iterator[sockets.socket]:
        """A connection to the socket file, on which nothing has been said yet."""
        with sockets.socket(sockets.AF_UNIX) as way, tied_socket(way):
            way.settimeout(SECONDS)
            try:
                way.connect(self.socket)
            except OSError as error:
                why = error.strerror or "it does not answer"
                raise ToolkitError(f"nobody at {self.socket}: {why}", self.where, RUNS) from error
            yield way

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Tells what goes wrong with the server in words that name it, and no secret."""
        try:
            yield
        except pymysql.MySQLError as error:
            raise ToolkitError(_reason(error), self.where, _remedy(error)) from error

    @contextmanager
    def options(self) -> Iterator[tuple[list[str], int]]:
        """The words by which the server's own programs connect, and the descriptor that they are to have."""
        cells = {"socket": self.socket, "user": self.user, "password": self.password}
        lines = [f'{name}="{_escaped(value)}"' for name, value in cells.items()]
        with unnamed("\n".join(["[client]", *lines, ""])) as kept:
            yield [f"--defaults-file={descriptor_path(kept)}"], kept


class _ByFile(Connection):
    """A session through a socket file that is open already.

    Whoever may open the file sees what goes through it, and to another host it goes by SSH: a password may be
    sent as it is, where an account's way to prove itself wants that.
    """

    _secure = True


def run(connection: Connection, query: str, *values: Any) -> int:
    """Do a statement; how many rows it changed."""
    with connection.cursor() as cursor:
        return int(cursor.execute(query, values or None))


def rows(connection: Connection, query: str, *values: Any) -> list[tuple[Any, ...]]:
    """All rows of a query."""
    with connection.cursor() as cursor:
        cursor.execute(query, values or None)
        return list(cursor.fetchall())


def one(connection: Connection, query: str, *values: Any) -> Any:
    """The first cell of the first row; None where there is none."""
    found = rows(connection, query, *values)
    return found[0][0] if found else None


def streamed(connection: Connection, query: str) -> Iterator[tuple[Any, ...]]:
    """The rows of a query as they come, however many there are."""
    with connection.cursor(SSCursor) as cursor:
        cursor.execute(query)
        while found := cursor.fetchmany(1000):
            yield from found


def quoted(*names: str) -> str:
    """An identifier, with the names of what it lies in before it."""
    return ".".join("`" + name.replace("`", "``") + "`" for name in names)


def text(value: str) -> str:
    """A string as a literal, under any sql_mode but NO_BACKSLASH_ESCAPES, which is never ours."""
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"


def program(name: str) -> list[str]:
    """MariaDB's own program of that name, as the words that start it: it ends when we do, however we do."""
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/bin")
    if found is None:
        raise ToolkitError(
            f"there is no {name}", remedy="install Debian's package mariadb-client where the tool runs"
        )
    return ["setpriv", "--pdeathsig", "KILL", found]


def turn(what: str) -> str:
    """The statement that waits until no other session is at it, and holds it as long as the session lasts.

    The server may still do what a client that was killed had sent last: whoever comes next waits for that.
    """
    return f"SELECT GET_LOCK('govcloud {hashlib.sha256(what.encode()).hexdigest()[:40]}', {TURN_WITHIN})"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"')


def _reason(error: pymysql.MySQLError) -> str:
    said: Sequence[Any] = error.args
    return str(said[1] if len(said) > 1 else said[0] if said else type(error).__name__)


def _remedy(error: pymysql.MySQLError) -> str:
    code = error.args[0] if error.args else 0
    if code in (ER.ACCESS_DENIED_ERROR, ER.DBACCESS_DENIED_ERROR, ER.SPECIFIC_ACCESS_DENIED_ERROR):
        return "let the account that moves it have all rights while it moves"
    if isinstance(error, pymysql.OperationalError):
        return RUNS
    return "mend what the server says, then run it again"
