"""A probe: the database servers that run here, their databases, sizes, accounts and how fast they change.

They are asked through their own clients and local sockets, as the account that owns their data: no password.
"""

from __future__ import annotations

import json
import os
import pwd
import subprocess
import sys
import time
from typing import Any, Callable

UNREAD: list[str] = []
POSTGRESQL = {
    "settings": "select name, setting from pg_settings where name in ('server_version', 'server_version_num', 'wal_level', "
    "'max_connections', 'max_replication_slots', 'max_wal_senders', 'server_encoding', 'data_checksums', 'port')",
    "databases": "select datname, pg_database_size(oid), pg_encoding_to_char(encoding), datcollate, datctype, datconnlimit "
    "from pg_database where datallowconn and datname not in ('template0', 'template1') order by 1",
    "roles": "select rolname, rolsuper, rolcanlogin, rolconnlimit from pg_roles where rolname !~ '^pg_' order by 1",
    "rates": "select datname, tup_inserted, tup_updated, tup_deleted, xact_commit from pg_stat_database where datname is not null",
    "written": "select pg_wal_lsn_diff(case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_lsn() end, '0/0')",
}
IN_DATABASE = {
    "extensions": "select extname, extversion from pg_extension where extname <> 'plpgsql' order by 1",
    "languages": "select lanname from pg_language where lanispl and lanname <> 'plpgsql' order by 1",
    "tables": "select count(*), coalesce(sum(pg_table_size(oid)), 0) from pg_class where relkind in ('r', 'm') and relnamespace::regnamespace::text !~ '^(pg_|information_schema)'",
    "large_objects": "select count(*) from pg_largeobject_metadata",
}
MARIADB = {
    "settings": "select lower(variable_name), variable_value from information_schema.global_variables where variable_name in ('version', 'log_bin', "
    "'binlog_format', 'binlog_row_image', 'sql_mode', 'character_set_server', 'collation_server', 'max_connections', 'port', "
    "'lower_case_table_names', 'event_scheduler', 'expire_logs_days')",
    "databases": "select s.schema_name, coalesce(sum(t.data_length + t.index_length), 0), s.default_character_set_name, s.default_collation_name "
    "from information_schema.schemata s left join information_schema.tables t on t.table_schema = s.schema_name "
    "where s.schema_name not in ('mysql', 'sys', 'information_schema', 'performance_schema') group by 1, 3, 4 order by 1",
    "engines": "select table_schema, engine, count(*) from information_schema.tables where table_type = 'BASE TABLE' and "
    "table_schema not in ('mysql', 'sys', 'information_schema', 'performance_schema') group by 1, 2",
    "accounts": "select user, host from mysql.user order by 1, 2",
    "events": "select event_schema, event_name, status from information_schema.events order by 1, 2",
    "rates": "select lower(variable_name), variable_value from information_schema.global_status where variable_name in "
    "('handler_write', 'handler_update', 'handler_delete', 'com_commit', 'innodb_os_log_written', 'uptime')",
}

Rows = Any  # a list of rows, each a list of texts


def processes() -> list[tuple[str, int, str]]:
    """Program, number and working directory of every process."""
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                program = os.path.basename(os.readlink("/proc/%s/exe" % name)).replace(" (deleted)", "")
                found.append((program, int(name), os.readlink("/proc/%s/cwd" % name)))
            except FileNotFoundError:
                continue  # it has ended, or is the kernel's
            except OSError as error:
                UNREAD.append("process %s: %s" % (name, error.strerror))
    return found


def arguments(number: int) -> list[str]:
    """The arguments of a process; none where it has ended."""
    try:
        with open("/proc/%d/cmdline" % number, "rb") as stream:
            return stream.read().decode("utf-8", "replace").split("\0")
    except OSError as error:
        UNREAD.append("process %d: %s" % (number, error.strerror))
        return []


def client(names: list[str], program: str, number: int) -> str:
    """The client beside the server's own program, else the one in PATH; empty where there is none."""
    try:
        beside = os.path.dirname(os.readlink("/proc/%d/exe" % number)).replace(" (deleted)", "")
    except OSError as error:
        UNREAD.append("%s %d: %s" % (program, number, error.strerror))
        return ""
    for folder in [beside, *os.environ.get("PATH", "").split(":"), "/usr/bin", "/usr/local/bin"]:
        for name in names:
            if os.access(os.path.join(folder, name), os.X_OK):
                return os.path.join(folder, name)
    UNREAD.append("%s %d: there is no %s to ask it with" % (program, number, " or ".join(names)))
    return ""


def become(account: Any) -> Callable[[], None]:
    """What a child process does before it runs: take on an account."""

    def change() -> None:
        os.setgroups([])
        os.setgid(account.pw_gid)
        os.setuid(account.pw_uid)

    return change


def rows(words: list[str], query: str, separator: str, account: Any = None) -> Rows:
    """A query's rows; where it fails, none, and the reason is noted."""
    change = become(account) if account is not None and account.pw_uid != os.getuid() else None
    try:
        done = subprocess.run(
            words,
            input=query.encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            timeout=120,
            check=False,
            preexec_fn=change,
            cwd="/",
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        UNREAD.append("%s: %s" % (words[0], error))
        return []
    if done.returncode != 0:
        UNREAD.append("%s: %s" % (words[0], done.stderr.decode("utf-8", "replace").strip()[:300]))
        return []
    return [line.split(separator) for line in done.stdout.decode("utf-8", "replace").split("\n") if line]


def postgresql(number: int, folder: str) -> dict[str, Any]:
    """One server of PostgreSQL, by its data directory."""
    found: dict[str, Any] = {"engine": "postgresql", "directory": folder}
    try:
        with open(os.path.join(folder, "postmaster.pid"), encoding="utf-8") as stream:
            lines = stream.read().split("\n")
    except OSError as error:
        UNREAD.append("%s/postmaster.pid: %s" % (folder, error.strerror))
        return found
    psql = client(["psql"], "postgres", number)
    found.update(port=int(lines[3]), socket=lines[4], addresses=lines[5])
    if not psql:
        return found
    owner = pwd.getpwuid(os.stat(folder).st_uid)
    words = [psql, "-XAtqw", "-v", "ON_ERROR_STOP=1", "-F", "\x1f", "-U", owner.pw_name]
    words += ["-h", lines[4] or "127.0.0.1", "-p", lines[3], "-d"]

    def ask(query: str, database: str = "postgres") -> Rows:
        return rows([*words, database], query, "\x1f", owner)

    found.update({name: ask(query) for name, query in POSTGRESQL.items()})
    found["inside"] = {
        one[0]: {name: ask(query, one[0]) for name, query in IN_DATABASE.items()}
        for one in found["databases"]
    }
    found["ask"] = ask
    return found


def mariadb(number: int, folder: str) -> dict[str, Any]:
    """One server of MariaDB or MySQL."""
    found: dict[str, Any] = {"engine": "mariadb", "directory": folder}
    words = client(["mariadb", "mysql"], "mysqld", number)
    if not words:
        return found
    socket = ""
    for argument in arguments(number):
        if argument.startswith("--socket="):
            socket = argument.partition("=")[2]

    def ask(query: str) -> Rows:
        place = ["--socket=" + socket] if socket else []
        return rows(
            [words, *place, "--batch", "--raw", "--skip-column-names", "--default-character-set=utf8"],
            query,
            "\t",
        )

    found.update({name: ask(query) for name, query in MARIADB.items()})
    found["ask"] = ask
    return found


def main() -> None:
    """Print what was found; the changing figures twice, some seconds apart."""
    wanted = json.load(sys.stdin)
    found: list[dict[str, Any]] = []
    for program, number, folder in processes():
        if program in ("postgres", "postmaster") and os.path.exists(os.path.join(folder, "postmaster.pid")):
            if not any(one["directory"] == folder for one in found):
                found.append(postgresql(number, folder))
        elif program in ("mysqld", "mariadbd"):
            found.append(mariadb(number, folder))
    begun = time.time()
    time.sleep(float(wanted.get("seconds", 0)))
    for one in found:
        ask = one.pop("ask", None)
        if ask is not None:
            again = POSTGRESQL if one["engine"] == "postgresql" else MARIADB
            one["later"] = {name: ask(again[name]) for name in ("rates", "written") if name in again}
    json.dump({"servers": found, "seconds": time.time() - begun, "unread": UNREAD}, sys.stdout)


if __name__ == "__main__":
    main()
