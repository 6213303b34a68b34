"""How a database server on a host is reached from here, and how the other side's server reaches it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from govcloud.migrations.mariadb import Endpoint as MariadbEndpoint
from govcloud.migrations.postgresql import Endpoint
from govcloud.migrations.remote import Host, door_for, leading, led


@dataclass(frozen=True)
class PostgresqlServer:
    """A PostgreSQL on a host: its socket's directory, where it takes passwords, and its superuser's account.

    That account of the host is let in through the socket without a password, as Debian has it.
    """

    sockets: str = "/var/run/postgresql"
    address: str = "127.0.0.1"
    port: int = 5432
    account: str = "postgres"

    @property
    def socket(self) -> str:
        """The name of its socket file."""
        return f".s.PGSQL.{self.port}"


@dataclass(frozen=True)
class MariadbServer:
    """A MariaDB on a host: its socket file, through which the host's root is its root, as Debian has it."""

    socket: str = "/run/mysqld/mysqld.sock"


@dataclass(frozen=True)
class MariadbSide:
    """One side of a database's move: the host that was entered, its server, and the database."""

    host: Host
    server: MariadbServer
    database: str


@contextmanager
def reached(side: MariadbSide) -> Iterator[MariadbEndpoint]:
    """A side as the mover knows it; the two servers need not reach each other."""
    with TemporaryDirectory(prefix="govcloud-") as directory:
        place = Path(directory) / "socket"
        with leading(side.host, {"path": side.server.socket}, place):
            yield MariadbEndpoint(side.host.login.label, str(place), side.database)


@dataclass(frozen=True)
class PostgresqlSide:
    """One side of a database's move: the host that was entered, its server, and the database."""

    host: Host
    server: PostgresqlServer
    database: str


@contextmanager
def joined(source: PostgresqlSide, target: PostgresqlSide) -> Iterator[tuple[Endpoint, Endpoint]]:
    """Both sides as the mover knows them. Nothing is opened to any network: all goes over SSH."""
    with ExitStack() as stack:
        theirs = stack.enter_context(_reached(source))
        ours = stack.enter_context(_reached(target))
        yield (
            replace(theirs, seen_by_peer=_seen(stack, source, target)),
            replace(ours, seen_by_peer=_seen(stack, target, source)),
        )


@contextmanager
def _reached(side: PostgresqlSide) -> Iterator[Endpoint]:
    server = side.server
    with TemporaryDirectory(prefix="govcloud-") as directory:
        place = Path(directory) / server.socket
        wanted = {"path": f"{server.sockets}/{server.socket}"}
        with leading(side.host, wanted, place, server.account):
            yield Endpoint(side.host.login.label, directory, server.port, side.database, server.account)


def _seen(stack: ExitStack, side: PostgresqlSide, peer: PostgresqlSide) -> tuple[str, int]:
    """Where the other side's server finds this one: behind a door on its own host, or on the same host."""
    server = side.server
    wanted = {"address": server.address, "port": server.port}
    if side.host is peer.host:
        return server.address, server.port
    connect = stack.enter_context(led(side.host, wanted))
    door = door_for(peer.host, peer.server.account, server.socket, connect)
    return stack.enter_context(door), server.port
