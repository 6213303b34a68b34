"""The record of creates that were sent, written durably before each, so that a killed run can be resumed.

A create whose answer never came may still be under way in the server: the next run waits for such an
object to appear, bounded, before it creates another.
"""

from __future__ import annotations

import json
import os
import threading
import time
from pathlib import Path

SETTLES_WITHIN = 60.0
"""Seconds after which a create that was sent is held never to have arrived."""


class Intents:
    """An append-only file of JSON lines: `sent` before a create, `answered` after it, whatever the answer."""

    def __init__(self, path: Path, settles_within: float = SETTLES_WITHIN) -> None:
        self._path = path
        self._settles_within = settles_within
        self._lock = threading.Lock()
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._sent = open_intents(path)

    def unanswered(self, marker: str) -> float | None:
        """Seconds for which the object of this marker may still appear, or None when nothing is open."""
        with self._lock:
            sent = self._sent.get(marker)
        return None if sent is None else max(0.0, sent + self._settles_within - time.time())

    def send(self, marker: str) -> None:
        """Note durably that a create is about to be sent."""
        at = time.time()
        with self._lock:
            self._sent[marker] = at
            self._write({"sent": marker, "at": at}, durable=True)

    def answer(self, marker: str) -> None:
        """Note that the create has been answered, or that the object was found."""
        with self._lock:
            if self._sent.pop(marker, None) is not None:
                self._write({"answered": marker}, durable=False)

    def _write(self, entry: dict[str, object], *, durable: bool) -> None:
        with self._path.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(entry) + "\n")
            stream.flush()
            if durable:
                os.fdatasync(stream.fileno())

    def close(self) -> None:
        """End the run: with nothing open the record starts afresh."""
        with self._lock:
            if not self._sent:
                self._path.unlink(missing_ok=True)


def open_intents(path: Path) -> dict[str, float]:
    """The markers of creates that were sent and not answered, with the time when each was sent."""
    sent: dict[str, float] = {}
    if not path.exists():
        return sent
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            # The last line of a killed run: its create was not sent, since sending follows writing.
            continue
        if "sent" in entry:
            sent[entry["sent"]] = float(entry["at"])
        else:
            sent.pop(entry["answered"], None)
    return sent
