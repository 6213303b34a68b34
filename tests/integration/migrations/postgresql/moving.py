"""A department's database, people who write to it, and its move from one server to another."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from govcloud.migrations.journal import open_journal
from govcloud.migrations.moves import begin, bring_home
from govcloud.migrations.night import Outcome, cut_over
from govcloud.migrations.pace import Pace
from govcloud.migrations.postgresql import PostgresqlMover
from govcloud.progress import Progress, Silent
from integration.migrations.postgresql.clusters import Cluster, programs

DATABASE = "office"
MOVE = "office-move"
ALLOWED = 240.0
"""Seconds: what is asked here is what happens, not how fast."""
SILENT = Silent()
PAUSE = 0.006
"""Seconds between two commits of one: some 500 a second in all."""
CLERK = {"user": "clerk", "password": "clerks-own", "host": "127.0.0.1"}


def furnish(cluster: Cluster) -> None:
    """Make the department's database on a server that has it not."""
    cluster.ask(f"CREATE DATABASE {DATABASE}")
    script = Path(__file__).with_name("office.sql").read_text()
    psql = programs(15) / "psql"
    words = [
        "-X",
        "-q",
        "-v",
        "ON_ERROR_STOP=1",
        "-h",
        str(cluster.folder),
        "-p",
        str(cluster.port),
        "-U",
        "postgres",
    ]
    done = subprocess.run([str(psql), *words], input=script, text=True, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


def strip(cluster: Cluster) -> None:
    """Take all databases but the server's own away again, whatever moves have left."""
    own = "SELECT datname FROM pg_database WHERE NOT datistemplate AND datname <> 'postgres'"
    for (database,) in cluster.ask(own):
        _strip(cluster, database)
    with cluster.connect() as connection:
        for (role,) in connection.execute(
            "SELECT rolname FROM pg_roles WHERE rolname !~ '^pg_' AND rolname <> 'postgres'"
        ).fetchall():
            connection.execute(f'DROP ROLE "{role}"')


def _strip(cluster: Cluster, database: str) -> None:
    with cluster.connect() as connection:
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone():
            with cluster.connect(database) as inside:
                for (name,) in inside.execute("SELECT subname FROM pg_subscription").fetchall():
                    inside.execute(f"ALTER SUBSCRIPTION {name} DISABLE")
                    inside.execute(f"ALTER SUBSCRIPTION {name} SET (slot_name = NONE)")
                    inside.execute(f"DROP SUBSCRIPTION {name}")
            for slot, pid in connection.execute(
                "SELECT slot_name, active_pid FROM pg_replication_slots WHERE database = %s", [database]
            ).fetchall():
                while pid:
                    connection.execute("SELECT pg_terminate_backend(%s)", [pid])
                    time.sleep(0.1)
                    (pid,) = connection.execute(
                        "SELECT active_pid FROM pg_replication_slots WHERE slot_name = %s", [slot]
                    ).fetchone()
                connection.execute("SELECT pg_drop_replication_slot(%s)", [slot])
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()",
                [database],
            )
            for _ in range(50):
                try:
                    connection.execute(f"DROP DATABASE {database}")
                    break
                except psycopg.errors.ObjectInUse:
                    time.sleep(0.1)


def mover(source: Cluster, target: Cluster, folder: Path) -> PostgresqlMover:
    return PostgresqlMover(
        source.endpoint(DATABASE), target.endpoint(DATABASE), MOVE, folder / "dump", Pace(), Silent()
    )


def copy(moved: PostgresqlMover, folder: Path) -> None:
    with open_journal(None, folder, MOVE) as (journal, claims):
        begin([moved], {"move": MOVE}, journal, claims, Silent())


def cut(
    moved: PostgresqlMover, folder: Path, allowed: float = ALLOWED, progress: Progress = SILENT
) -> Outcome:
    with open_journal(None, folder, MOVE) as (journal, claims):
        return cut_over([moved], journal, claims, progress, allowed, lambda: datetime.now(UTC))


def home(moved: PostgresqlMover, folder: Path) -> float:
    with open_journal(None, folder, MOVE) as (journal, claims):
        return bring_home([moved], journal, claims, Silent(), 86400.0, lambda: datetime.now(UTC))


class Writers:
    """People who write: each commit adds a line, and adds to a balance and a journal without a key."""

    def __init__(self, cluster: Cluster, count: int = 4, database: str = DATABASE) -> None:
        self.cluster = cluster
        self.database = database
        self.acknowledged: list[set[int]] = [set() for _ in range(count)]
        self.sent = [0] * count
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._write, args=(at,), daemon=True) for at in range(count)]

    def _write(self, writer: int) -> None:
        while not self._stop.is_set():
            try:
                with psycopg.connect(
                    port=self.cluster.port, dbname=self.database, **CLERK, connect_timeout=5
                ) as connection:
                    while not self._stop.is_set():
                        self._commit(connection, writer)
            except psycopg.Error:
                time.sleep(0.05)

    def _commit(self, connection: psycopg.Connection, writer: int) -> None:
        self.sent[writer] += 1
        number = self.sent[writer]
        connection.execute("INSERT INTO registry.ledger VALUES (%s, %s)", [writer, number])
        connection.execute(
            "UPDATE registry.balance SET total = total + %s WHERE writer = %s", [number, writer]
        )
        connection.execute("INSERT INTO registry.journal VALUES (%s, %s, 0)", [writer, number])
        if number % 10 == 0:
            connection.execute(
                "UPDATE registry.journal SET total = %s WHERE writer = %s AND number = %s",
                [number, writer, number],
            )
        connection.commit()
        self.acknowledged[writer].add(number)
        time.sleep(PAUSE)

    @property
    def count(self) -> int:
        return sum(map(len, self.acknowledged))

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(30)


@contextmanager
def writing(cluster: Cluster, count: int = 4, database: str = DATABASE) -> Iterator[Writers]:
    writers = Writers(cluster, count, database)
    writers.start()
    try:
        yield writers
    finally:
        writers.stop()


def lost_and_doubled(writers: Writers, cluster: Cluster, database: str = DATABASE) -> tuple[int, int]:
    """How many acknowledged commits are not there, and how many stand there twice or only in part."""
    lost = doubled = 0
    with cluster.connect(database) as connection:
        for writer, acknowledged in enumerate(writers.acknowledged):
            rows = connection.execute(
                "SELECT number FROM registry.ledger WHERE writer = %s", [writer]
            ).fetchall()
            there = {row[0] for row in rows}
            lost += len(acknowledged - there)
            (total,) = connection.execute(
                "SELECT total FROM registry.balance WHERE writer = %s", [writer]
            ).fetchone()
            journal = [
                row[0]
                for row in connection.execute(
                    "SELECT number FROM registry.journal WHERE writer = %s", [writer]
                )
            ]
            doubled += total != sum(there)
            doubled += sorted(journal) != sorted(there)
    return lost, doubled
