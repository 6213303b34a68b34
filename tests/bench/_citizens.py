"""A register of citizens of any size on a real PostgreSQL, and clerks who write to it at a given rate."""

from __future__ import annotations

import itertools
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import psycopg

from integration.migrations.postgresql.clusters import Cluster, programs

DATABASE = "register"
ROW = 1_050
"""Bytes that a citizen takes with his indexes, about."""
SCHEMA = """
CREATE TABLE citizen (
  id bigint PRIMARY KEY, name text NOT NULL, born date NOT NULL, street text, weight float8, amount numeric(12, 2),
  note text, seen timestamptz NOT NULL, photo bytea);
CREATE TABLE visit (id bigint PRIMARY KEY, citizen bigint NOT NULL, day date NOT NULL, what text);
CREATE TABLE ledger (writer int, number bigint, at timestamptz DEFAULT now(), PRIMARY KEY (writer, number));
CREATE ROLE clerk LOGIN PASSWORD 'clerks-own';
GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA public TO clerk;
"""
ROWS = """
INSERT INTO citizen SELECT n, '居民' || n, date '1930-01-01' + (n % 30000)::int, md5(n::text) || ' ' || n % 500,
  random() * 100, n % 100000 / 100.0, repeat(md5((n * 7)::text), 8), now() - n % 1000 * interval '1 hour',
  decode(repeat(md5((n * 3)::text), 24), 'hex') FROM generate_series({first}, {last}) n
"""
VISITS = """
INSERT INTO visit SELECT n, n, date '2020-01-01' + (n % 2000)::int, md5(n::text) FROM generate_series({first}, {last}) n
"""
INDEXES = (
    "CREATE INDEX citizen_name ON citizen (name)",
    "CREATE INDEX citizen_born ON citizen (born, street)",
    "CREATE INDEX visit_citizen ON visit (citizen)",
    "ALTER TABLE visit ADD FOREIGN KEY (citizen) REFERENCES citizen",
    "ANALYZE",
)


def furnish(cluster: Cluster, size: float) -> None:
    """Make the register with `size` bytes, tables and indexes together, about."""
    cluster.ask(f"CREATE DATABASE {DATABASE}")
    count = int(size / ROW)
    with cluster.connect(DATABASE) as connection:
        connection.execute(SCHEMA)
        connection.execute("ALTER TABLE citizen ALTER photo SET STORAGE EXTERNAL")
        for first in range(1, count + 1, 200_000):
            for text in (ROWS, VISITS):
                connection.execute(text.format(first=first, last=min(first + 199_999, count)))
        for statement in INDEXES:
            connection.execute(statement)
        connection.execute("CHECKPOINT")


def bytes_of(cluster: Cluster) -> int:
    return int(cluster.ask(f"SELECT pg_database_size('{DATABASE}')")[0][0])


@dataclass
class Clerks:
    """They commit at a rate, at the source while it lets them, then at the target; what was acknowledged is kept."""

    source: Cluster
    target: Cluster
    rate: int
    workers: int = 6
    acknowledged: list[list[float]] = field(default_factory=list)
    numbers: list[set[int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._stop = threading.Event()
        self.acknowledged = [[] for _ in range(self.workers)]
        self.numbers = [set() for _ in range(self.workers)]
        self._threads = [
            threading.Thread(target=self._work, args=(at,), daemon=True) for at in range(self.workers)
        ]

    def _work(self, writer: int) -> None:
        number, places = 0, [self.source, self.target]
        while not self._stop.is_set():
            try:
                with psycopg.connect(
                    host="127.0.0.1",
                    port=places[0].port,
                    dbname=DATABASE,
                    user="clerk",
                    password="clerks-own",
                    connect_timeout=2,
                    autocommit=True,
                ) as connection:
                    while not self._stop.is_set():
                        began = time.monotonic()
                        number += 1
                        connection.execute(
                            "INSERT INTO ledger (writer, number) VALUES (%s, %s)", [writer, number]
                        )
                        self.numbers[writer].add(number)
                        self.acknowledged[writer].append(time.monotonic())
                        time.sleep(max(0.0, self.workers / self.rate - (time.monotonic() - began)))
            except psycopg.Error:
                places.reverse()
                time.sleep(0.02)

    @property
    def gap(self) -> float:
        """The longest time for which nobody's commit was acknowledged."""
        moments = sorted(moment for one in self.acknowledged for moment in one)
        return max((after - before for before, after in itertools.pairwise(moments)), default=0.0)

    @property
    def per_second(self) -> float:
        moments = sorted(moment for one in self.acknowledged for moment in one)
        return len(moments) / (moments[-1] - moments[0])

    def lost(self, cluster: Cluster) -> tuple[int, int]:
        """Acknowledged commits that are not there, and those that nobody knows of beyond one in flight each."""
        there = set(map(tuple, cluster.ask("SELECT writer, number FROM ledger", DATABASE)))
        known = {(writer, number) for writer, found in enumerate(self.numbers) for number in found}
        return len(known - there), max(0, len(there - known) - self.workers)


@contextmanager
def writing(clerks: Clerks) -> Iterator[Clerks]:
    for thread in clerks._threads:
        thread.start()
    try:
        yield clerks
    finally:
        clerks._stop.set()
        for thread in clerks._threads:
            thread.join(30)


def by_dump(source: Cluster, target: Cluster, folder: str) -> None:
    """The peer: pg_dump into a directory by two, then pg_restore by two, as its manual says."""
    target.ask(f"CREATE DATABASE {DATABASE}")
    target.ask("CREATE ROLE clerk LOGIN PASSWORD 'clerks-own'")
    common = ["-U", "postgres", "-j", "2"]
    dump = [
        str(programs(15) / "pg_dump"),
        "-h",
        str(source.folder),
        "-p",
        str(source.port),
        *common,
        "-Fd",
        "-f",
        folder,
        DATABASE,
    ]
    restore = [
        str(programs(15) / "pg_restore"),
        "-h",
        str(target.folder),
        "-p",
        str(target.port),
        *common,
        "--exit-on-error",
        "-d",
        DATABASE,
        folder,
    ]
    subprocess.run(dump, check=True)
    subprocess.run(restore, check=True)
