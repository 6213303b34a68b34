"""Moving a live PostgreSQL database: bulk against pg_dump and pg_restore, the stop, catching up, equality."""

from __future__ import annotations

import argparse
import resource
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import psutil
from _citizens import DATABASE, Clerks, by_dump, bytes_of, furnish, writing
from _figures import Figure, finish, median, timed

from govcloud.migrations.journal import open_journal
from govcloud.migrations.moves import begin
from govcloud.migrations.night import cut_over
from govcloud.migrations.pace import Pace
from govcloud.migrations.postgresql import PostgresqlMover
from govcloud.migrations.rehearsing import settle
from govcloud.progress import Silent
from integration.migrations.postgresql.clusters import Cluster, running
from integration.migrations.postgresql.moving import strip

MB = 1e6
RATE = 500
ALLOWED = 60.0


def main() -> None:
    """Each figure in the same run as what it is held against."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--gigabytes", type=float, default=5.0)
    parser.add_argument("--nights", type=int, default=10)
    parser.add_argument("--bulks", type=int, default=3)
    wanted = parser.parse_args()
    with running(15) as source, running(15) as target:
        furnish(source, wanted.gigabytes * 1e9)
        size = bytes_of(source)
        figures = [Figure("database", size / MB, "MB"), *bulk(source, target, wanted.bulks)]
        figures += nights(source, target, wanted.nights)
        figures += [*catching_up(source, target), *equality(source, target)]
        figures.append(
            Figure(
                "peak memory of the tool",
                resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
                "MiB",
                300,
            )
        )
    finish(figures)


def mover(source: Cluster, target: Cluster, folder: Path, move: str) -> PostgresqlMover:
    return PostgresqlMover(
        source.endpoint(DATABASE), target.endpoint(DATABASE), move, folder / "dump", Pace(), Silent()
    )


@contextmanager
def scratch() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="govcloud-bench-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def copy(moved: PostgresqlMover, folder: Path) -> None:
    with open_journal(None, folder, moved.move) as (journal, claims):
        begin([moved], {}, journal, claims, Silent())


def bulk(source: Cluster, target: Cluster, rounds: int) -> list[Figure]:
    """Both ways by turns, each to the end: data, indexes, references."""
    ours, theirs = [], []
    for number in range(rounds):
        with scratch() as folder:
            moved = mover(source, target, folder, f"bulk-{number}")
            ours.append(timed(lambda m=moved, f=folder: copy(m, f)))
            moved.discard()
            strip(target)
            theirs.append(timed(lambda f=folder: by_dump(source, target, str(f / "dumped"))))
            strip(target)
        print(f"bulk {ours[-1]:.1f} s, dump and restore {theirs[-1]:.1f} s", file=sys.stderr)
    return [
        Figure("bulk, ours", median(ours), "s"),
        Figure("pg_dump -Fd -j2, pg_restore -j2", median(theirs), "s"),
        Figure("bulk rate, theirs / ours in time", median(theirs) / median(ours), "x", 1.0, "higher"),
    ]


def nights(source: Cluster, target: Cluster, rounds: int) -> list[Figure]:
    """Whole moves under load; the gap is what a clerk sees who goes where he is let in."""
    gaps, downtimes, lost, doubled, rates = [], [], 0, 0, []
    for number in range(rounds):
        with scratch() as folder:
            source.ask("TRUNCATE ledger", DATABASE)
            moved = mover(source, target, folder, f"night-{number}")
            with writing(Clerks(source, target, RATE)) as clerks:
                copy(moved, folder)
                settle([moved], 600)
                with open_journal(None, folder, moved.move) as (journal, claims):
                    outcome = cut_over([moved], journal, claims, Silent(), ALLOWED, lambda: datetime.now(UTC))
                time.sleep(2)
            assert outcome.released, outcome.reason
            gone, twice = clerks.lost(target)
            gaps.append(clerks.gap)
            downtimes.append(outcome.downtime)
            rates.append(clerks.per_second)
            lost, doubled = lost + gone, doubled + twice
            print(f"night {number}: stop {outcome.downtime:.2f} s, gap {clerks.gap:.2f} s", file=sys.stderr)
            moved.unfence()
            moved.admit()
            if number < rounds - 1:
                moved.discard()
    return [
        Figure("commits in a second while moving", median(rates), "/s"),
        Figure("stop, median", median(downtimes), "s", 3.0),
        Figure("stop, longest", max(downtimes), "s"),
        Figure("no commit acknowledged, median", median(gaps), "s", 3.0),
        Figure("no commit acknowledged, longest", max(gaps), "s"),
        Figure("acknowledged commits lost", lost, "", 0),
        Figure("commits twice", doubled, "", 0),
    ]


def catching_up(source: Cluster, target: Cluster) -> list[Figure]:
    """The last night's target is followed anew: row changes that pile up are applied."""
    with scratch() as folder:
        return _caught(source, target, mover(source, target, folder, "catching"), folder)


def _caught(source: Cluster, target: Cluster, moved: PostgresqlMover, folder: Path) -> list[Figure]:
    strip(target)
    copy(moved, folder)
    moved.pause()
    changes = 200_000
    for first in range(0, changes, 2_000):
        source.ask(
            f"UPDATE citizen SET amount = amount + 1 WHERE id BETWEEN {first + 1} AND {first + 2000}",
            DATABASE,
        )
    moved.resume()
    began = time.monotonic()
    with target.connect(DATABASE) as connection:
        for (name,) in connection.execute("SELECT subname FROM pg_subscription").fetchall():
            connection.execute(f"ALTER SUBSCRIPTION {name} ENABLE")
    while moved.lag() > 100_000:
        time.sleep(0.1)
    return [
        Figure("row changes applied in a second", changes / (time.monotonic() - began), "/s", 2000, "higher")
    ]


def equality(source: Cluster, target: Cluster) -> list[Figure]:
    """Both sides in full, and what the tool itself needs for that."""
    with scratch() as folder:
        moved = mover(source, target, folder, "catching")
        peak = [0]
        stop = threading.Event()

        def watch() -> None:
            while not stop.wait(0.05):
                peak[0] = max(peak[0], psutil.Process().memory_info().rss)

        watcher = threading.Thread(target=watch)
        watcher.start()
        before = psutil.Process().memory_info().rss
        began = time.monotonic()
        found = moved.evidence()
        seconds = time.monotonic() - began
        stop.set()
        watcher.join()
        assert not found["differences"], found["differences"]
        return [
            Figure("equality of both sides", found["bytes"] / MB / seconds, "MB/s", 100, "higher"),
            Figure("memory of that", (peak[0] - before) / 1024 / 1024, "MiB", 150),
        ]


if __name__ == "__main__":
    main()
