"""What earlier passes brought over, and what the last scan saw: on disk, however many files there are."""

from __future__ import annotations

import base64
import json
import secrets
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from govcloud.local import private_directory, write_private

Entry = dict[str, Any]
SETTLED = 2_000_000_000
"""Nanoseconds after which a change can no longer share its instant with an earlier look at the file."""
CONTENT = ("inode", "size", "mtime", "ctime")
_TABLES = """
CREATE TABLE IF NOT EXISTS done (
  path BLOB PRIMARY KEY, entry TEXT NOT NULL, digests TEXT, scanned INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS open (number INTEGER PRIMARY KEY);
CREATE TABLE IF NOT EXISTS ours (prefix TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS seen (path BLOB PRIMARY KEY, entry TEXT NOT NULL, ctime INTEGER);
CREATE TEMP TABLE plan (
  what TEXT NOT NULL, path BLOB NOT NULL, first TEXT, PRIMARY KEY (what, path)) WITHOUT ROWID;
"""


_PLANNED_PATHS = "SELECT path FROM plan WHERE what = ?"
_PLANNED = (
    "SELECT s.entry, d.digests, p.first FROM plan p JOIN seen s ON s.path = p.path"
    " LEFT JOIN done d ON d.path = p.path WHERE p.what = ?"
)
_ENTRIES = (
    "SELECT s.entry, d.entry, d.digests, coalesce(d.scanned, 0) FROM seen s"
    " LEFT JOIN done d ON d.path = s.path"
)
_AS_BEFORE = "coalesce(s.entry = d.entry AND d.digests IS NOT NULL AND s.ctime + ? < d.scanned, 0)"
_KEPT = "INSERT OR REPLACE INTO done SELECT path, entry, ?, ? FROM seen WHERE path = ?"
_MEASURED = (
    "SELECT count(*), coalesce(sum(json_extract(s.entry, '$.size')), 0) FROM plan p"
    " JOIN seen s ON s.path = p.path WHERE p.what = ?"
)


def forget(place: Path) -> None:
    """Have a state begin anew: what SQLite keeps beside it goes, too."""
    for suffix in ("", "-wal", "-shm"):
        place.with_name(place.name + suffix).unlink(missing_ok=True)


def path_of(entry: Mapping[str, Any]) -> bytes:
    """The entry's path below the tree."""
    return base64.b64decode(entry["path"])


def shown(path: bytes) -> str:
    """A path for people."""
    return path.decode("utf-8", "backslashreplace") or "."


class State:
    """One tree's; safe to use from several threads. What is lost of it is only looked at and copied again."""

    def __init__(self, place: Path) -> None:
        private_directory(place.parent)
        if not place.exists():
            write_private(place, "")
        self._database = sqlite3.connect(place, check_same_thread=False, isolation_level=None)
        self._lock = threading.RLock()
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=NORMAL")
        self._database.executescript(_TABLES)
        self.prefix = self._prefix()
        """What names aside of the tree's own begin with: nobody else has such names."""

    def _prefix(self) -> str:
        row = self._database.execute("SELECT prefix FROM ours").fetchone()
        if row is None:
            row = (f".govcloud-{secrets.token_hex(6)}-",)
            self._database.execute("INSERT INTO ours VALUES (?)", row)
        return str(row[0])

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    def see(self, entries: Iterable[tuple[bytes, str, int | None]]) -> int:
        """Take in a scan, in place of the one before: paths and entries in JSON; how many there are.

        With each the ctime that it had, where nothing but that and the entry says whether it is as before.
        """
        with self._lock:
            self._database.execute("BEGIN")
            self._database.execute("DELETE FROM seen")
            self._database.executemany("INSERT OR REPLACE INTO seen VALUES (?, ?, ?)", entries)
            self._database.execute("COMMIT")
            return int(self._database.execute("SELECT count(*) FROM seen").fetchone()[0])

    def empty(self) -> bool:
        """Whether nothing is known of the target."""
        return self._database.execute("SELECT 1 FROM done LIMIT 1").fetchone() is None

    def interrupted(self) -> bool:
        """Whether the pass before this one did not come to its end; notes that this one begins."""
        with self._lock:
            was = self._database.execute("SELECT 1 FROM open").fetchone() is not None
            self._database.execute("INSERT OR IGNORE INTO open VALUES (1)")
            return was

    def finished(self) -> None:
        """Note that the pass has come to its end."""
        with self._lock:
            self._database.execute("DELETE FROM open")

    def gone(self) -> Iterator[bytes]:
        """Paths that were brought over and are no longer there, the deepest first."""
        query = "SELECT path FROM done WHERE path NOT IN (SELECT path FROM seen) ORDER BY path DESC"
        return (row[0] for row in self._all(query))

    def entries(self) -> Iterator[tuple[Entry, Entry | None, list[str] | None, int]]:
        """Each entry that was seen, with what was brought over: the entry of then, digests, time of scan."""
        return self._entries(f"{_ENTRIES} ORDER BY s.path")

    def changed(self) -> Iterator[tuple[Entry, Entry | None, list[str] | None, int]]:
        """The same, without files that are surely as they were brought over: `unchanged` says when."""
        return self._entries(f"{_ENTRIES} WHERE NOT {_AS_BEFORE} ORDER BY s.path", [SETTLED])

    def _entries(
        self, query: str, values: Sequence[Any] = ()
    ) -> Iterator[tuple[Entry, Entry | None, list[str] | None, int]]:
        for now, then, digests, scanned in self._all(query, values):
            entry = json.loads(now)
            # Many are as they were: what is the same text need not be read twice.
            before = entry if now == then else None if then is None else json.loads(then)
            yield entry, before, None if digests is None else json.loads(digests), scanned

    def plan(self, rows: Iterable[tuple[str, bytes, str | None]]) -> None:
        """Take in what is to be done in a pass: what, to which path, and of a further name the first one."""
        with self._lock:
            self._database.execute("BEGIN")
            self._database.execute("DELETE FROM plan")
            self._database.executemany("INSERT INTO plan VALUES (?, ?, ?)", rows)
            self._database.execute("COMMIT")

    def planned_paths(self, what: str) -> Iterator[bytes]:
        """The paths to which that is to be done, the deepest first."""
        return (row[0] for row in self._all(f"{_PLANNED_PATHS} ORDER BY path DESC", [what]))

    def planned(self, what: str, deepest_first: bool = False) -> Iterator[tuple[Entry, list[str] | None]]:
        """The entries to which that is to be done, with the digests of what lies at the target."""
        order = "DESC" if deepest_first else "ASC"
        for entry, digests, first in self._all(f"{_PLANNED} ORDER BY p.path {order}", [what]):
            found = json.loads(entry)
            if first is not None:
                found["first"] = first
            yield found, None if digests is None else json.loads(digests)

    def requests(self) -> Iterator[bytes]:
        """What is asked for each file that is to be read, in JSON: its entry, and digests as in `planned`."""
        for entry, digests, _ in self._all(f"{_PLANNED} ORDER BY p.path", ["file"]):
            yield f'{{"entry": {entry}, "digests": {digests or "null"}}}'.encode()

    def measured(self, what: str) -> tuple[int, int]:
        """To how many entries that is to be done, and the bytes in them."""
        with self._lock:
            row = self._database.execute(_MEASURED, [what]).fetchone()
        return int(row[0]), int(row[1])

    def digests_of(self, path: bytes) -> list[str] | None:
        """The digests of a file that was brought over; None of anything else."""
        with self._lock:
            row = self._database.execute("SELECT digests FROM done WHERE path = ?", [path]).fetchone()
        return None if row is None or row[0] is None else list(json.loads(row[0]))

    def keep(self, entry: Entry, digests: list[str] | None, scanned: int) -> None:
        """Note that an entry has been brought over as it was at a scan."""
        row = (path_of(entry), json.dumps(entry), None if digests is None else json.dumps(digests), scanned)
        with self._lock:
            self._database.execute("INSERT OR REPLACE INTO done VALUES (?, ?, ?, ?)", row)

    def keep_all(self, files: Iterable[tuple[bytes, list[str]]], scanned: int) -> None:
        """Note that files have been brought over, by their paths, as the last scan saw them; all or none."""
        rows = ((json.dumps(digests), scanned, path) for path, digests in files)
        with self._lock:
            self._database.execute("BEGIN")
            self._database.executemany(_KEPT, rows)
            self._database.execute("COMMIT")

    def keep_seen(self, digests: Callable[[bytes], list[str] | None], scanned: int) -> None:
        """Note that all of the last scan is as it is to be, files with these digests; all or none."""
        rows = (
            (path, entry, json.dumps(found) if (found := digests(path)) else None, scanned)
            for path, entry in self._all("SELECT path, entry FROM seen ORDER BY path")
        )
        with self._lock:
            self._database.execute("BEGIN")
            self._database.executemany("INSERT OR REPLACE INTO done VALUES (?, ?, ?, ?)", rows)
            self._database.execute("COMMIT")

    def take_stock(self, paths: Iterable[str]) -> None:
        """Take in what lies at the target, of which nothing is known: paths in base64; all or nothing."""
        with self._lock:
            self._database.execute("BEGIN")
            rows = ((base64.b64decode(path), json.dumps({"path": path, "kind": "unknown"})) for path in paths)
            self._database.executemany("INSERT OR IGNORE INTO done VALUES (?, ?, NULL, 0)", rows)
            self._database.execute("COMMIT")

    def doubt(self, path: bytes) -> None:
        """Believe nothing of what was brought over of an entry: it comes anew."""
        with self._lock:
            self._database.execute(
                "UPDATE done SET digests = NULL, scanned = 0, entry = '{}' WHERE path = ?", [path]
            )

    def drop(self, path: bytes) -> None:
        """Note that an entry has been taken away."""
        with self._lock:
            self._database.execute("DELETE FROM done WHERE path = ?", [path])

    def _all(self, query: str, values: Sequence[Any] = ()) -> Iterator[Any]:
        """The rows of a query, some at a time: others may write between."""
        cursor = self._database.cursor()
        with self._lock:
            cursor.execute(query, values)
        while True:
            with self._lock:
                rows = cursor.fetchmany(1000)
            if not rows:
                return
            yield from rows


def unchanged(now: Entry, then: Entry | None, scanned: int) -> bool:
    """Whether a file's content is surely what it was when it was brought over.

    A change of content changes ctime, which nobody can set back, where the file system keeps it so (`scanned`
    is 0 elsewhere); only one within the clock's own grain of the earlier look could go unseen, so a file that
    had just been changed then is read again.
    """
    if then is None or now.get("apart") or any(now.get(key) != then.get(key) for key in CONTENT):
        return False
    return int(now["ctime"]) + SETTLED < scanned
