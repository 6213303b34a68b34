"""Run on the guest as root: sets up a department's server as it may have stood for years. Plain Python.

Wishes come as JSON on standard input: `files` (path, text, mode), `account`, `engine`, `database`,
`password`, `schema`, `attachments` and how many of them, of how many bytes.
"""

from __future__ import annotations

import json
import os
import pwd
import subprocess
import sys
from typing import Any

POSTGRESQL = "/etc/postgresql/15/main/postgresql.conf"
SETTINGS = "\nwal_level = logical\nmax_wal_senders = 20\nmax_replication_slots = 20\nmax_connections = 60\n"
MARIADB = "/etc/mysql/mariadb.conf.d/60-department.cnf"
BINLOG = """[mariadbd]
server_id = 5
log_bin = /var/lib/mysql/binlog
binlog_format = ROW
log_bin_trust_function_creators = ON
event_scheduler = ON
"""


def do(*words: str, given: str = "", secret: str = "") -> None:
    """Run a program; what it says is told where it fails."""
    known = {**os.environ, "MYSQL_PWD": secret} if secret else None
    ended = subprocess.run(
        words, input=given, capture_output=True, text=True, check=False, cwd="/", env=known
    )
    if ended.returncode:
        sys.exit("%s: %s" % (" ".join(words[:6]), ended.stderr.strip()[-300:]))


def put(path: str, text: str, mode: str = "644", owner: str = "root") -> None:
    """Write a file, with the directory that it lies in."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as stream:
        stream.write(text)
    os.chmod(path, int(mode, 8))
    os.chown(path, pwd.getpwnam(owner).pw_uid, pwd.getpwnam(owner).pw_gid)


def psql(database: str, text: str) -> None:
    """Run statements as the server's own account."""
    words = ("runuser", "-u", "postgres", "--", "psql", "-qX", "-v", "ON_ERROR_STOP=1", "-d", database)
    do(*words, given=text)


def postgresql(wanted: dict[str, Any]) -> None:
    """A server with one database, which belongs to the application's account."""
    with open(POSTGRESQL, "a", encoding="utf-8") as stream:
        stream.write(SETTINGS)
    do("systemctl", "enable", "--quiet", "postgresql.service")
    do("systemctl", "restart", "postgresql@15-main.service")
    account, name = wanted["account"], wanted["database"]
    psql("postgres", "CREATE ROLE \"%s\" LOGIN PASSWORD '%s'" % (account, wanted["password"]))
    psql("postgres", 'CREATE DATABASE "%s" OWNER "%s"' % (name, account))
    psql(name, 'SET ROLE "%s";\n%s' % (account, wanted["schema"]))


def mariadb(wanted: dict[str, Any]) -> None:
    """A server with one database, in which the application's account may do everything."""
    put(MARIADB, BINLOG)
    do("systemctl", "enable", "--quiet", "mariadb.service")
    do("systemctl", "restart", "mariadb.service")
    account, name, password = wanted["account"], wanted["database"], wanted["password"]
    made = "CREATE DATABASE `%s` CHARACTER SET utf8mb4; CREATE USER `%s`@localhost IDENTIFIED BY '%s';"
    do("mariadb", given=made % (name, account, password))
    do("mariadb", given="GRANT ALL ON `%s`.* TO `%s`@localhost" % (name, account))
    # By the account itself: what acts by itself acts as the account.
    do("mariadb", "-h", "localhost", "-u", account, name, given=wanted["schema"], secret=password)


def attachments(wanted: dict[str, Any]) -> None:
    """Files of the department's, as many and as large as wished."""
    place = wanted["attachments"]
    os.makedirs(place)
    owner = pwd.getpwnam(wanted["account"])
    for number in range(wanted["count"]):
        path = os.path.join(place, "登记-%04d.bin" % number)
        with open(path, "wb") as stream:
            stream.write(os.urandom(wanted["size"]))
        os.chown(path, owner.pw_uid, owner.pw_gid)
    os.chown(place, owner.pw_uid, owner.pw_gid)


def main() -> None:
    """Do all of it, once."""
    wanted = json.load(sys.stdin)
    account = wanted["account"]
    do("useradd", "--system", "--shell", "/usr/sbin/nologin", "--home-dir", "/srv/" + account, account)
    for entry in wanted["files"]:
        put(*entry)
    attachments(wanted)
    {"postgresql": postgresql, "mariadb": mariadb}[wanted["engine"]](wanted)
    do("systemctl", "daemon-reload")
    do("systemctl", "enable", "--quiet", "--now", account + ".service")
    do("systemctl", "enable", "--quiet", "nginx.service")
    do("systemctl", "restart", "nginx.service")


if __name__ == "__main__":
    main()
