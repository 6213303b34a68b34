"""What the database machine is, seen on the machine: `govcloud configure` runs this there; it only reads."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Found = tuple[str, bool, str]
SYSTEM = {"postgres", "template0", "template1"}
MOVERS = "govcloud_movers"
"""The role of the accounts by which databases that move in or out are read."""
NOT_MOVING = (
    "NOT EXISTS (SELECT FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid"
    f" WHERE m.member = a.oid AND g.rolname = '{MOVERS}')"
)


def findings(expected: dict[str, Any]) -> Iterator[Found]:
    yield from listening(expected)
    yield from admission(expected)
    yield from logins(expected)
    yield from refusal(expected)
    yield from moving()
    yield from backups()


def said(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def rows(query: str) -> list[dict[str, Any]]:
    """The rows of a query, asked over the machine's own socket as the database's own account."""
    whole = "SELECT coalesce(json_agg(found), '[]') FROM (" + query + ") AS found"  # noqa: S608 - words of ours
    command = ["runuser", "-u", "postgres", "--", "psql", "-XAtc", whole]
    found: list[dict[str, Any]] = json.loads(
        subprocess.run(command, capture_output=True, text=True, check=True, cwd="/").stdout
    )
    return found


def listening(expected: dict[str, Any]) -> Iterator[Found]:
    sockets = [line.split()[3] for line in said("ss", "-H", "-ltnp").splitlines() if '"postgres"' in line]
    wanted = [f"{expected['address']}:{expected['port']}"]
    yield "it listens on its planned address alone", sockets == wanted, f"{sockets}"


def admission(expected: dict[str, Any]) -> Iterator[Found]:
    listed = rows(
        "SELECT type, database, user_name, address, netmask, auth_method, error FROM pg_hba_file_rules"
    )
    faults = [row["error"] for row in listed if row["error"]]
    yield "pg_hba.conf reads without fault", not faults, f"{faults}"
    outer = sorted(
        [row["type"], *row["database"], *row["user_name"], row["address"], row["netmask"], row["auth_method"]]
        for row in listed
        if row["type"] != "local"
    )
    wanted = sorted(
        ["hostssl", name, account, client, "255.255.255.255", "scram-sha-256"]
        for name, account, client in [
            *((name, name, client) for name, clients in expected["databases"].items() for client in clients),
            *_let_in(expected["moved in"]),
        ]
    )
    movers = [
        "host",
        "all",
        f"+{MOVERS}",
        expected["address"],
        "255.255.255.255",
        "scram-sha-256",
    ]
    wanted = sorted([*wanted, movers])
    yield (
        "only each system's own machines may log in, encrypted, to its own database, and moves from this one",
        outer == wanted,
        f"{outer}",
    )
    inner = [[*row["user_name"], row["auth_method"]] for row in listed if row["type"] == "local"]
    yield "on the machine itself only the database's account may", inner == [["postgres", "peer"]], f"{inner}"


def _let_in(moved_in: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Database, account and address of whoever may use a database that a move has brought."""
    for name, who in moved_in.items():
        yield from ((name, account, client) for account in who["accounts"] for client in who["clients"])


def logins(expected: dict[str, Any]) -> Iterator[Found]:
    query = (
        "SELECT rolname, rolsuper, rolcreaterole, rolcreatedb, left(rolpassword, 13) AS kind"  # noqa: S608 - words of ours
        " FROM pg_authid a WHERE rolcanlogin AND " + NOT_MOVING
    )
    found = {row.pop("rolname"): row for row in rows(query)}
    names = sorted(found.keys() - {"postgres"})
    brought = {account for who in expected["moved in"].values() for account in who["accounts"]}
    yield (
        "each hosted system has a login, and nobody else but the accounts of those that moved in",
        set(expected["databases"]) <= set(names) <= {*expected["databases"], *brought},
        f"{names}",
    )
    weak = [name for name in names if found[name]["kind"] != "SCRAM-SHA-256"]
    yield "every password is kept as SCRAM-SHA-256", not weak, f"otherwise: {weak}"
    mighty = [
        n for n in names if any(found[n][right] for right in ("rolsuper", "rolcreaterole", "rolcreatedb"))
    ]
    yield "no login may administer", not mighty, f"{mighty}"
    kept = {row["datname"] for row in rows("SELECT datname FROM pg_database")} - SYSTEM
    own = {name for name in kept if name not in expected["databases"]}
    strangers = sorted(name for name in own if not _moved_in(name, expected["moved in"]))
    yield (
        "each hosted system has a database",
        set(expected["databases"]) <= kept and not strangers,
        f"{sorted(kept)}",
    )
    pairs = rows(
        "SELECT rolname, datname FROM pg_roles a, pg_database"  # noqa: S608 - words of ours
        " WHERE rolcanlogin AND NOT rolsuper AND rolname <> datname"
        " AND datname NOT IN ('postgres', 'template0', 'template1')"
        " AND has_database_privilege(rolname, datname, 'CONNECT') AND " + NOT_MOVING
    )
    # Who is let in to a database that has moved in is decided by address and account, above.
    pairs = [pair for pair in pairs if pair["datname"] not in own]
    yield "no login reaches another system's database", not pairs, f"{pairs}"


def _moved_in(name: str, moved_in: dict[str, Any]) -> bool:
    """Whether it is such a database, or a copy that its rehearsal takes away again."""
    return any(name in (one, f"{one}_clone", f"{one}_night") for one in moved_in)


def moving() -> Iterator[Found]:
    """Databases can move in and be taken home: changes are read as logical ones."""
    level = rows("SELECT current_setting('wal_level') AS level")[0]["level"]
    yield "databases can move in and out while people write", level == "logical", f"wal_level {level}"


def refusal(expected: dict[str, Any]) -> Iterator[Found]:
    """From here, which is no application's machine, each login is turned away before any password."""
    for name in expected["databases"]:
        place = (
            f"host={expected['address']} port={expected['port']} dbname={name} user={name} connect_timeout=5"
        )
        ended = subprocess.run(
            ["psql", "-Xwc", "SELECT 1", place], capture_output=True, text=True, check=False
        )
        refused = ended.returncode != 0 and "no pg_hba.conf entry" in ended.stderr
        yield (
            f"login {name} is refused from elsewhere",
            refused,
            ended.stderr.strip()[-160:] or "it was let in",
        )


def backups() -> Iterator[Found]:
    place = Path("/var/backups/postgresql")
    mode = f"{place.owner()} {place.stat().st_mode & 0o777:o}" if place.is_dir() else "not there"
    yield "backups lie where only the database's account reads", mode == "postgres 700", mode
    timer = subprocess.run(
        ["systemctl", "is-active", "database-backup.timer"], capture_output=True, text=True, check=False
    )
    yield "a backup is taken every night", timer.stdout.strip() == "active", timer.stdout.strip()
