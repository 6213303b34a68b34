"""What a tree holds, as it is compared: on disk, however many entries there are."""

from __future__ import annotations

import base64
import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

SOME = 1000


class Listing:
    """One tree's entries; lasts as long as its file. One thread may add what another asks for."""

    def __init__(self, place: Path) -> None:
        self._database = sqlite3.connect(place, check_same_thread=False, isolation_level=None)
        self._lock = threading.Lock()
        self._database.execute("PRAGMA journal_mode=OFF")
        self._database.execute("PRAGMA synchronous=OFF")
        for table in ("entry", "content"):
            self._database.execute(
                f"CREATE TABLE {table} (path BLOB PRIMARY KEY, said TEXT NOT NULL) WITHOUT ROWID"
            )

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    def add(self, entries: Iterable[tuple[bytes, dict[str, Any]]]) -> None:
        """Take in what a scan says, by path."""
        rows = ((path, json.dumps(said, ensure_ascii=False)) for path, said in entries)
        self._database.execute("BEGIN")
        self._database.executemany("INSERT OR REPLACE INTO entry VALUES (?, ?)", rows)
        self._database.execute("COMMIT")

    def contents(self, digests: Iterable[tuple[bytes, str]]) -> None:
        """Take in what is in files, by path."""
        for path, said in digests:
            with self._lock:
                self._database.execute("INSERT OR REPLACE INTO content VALUES (?, ?)", [path, said])

    def files(self) -> Iterator[str]:
        """The paths of all files, as they stand in frames."""
        query = "SELECT path FROM entry WHERE json_extract(said, '$.kind') = 'file' ORDER BY path"
        for (path,) in self._all(query):
            yield base64.b64encode(path).decode()

    def entries(self) -> Iterator[tuple[bytes, dict[str, Any]]]:
        """All of it in the order of paths; of a file with its content's digest."""
        query = "SELECT e.path, e.said, c.said FROM entry e LEFT JOIN content c USING (path) ORDER BY e.path"
        for path, said, content in self._all(query):
            entry = json.loads(said)
            if entry["kind"] == "file":
                entry["content"] = content or ""
            yield path, entry

    def _all(self, query: str) -> Iterator[Any]:
        cursor = self._database.cursor()
        with self._lock:
            cursor.execute(query)
        while True:
            with self._lock:
                rows = cursor.fetchmany(SOME)
            if not rows:
                return
            yield from rows
