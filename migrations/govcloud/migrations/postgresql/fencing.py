"""Fences a database: nobody but the move itself gets in, and who writes all the same is found and named.

Rights to connect are taken away, recorded first; sessions are ended; what superusers still begin is read-only
unless they say otherwise. Roles are not touched: they may serve other databases of the same server.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from psycopg import sql

from govcloud.errors import ToolkitError
from govcloud.migrations.night import Deadline
from govcloud.migrations.postgresql import ledger
from govcloud.migrations.postgresql.catalogue import one
from govcloud.migrations.postgresql.copying import position_of
from govcloud.migrations.postgresql.endpoint import APPLICATION, Connection, Endpoint
from govcloud.migrations.postgresql.slots import account_name, drop_slot, publications_of, watch_name

RIGHTS = "rights to connect"
READ_ONLY = "read-only by default"
PAUSE = 0.05
_RIGHTS = """
SELECT coalesce(g.rolname, ''), a.privilege_type, a.is_grantable, o.rolname
FROM pg_database d, aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a
LEFT JOIN pg_roles g ON g.oid = a.grantee JOIN pg_roles o ON o.oid = a.grantor
WHERE d.datname = current_database() AND a.privilege_type = 'CONNECT'
"""
_FROM_OTHERS = (
    b" FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    b" AND backend_type = 'client backend' AND application_name <> %s"
)
_US = [APPLICATION]
_OTHERS = b"SELECT pid, coalesce(usename, ''), coalesce(client_addr::text, 'itself'), application_name"


@dataclass(frozen=True)
class Session:
    """Somebody who is connected."""

    pid: int
    user: str
    address: str
    program: str

    def __str__(self) -> str:
        return f"{self.user} from {self.address}" + (f" ({self.program})" if self.program else "")


def sessions(connection: Connection) -> list[Session]:
    """Who is connected to the database besides the move."""
    rows = connection.execute(_OTHERS + _FROM_OTHERS, _US).fetchall()
    return [Session(*row) for row in rows]


def close_doors(side: Endpoint, move: str, read_only: bool = True) -> None:
    """Let nobody in any more but the account that reads changes; how it was is recorded first.

    `read_only` holds for whoever gets in all the same, and for workers that apply changes there.
    """
    with side.connected() as connection:
        ledger.make(connection)
        rows = [list(row) for row in connection.execute(_RIGHTS.encode()).fetchall()]
        reader = account_name(move)
        held = ledger.remember(connection, RIGHTS, [row for row in rows if row[0] != reader])
        named = sql.Identifier(side.database)
        with connection.transaction():
            for grantee, *_ in held:
                whom = sql.Identifier(grantee) if grantee else sql.SQL("PUBLIC")
                connection.execute(
                    sql.SQL("REVOKE CONNECT ON DATABASE {} FROM {} CASCADE").format(named, whom)
                )
            if read_only:
                locked = sql.SQL("ALTER DATABASE {} SET default_transaction_read_only = on")
                connection.execute(locked.format(named))
            if one(connection, "SELECT 1 FROM pg_roles WHERE rolname = %s", reader) is not None:
                words = (named, sql.Identifier(reader))
                connection.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(*words))


def open_doors(side: Endpoint) -> None:
    """Let people in as before; nothing where they were never kept out."""
    with side.connected() as connection:
        if not ledger.made(connection):
            return
        held = ledger.recall(connection, RIGHTS)
        if held is None:
            return
        named = sql.Identifier(side.database)
        with connection.transaction():
            for grantee, _, grantable, _grantor in held:
                whom = sql.Identifier(grantee) if grantee else sql.SQL("PUBLIC")
                more = sql.SQL(" WITH GRANT OPTION" if grantable and grantee else "")
                connection.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(named, whom) + more)
            connection.execute(sql.SQL("ALTER DATABASE {} RESET default_transaction_read_only").format(named))
            ledger.forget(connection, RIGHTS)


def writable(side: Endpoint) -> None:
    """Let the server itself write again, while people are still kept out."""
    with side.connected() as connection:
        named = sql.Identifier(side.database)
        connection.execute(sql.SQL("ALTER DATABASE {} RESET default_transaction_read_only").format(named))


def drain(side: Endpoint, deadline: Deadline) -> dict[str, Any]:
    """Let what is under way end: a session ends with its transaction, and nobody begins another.

    At half of the deadline it goes on all the same: the fence ends what still works then.
    """
    half = deadline.remaining() / 2
    with side.connected() as connection:
        while True:
            connection.execute(
                b"SELECT pg_terminate_backend(pid)" + _FROM_OTHERS + b" AND state = 'idle'", _US
            )
            busy = int(one(connection, (b"SELECT count(*)" + _FROM_OTHERS).decode(), *_US))
            if busy == 0 or deadline.remaining() < half:
                return {"under way": busy}
            time.sleep(PAUSE)


def fence(side: Endpoint, move: str, deadline: Deadline) -> dict[str, Any]:
    """End every session, and give the position behind which nobody has written; what was ended, by name."""
    ended: dict[int, Session] = {}
    with side.connected() as connection:
        while True:
            there = sessions(connection)
            if not there:
                break
            ended |= {session.pid: session for session in there}
            for session in there:
                connection.execute(b"SELECT pg_terminate_backend(%s)", [session.pid])
            deadline.demand(f"ending the sessions of {side.database}")
            time.sleep(PAUSE)
        drop_slot(connection, watch_name(move))
        connection.execute(b"SELECT pg_create_logical_replication_slot(%s, 'pgoutput')", [watch_name(move)])
        position = position_of(connection)
    return {"position": position, "ended": sorted({str(session) for session in ended.values()})}


def strays(side: Endpoint, move: str) -> tuple[int, list[str]]:
    """How many changes were made behind the fence, and who is or was connected there."""
    with side.connected() as connection:
        listed = ",".join(publications_of(connection, move))
        found = connection.execute(
            b"SELECT count(*) FROM pg_logical_slot_peek_binary_changes(%s, NULL, NULL, 'proto_version', '1',"
            b" 'publication_names', %s) WHERE get_byte(data, 0) IN (73, 85, 68, 84)",
            [watch_name(move), listed],
        ).fetchone()
        return (int(found[0]) if found else 0), [str(session) for session in sessions(connection)]


def demand_none(side: Endpoint, move: str) -> None:
    """ToolkitError that says how much was written behind the fence, and names who is there."""
    count, who = strays(side, move)
    if count:
        told = f"; connected: {'; '.join(who)}" if who else "; nobody is connected any more"
        raise ToolkitError(
            f"{count} changes were made behind the fence{told}",
            side.where,
            "stop what writes there (a schedule of a superuser, a script), then cut over again",
        )


def unwatch(side: Endpoint, move: str) -> None:
    """Take away what watches for strays."""
    with side.connected() as connection:
        drop_slot(connection, watch_name(move))
