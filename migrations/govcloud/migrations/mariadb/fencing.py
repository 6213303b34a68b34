"""Fences a database: the accounts that may do anything in it are locked; who writes all the same is named.

At the target nobody has a right yet: rights are given at the release, and taken away again on the way home.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from govcloud.errors import ToolkitError
from govcloud.migrations.mariadb import ledger, schema
from govcloud.migrations.mariadb.accounts import Account, Comers, accounts, grants, named
from govcloud.migrations.mariadb.copying import position_of
from govcloud.migrations.mariadb.endpoint import UNLOGGED, Connection, Endpoint, one, quoted, rows, run
from govcloud.migrations.mariadb.following import written_between
from govcloud.migrations.mariadb.ledger import Position
from govcloud.migrations.night import Deadline

LOCKED = "accounts that were locked"
EVENTS = "events that were stopped"
PAUSE = 0.05
"""Seconds until a session that was ended is looked for again."""
FRESH = 0.15
"""Seconds between two looks at transactions: whoever asks within a tenth is told of the same ones again.

So InnoDB keeps `INNODB_TRX` (CACHE_MIN_IDLE_TIME_NS in its trx0i_s.cc): it reads anew what nobody has read
for so long.
"""
_SESSIONS = """
SELECT p.ID, p.USER, p.HOST, coalesce(p.INFO, p.COMMAND), t.trx_id IS NOT NULL OR p.COMMAND <> 'Sleep'
FROM information_schema.PROCESSLIST p
LEFT JOIN information_schema.INNODB_TRX t ON t.trx_mysql_thread_id = p.ID
WHERE p.ID <> CONNECTION_ID()
"""


@dataclass(frozen=True)
class Session:
    """Somebody who is connected; `busy` with a statement or within a transaction."""

    number: int
    user: str
    host: str
    doing: str
    busy: bool

    def __str__(self) -> str:
        return f"{self.user} from {self.host.rpartition(':')[0] or self.host}"


def sessions(connection: Connection, users: Sequence[str]) -> list[Session]:
    """The sessions of these users."""
    found = [
        Session(int(number), str(user), str(host), str(doing), bool(busy))
        for number, user, host, doing, busy in rows(connection, _SESSIONS)
    ]
    return [session for session in found if session.user in users]


def close_doors(side: Endpoint, move: str) -> list[str]:
    """Lock the accounts that may do anything in the database, and stop its events; the users' names.

    Which accounts and events these are is recorded first. Nothing of this goes into the binary log.
    """
    with side.connected() as connection:
        run(connection, UNLOGGED)
        ledger.make(connection)
        known = accounts(connection, side.database)
        open_ = [list(account) for account in known if not _locked(connection, account)]
        locked = ledger.remember(connection, move, LOCKED, open_)
        events = ledger.remember(connection, move, EVENTS, schema.running_events(connection))
        for user, host in locked:
            run(connection, f"ALTER USER {named((user, host))} ACCOUNT LOCK")
        for event in events:
            run(connection, f"ALTER EVENT {quoted(event)} DISABLE")
        return sorted({user for user, _ in known})


def open_doors(side: Endpoint, move: str) -> None:
    """Unlock the accounts that were locked, and let the events run; nothing where that was never done."""
    with side.connected() as connection:
        run(connection, UNLOGGED)
        for user, host in ledger.recall(connection, move, LOCKED) or ():
            run(connection, f"ALTER USER {named((user, host))} ACCOUNT UNLOCK")
        for event in ledger.recall(connection, move, EVENTS) or ():
            run(connection, f"ALTER EVENT {quoted(event)} ENABLE")
        for what in (LOCKED, EVENTS):
            ledger.forget(connection, move, what)


def _locked(connection: Connection, account: Account) -> bool:
    return " ACCOUNT LOCK" in str(one(connection, f"SHOW CREATE USER {named(account)}"))


def drain(side: Endpoint, users: Sequence[str], deadline: Deadline) -> dict[str, Any]:
    """Let what is under way end: a session ends with its transaction, and nobody begins another.

    At half of the deadline it goes on all the same: the fence ends what still works then.
    """
    half = deadline.remaining() / 2
    with side.connected() as connection:
        while True:
            there = sessions(connection, users)
            _end(connection, [session for session in there if not session.busy])
            busy = [session for session in there if session.busy]
            if not busy or deadline.remaining() < half:
                return {"under way": len(busy)}
            time.sleep(FRESH)


def fence(side: Endpoint, users: Sequence[str], deadline: Deadline) -> tuple[Position, list[str]]:
    """End every session; the position behind which nobody has written, and who was ended."""
    ended: set[str] = set()
    with side.connected() as connection:
        while there := sessions(connection, users):
            ended |= {str(session) for session in there}
            _end(connection, there)
            deadline.demand(f"ending the sessions of {side.database}")
            time.sleep(PAUSE)
        return position_of(connection, side), sorted(ended)


def _end(connection: Connection, found: Sequence[Session]) -> None:
    for session in found:
        still = one(
            connection, "SELECT count(*) FROM information_schema.PROCESSLIST WHERE ID = %s", session.number
        )
        if still:
            run(connection, f"KILL HARD CONNECTION {session.number}")


def demand_none(side: Endpoint, position: Position) -> None:
    """ToolkitError that says how much was written behind the fence, and names who is there."""
    count = written_between(side, position)
    if not count:
        return
    with side.connected() as connection:
        everybody = [str(row[0]) for row in rows(connection, "SELECT DISTINCT User FROM mysql.user")]
        there = sessions(connection, everybody)
    who = "; ".join(sorted({str(session) for session in there}))
    raise ToolkitError(
        f"{count} changes were made behind the fence; connected: {who or 'nobody any more'}",
        side.where,
        "stop what writes there (a schedule of an administrator, a script), then cut over again",
    )


def take_rights(side: Endpoint, source: Endpoint, comers: Comers, deadline: Deadline) -> Position:
    """Take away what the release had given, and end every session; the position behind it."""
    with source.connected() as reading:
        known = accounts(reading, source.database)
    with side.connected() as connection:
        run(connection, UNLOGGED)
        there = {(str(u), str(h)) for u, h in rows(connection, "SELECT User, Host FROM mysql.user")}
        for account in [comer for one in known for comer in comers.of(one) if comer in there]:
            for grant in grants(connection, account, side.database):
                head, thing, _ = grant.split("|")
                run(connection, f"REVOKE {head}{quoted(side.database)}.{thing} FROM {named(account)}")
        schema.hold_events(connection)
    position, _ = fence(side, [user for user, _ in known], deadline)
    return position
