"""Moving a live MariaDB database: bulk against mariadb-dump into mariadb, the stop under load, equality."""

from __future__ import annotations

import argparse
import itertools
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pymysql
from _figures import Figure, finish, median, timed

from govcloud.migrations.journal import open_journal
from govcloud.migrations.mariadb import MariadbMover
from govcloud.migrations.moves import begin
from govcloud.migrations.night import cut_over
from govcloud.migrations.pace import Pace
from govcloud.migrations.rehearsing import settle
from govcloud.progress import Silent
from integration.migrations.mariadb.moving import strip
from integration.migrations.mariadb.servers import Server, running

DATABASE, MOVED = "register", "moved"
MB = 1e6
ROW = 1_000
"""Bytes that a citizen takes with his indexes, about."""
RATE, WORKERS = 500, 6
ALLOWED = 60.0
SCHEMA = (
    """CREATE TABLE citizen (id bigint PRIMARY KEY, name varchar(40) NOT NULL, born date NOT NULL, street varchar(60),
       weight double, amount decimal(12, 2), note text, seen datetime(6) NOT NULL, photo blob,
       KEY (name), KEY (born, street)) ENGINE=InnoDB""",
    """CREATE TABLE visit (id bigint PRIMARY KEY, citizen bigint NOT NULL, day date NOT NULL, what varchar(40),
       FOREIGN KEY (citizen) REFERENCES citizen (id)) ENGINE=InnoDB""",
    "CREATE TABLE ledger (writer int, number bigint, PRIMARY KEY (writer, number)) ENGINE=InnoDB",
    "CREATE USER clerk@'127.0.0.1' IDENTIFIED BY 'clerks-own'",
    f"GRANT SELECT, INSERT, UPDATE ON {DATABASE}.* TO clerk@'127.0.0.1'",
)
ROWS = """INSERT INTO citizen SELECT seq, concat('居民', seq), date '1930-01-01' + interval seq % 30000 day,
  concat(md5(seq), ' ', seq % 500), rand(seq) * 100, seq % 100000 / 100, repeat(md5(seq * 7), 8),
  now(6) - interval seq % 1000 hour, repeat(unhex(md5(seq * 3)), 24) FROM seq_{first}_to_{last}"""
VISITS = "INSERT INTO visit SELECT seq, seq, date '2020-01-01' + interval seq % 2000 day, md5(seq) FROM seq_{first}_to_{last}"


def main() -> None:
    """Each figure in the same run as what it is held against."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--gigabytes", type=float, default=2.0)
    parser.add_argument("--nights", type=int, default=10)
    parser.add_argument("--bulks", type=int, default=3)
    wanted = parser.parse_args()
    with running(1) as source, running(2) as target:
        furnish(source, wanted.gigabytes * 1e9)
        figures = [*bulk(source, target, wanted.bulks), *nights(source, target, wanted.nights)]
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        figures.append(Figure("peak memory of the tool", peak, "MiB", 300))
    finish(figures)


def furnish(server: Server, size: float) -> None:
    server.ask(f"CREATE DATABASE {DATABASE} CHARACTER SET utf8mb4")
    with server.connect(DATABASE) as connection, connection.cursor() as cursor:
        for statement in SCHEMA:
            cursor.execute(statement)
        count = int(size / ROW)
        for first in range(1, count + 1, 50_000):
            for text in (ROWS, VISITS):
                cursor.execute(text.format(first=first, last=min(first + 49_999, count)))


@contextmanager
def moving(source: Server, target: Server, move: str) -> Iterator[tuple[MariadbMover, Path]]:
    with TemporaryDirectory(prefix="govcloud-bench-") as name:
        folder = Path(name)
        yield (
            MariadbMover(
                source.endpoint(DATABASE), target.endpoint(MOVED), move, folder / "dump", Pace(), Silent()
            ),
            folder,
        )


def copy(moved: MariadbMover, folder: Path) -> None:
    with open_journal(None, folder, moved.move) as (journal, claims):
        begin([moved], {}, journal, claims, Silent())


def by_dump(source: Server, target: Server) -> None:
    """The peer: one transaction's dump, read by the other server as it comes."""
    target.ask(f"CREATE DATABASE {MOVED}")
    common = ["--no-defaults", "-uroot"]
    dump = ["mariadb-dump", *common, f"--socket={source.socket}", "--single-transaction", "--quick", DATABASE]
    with subprocess.Popen(dump, stdout=subprocess.PIPE) as dumping:
        subprocess.run(
            ["mariadb", *common, f"--socket={target.socket}", MOVED], stdin=dumping.stdout, check=True
        )
    assert dumping.returncode == 0


def bulk(source: Server, target: Server, rounds: int) -> list[Figure]:
    """Both ways by turns, each to the end."""
    ours, theirs = [], []
    for number in range(rounds):
        with moving(source, target, f"bulk-{number}") as (moved, folder):
            ours.append(timed(lambda m=moved, f=folder: copy(m, f)))
            moved.discard()
        strip(target)
        theirs.append(timed(lambda: by_dump(source, target)))
        strip(target)
        print(f"bulk {ours[-1]:.1f} s, dump and read {theirs[-1]:.1f} s", file=sys.stderr)
    return [
        Figure("bulk, ours", median(ours), "s"),
        Figure("mariadb-dump into mariadb", median(theirs), "s"),
        Figure("bulk rate, theirs / ours in time", median(theirs) / median(ours), "x", 0.9, "higher"),
    ]


class Clerks:
    """They commit at a rate, where they are let in; what was acknowledged is kept, with its moment."""

    def __init__(self, source: Server, target: Server) -> None:
        self.places = ((source, DATABASE), (target, MOVED))
        self.acknowledged: list[dict[int, float]] = [{} for _ in range(WORKERS)]
        self.stop = threading.Event()
        self.threads = [threading.Thread(target=self.work, args=(at,), daemon=True) for at in range(WORKERS)]

    def work(self, writer: int) -> None:
        number, places = 0, list(self.places)
        while not self.stop.is_set():
            server, database = places[0]
            try:
                where = {"unix_socket": None, "host": "127.0.0.1", "port": server.port}
                with server.connect(database, user="clerk", password="clerks-own", **where) as connection:
                    while not self.stop.is_set():
                        began = time.monotonic()
                        number += 1
                        with connection.cursor() as cursor:
                            cursor.execute("INSERT INTO ledger VALUES (%s, %s)", [writer, number])
                        self.acknowledged[writer][number] = time.monotonic()
                        time.sleep(max(0.0, WORKERS / RATE - (time.monotonic() - began)))
            except pymysql.MySQLError:
                places.reverse()
                time.sleep(0.02)

    def __enter__(self) -> Clerks:
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        for thread in self.threads:
            thread.join(30)

    @property
    def moments(self) -> list[float]:
        return sorted(moment for one in self.acknowledged for moment in one.values())

    def lost(self, target: Server) -> tuple[int, int]:
        there = set(target.ask("SELECT writer, number FROM ledger", MOVED))
        known = {(writer, number) for writer, found in enumerate(self.acknowledged) for number in found}
        return len(known - there), max(0, len(there - known) - WORKERS)


def nights(source: Server, target: Server, rounds: int) -> list[Figure]:
    """Whole moves under load; the gap is what a clerk sees who goes where he is let in."""
    gaps, stops, rates, lost, doubled, seconds, size = [], [], [], 0, 0, 0.0, 0
    for number in range(rounds):
        source.ask(f"TRUNCATE {DATABASE}.ledger")
        with moving(source, target, f"night-{number}") as (moved, folder):
            with Clerks(source, target) as clerks:
                copy(moved, folder)
                settle([moved], 600)
                with open_journal(None, folder, moved.move) as (journal, claims):
                    outcome = cut_over([moved], journal, claims, Silent(), ALLOWED, lambda: datetime.now(UTC))
                time.sleep(2)
            assert outcome.released, outcome.reason
            gone, twice = clerks.lost(target)
            moments = clerks.moments
            gaps.append(max(after - before for before, after in itertools.pairwise(moments)))
            rates.append(len(moments) / (moments[-1] - moments[0]))
            stops.append(outcome.downtime)
            lost, doubled = lost + gone, doubled + twice
            print(f"night {number}: stop {stops[-1]:.2f} s, gap {gaps[-1]:.2f} s", file=sys.stderr)
            if number == rounds - 1:
                began = time.monotonic()
                found = moved.evidence()
                seconds, size = time.monotonic() - began, found["bytes"]
            moved.unfence()
            moved.admit()
            moved.discard()
        strip(target)
    return [
        Figure("commits in a second while moving", median(rates), "/s"),
        Figure("stop, median", median(stops), "s", 5.0),
        Figure("stop, longest", max(stops), "s"),
        Figure("no commit acknowledged, median", median(gaps), "s", 5.0),
        Figure("no commit acknowledged, longest", max(gaps), "s"),
        Figure("acknowledged commits lost", lost, "", 0),
        Figure("commits twice", doubled, "", 0),
        Figure("equality of both sides", size / MB / seconds, "MB/s", 100, "higher"),
    ]


if __name__ == "__main__":
    main()
