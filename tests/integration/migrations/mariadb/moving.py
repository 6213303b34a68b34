"""A finance department's database, people who write to it, and its move from one server to another."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pymysql

from govcloud.migrations.journal import open_journal
from govcloud.migrations.mariadb import MariadbMover
from govcloud.migrations.moves import begin, bring_home
from govcloud.migrations.night import Outcome, cut_over
from govcloud.migrations.pace import Pace
from govcloud.progress import Progress, Silent
from integration.migrations.mariadb.servers import Server

DATABASE, MOVED = "treasury", "finance"
MOVE = "finance-move"
ALLOWED = 240.0
SILENT = Silent()
PAUSE = 0.006
"""Seconds between two commits of one: some 500 a second in all."""
CLERK = {"user": "clerk", "password": "clerks-own", "unix_socket": None, "host": "127.0.0.1"}


def furnish(server: Server) -> None:
    script = Path(__file__).with_name("treasury.sql").read_bytes()
    words = [
        "mariadb",
        "--no-defaults",
        "-uroot",
        f"--socket={server.socket}",
        "--default-character-set=utf8mb4",
    ]
    done = subprocess.run([*words, "--binary-mode=0"], input=script, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()


def strip(server: Server) -> None:
    """Take all databases and accounts but the server's own away again."""
    own = ("mysql", "information_schema", "performance_schema", "sys")
    with server.connect() as connection, connection.cursor() as cursor:
        cursor.execute("SET foreign_key_checks = 0")
        for (name,) in server.ask("SHOW DATABASES"):
            if name not in own:
                cursor.execute(f"DROP DATABASE `{name}`")
    for user, host in server.ask("SELECT User, Host FROM mysql.user"):
        if user not in ("root", "mariadb.sys"):
            server.ask(f"DROP USER '{user}'@'{host}'")


def mover(source: Server, target: Server, folder: Path) -> MariadbMover:
    return MariadbMover(
        source.endpoint(DATABASE), target.endpoint(MOVED), MOVE, folder / "dump", Pace(), Silent()
    )


def copy(moved: MariadbMover, folder: Path) -> None:
    with open_journal(None, folder, MOVE) as (journal, claims):
        begin([moved], {"move": MOVE}, journal, claims, Silent())


def cut(moved: MariadbMover, folder: Path, allowed: float = ALLOWED, progress: Progress = SILENT) -> Outcome:
    with open_journal(None, folder, MOVE) as (journal, claims):
        return cut_over([moved], journal, claims, progress, allowed, lambda: datetime.now(UTC))


def home(moved: MariadbMover, folder: Path) -> float:
    with open_journal(None, folder, MOVE) as (journal, claims):
        return bring_home([moved], journal, claims, Silent(), 86400.0, lambda: datetime.now(UTC))


class Writers:
    """People who write: each commit adds a line, and adds to a balance and a journal without a key."""

    def __init__(self, server: Server, database: str, count: int = 4) -> None:
        self.server = server
        self.database = database
        self.acknowledged: list[set[int]] = [set() for _ in range(count)]
        self.sent = [0] * count
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._write, args=(at,), daemon=True) for at in range(count)]

    def _write(self, writer: int) -> None:
        while not self._stop.is_set():
            try:
                with self.server.connect(self.database, **CLERK, port=self.server.port) as connection:
                    connection.autocommit(False)
                    while not self._stop.is_set():
                        self._commit(connection, writer)
            except pymysql.MySQLError:
                time.sleep(0.05)

    def _commit(self, connection: pymysql.Connection, writer: int) -> None:
        self.sent[writer] += 1
        number = self.sent[writer]
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO ledger VALUES (%s, %s)", [writer, number])
            cursor.execute("UPDATE balance SET total = total + %s WHERE writer = %s", [number, writer])
            cursor.execute("INSERT INTO journal VALUES (%s, %s, 0)", [writer, number])
        connection.commit()
        self.acknowledged[writer].add(number)
        time.sleep(PAUSE)

    @property
    def count(self) -> int:
        return sum(map(len, self.acknowledged))

    def stop(self) -> None:
        """Have them write no more."""
        self._stop.set()
        for thread in self._threads:
            thread.join(30)


@contextmanager
def writing(server: Server, database: str = DATABASE, count: int = 4) -> Iterator[Writers]:
    writers = Writers(server, database, count)
    for thread in writers._threads:
        thread.start()
    try:
        yield writers
    finally:
        writers.stop()


def lost_and_doubled(writers: Writers, server: Server, database: str) -> tuple[int, int]:
    """How many acknowledged commits are not there, and how many stand there twice or only in part."""
    lost = doubled = 0
    for writer, acknowledged in enumerate(writers.acknowledged):
        there = {row[0] for row in server.ask(f"SELECT number FROM ledger WHERE writer = {writer}", database)}
        lost += len(acknowledged - there)
        ((total,),) = server.ask(f"SELECT total FROM balance WHERE writer = {writer}", database)
        journal = [
            row[0] for row in server.ask(f"SELECT number FROM journal WHERE writer = {writer}", database)
        ]
        doubled += total != sum(there)
        doubled += sorted(journal) != sorted(there)
    return lost, doubled


def until_written(writers: Writers, count: int) -> None:
    until = time.monotonic() + 60
    while writers.count < count:
        assert time.monotonic() < until, "nobody can write"
        time.sleep(0.1)
