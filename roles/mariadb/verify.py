"""What the MariaDB machine is, seen on the machine: `govcloud configure` runs this there; it only reads."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Found = tuple[str, bool, str]
OWN = {"mysql", "sys", "information_schema", "performance_schema", "govcloud_move"}
"""The server's own, and what moves note of themselves."""
ITS_OWN = {"root", "mysql", "mariadb.sys"}
REFUSED = ("secure transport", "denied", "is not allowed")
HERE = {"localhost", "127.0.0.1", "::1"}
WANTED = {
    "require_secure_transport": "ON",
    "log_bin": "ON",
    "binlog_format": "ROW",
    "binlog_row_image": "FULL",
    "sync_binlog": "1",
}


def findings(expected: dict[str, Any]) -> Iterator[Found]:
    yield from listening(expected)
    yield from settings(expected)
    yield from accounts(expected)
    yield from refusal(expected)
    yield from backups()


def said(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def rows(query: str) -> list[list[str]]:
    """The rows of a query, asked as root over the machine's own socket."""
    return [line.split("\t") for line in said("mariadb", "-NBe", query).splitlines()]


def listening(expected: dict[str, Any]) -> Iterator[Found]:
    sockets = [line.split()[3] for line in said("ss", "-H", "-ltnp").splitlines() if '"mariadbd"' in line]
    wanted = [f"{expected['address']}:{expected['port']}"]
    yield "it listens on its planned address alone", sockets == wanted, f"{sockets}"


def settings(expected: dict[str, Any]) -> Iterator[Found]:
    names = ", ".join(f"'{name}'" for name in WANTED)
    found = dict(rows(f"SHOW GLOBAL VARIABLES WHERE Variable_name IN ({names})"))
    wrong = {name: found.get(name) for name, value in WANTED.items() if found.get(name) != value}
    yield "only what is encrypted is let in, and databases can move while people write", not wrong, f"{wrong}"
    number = rows("SELECT @@server_id")[0][0]
    yield "no other server has its number", number == str(expected["number"]), number


def accounts(expected: dict[str, Any]) -> Iterator[Found]:
    """Accounts and databases come with moves, and none beside."""
    rights = "Super_priv, Create_user_priv, File_priv, Shutdown_priv, Reload_priv"
    found = rows(f"SELECT User, Host, {rights} FROM mysql.user")  # noqa: S608 - words of ours
    brought = {account for who in expected["moved in"].values() for account in who["accounts"]}
    outer = sorted(f"{user}@{host}" for user, host, *_ in found if host not in HERE and user not in brought)
    yield "nobody comes from elsewhere but the accounts of those that moved in", not outer, f"{outer}"
    mighty = sorted(user for user, _, *rights in found if "Y" in rights and user not in ITS_OWN)
    yield "no account of a system may administer", not mighty, f"{mighty}"
    kept = {row[0] for row in rows("SHOW DATABASES")} - OWN
    strange = sorted(name for name in kept if not _moved_in(name, expected["moved in"]))
    yield "it keeps databases that moved in, and no other", not strange, f"{sorted(kept)}"


def _moved_in(name: str, moved_in: dict[str, Any]) -> bool:
    """Whether it is such a database, or a copy that its rehearsal takes away again."""
    return any(name in (one, f"{one}_clone", f"{one}_night") for one in moved_in)


def refusal(expected: dict[str, Any]) -> Iterator[Found]:
    """Who does not encrypt is turned away before any password."""
    place = ["-h", expected["address"], "-P", str(expected["port"]), "-u", "nobody"]
    ended = subprocess.run(
        ["mariadb", "--skip-ssl", *place, "-e", "SELECT 1"], capture_output=True, text=True, check=False
    )
    refused = ended.returncode != 0 and any(why in ended.stderr for why in REFUSED)
    yield "who does not encrypt is refused", refused, ended.stderr.strip()[-160:] or "it was let in"


def backups() -> Iterator[Found]:
    place = Path("/var/backups/mariadb")
    mode = f"{place.owner()} {place.stat().st_mode & 0o777:o}" if place.is_dir() else "not there"
    yield "backups lie where only root reads", mode == "root 700", mode
    timer = subprocess.run(
        ["systemctl", "is-active", "mariadb-backup.timer"], capture_output=True, text=True, check=False
    )
    yield "a backup is taken every night", timer.stdout.strip() == "active", timer.stdout.strip()
