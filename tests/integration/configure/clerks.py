"""Run on a department's server: writes to its database as fast as is wished, and tells what was acknowledged.

Wishes come as JSON on standard input: `database` (a file of settings), `rate` (commits in a second), `writers`,
their `name`, and `until`, a file whose appearance ends it. It ends by itself when nobody may write any more.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from pathlib import Path
from typing import Any

import psycopg2

LASTS = 300.0


class Clerk(threading.Thread):
    """One connection, on which one commit follows another at an even pace."""

    def __init__(self, where: str, name: str, pace: float, until: str) -> None:
        super().__init__()
        self.where, self.mark, self.pace, self.until = where, name, pace, until
        self.acknowledged: list[str] = []

    def run(self) -> None:
        """Write until the file appears or the database refuses."""
        connection = psycopg2.connect(self.where)
        next_at = begun = time.monotonic()
        while not Path(self.until).exists() and time.monotonic() < begun + LASTS:
            mark = f"{self.mark}-{len(self.acknowledged)}"
            try:
                with connection, connection.cursor() as cursor:
                    cursor.execute("INSERT INTO register.entry (mark, title) VALUES (%s, '登记')", (mark,))
            except psycopg2.Error:
                return
            self.acknowledged.append(mark)
            next_at = max(next_at + self.pace, time.monotonic() - 0.05)
            time.sleep(max(0.0, next_at - time.monotonic()))


def main() -> None:
    """All clerks side by side."""
    wanted: dict[str, Any] = json.load(sys.stdin)
    lines = Path(wanted["database"]).read_text(encoding="utf-8").splitlines()
    where = next(line.partition("=")[2] for line in lines if line.startswith("DATABASE="))
    pace = wanted["writers"] / wanted["rate"]
    clerks = [
        Clerk(where, f"{wanted['name']}-{number}", pace, wanted["until"])
        for number in range(wanted["writers"])
    ]
    begun = time.monotonic()
    for clerk in clerks:
        clerk.start()
    for clerk in clerks:
        clerk.join()
    marks = [mark for clerk in clerks for mark in clerk.acknowledged]
    print(json.dumps({"acknowledged": marks, "seconds": time.monotonic() - begun}))


if __name__ == "__main__":
    main()
