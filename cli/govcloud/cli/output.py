"""How results and progress are shown: one document on stdout, everything else on stderr."""

from __future__ import annotations

import json
import logging
import sys
import threading
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn
from rich.progress import TimeElapsedColumn as Elapsed

log = logging.getLogger("govcloud")


class JsonLines(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Time, level, logger and message."""
        line = {
            "at": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname.lower(),
            "from": record.name,
            "message": record.getMessage(),
        }
        return json.dumps(line, ensure_ascii=False)


class Output:
    """Shows a result in the form that was asked for."""

    def __init__(self, form: str) -> None:
        self.form = form

    def show(self, document: Any, text: str) -> None:
        """Print the document as JSON, or the text for people."""
        if self.form == "json":
            click.echo(json.dumps(document, ensure_ascii=False, indent=1))
        elif text:
            click.echo(text)


class Shown:
    """Progress on stderr: bars on a terminal, log lines with `--log-format json` or `-v`, else nothing."""

    def __init__(self) -> None:
        self._bars = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            Elapsed(),
            console=Console(stderr=True),
            disable=not sys.stderr.isatty(),
        )
        self._tasks: dict[str, TaskID] = {}
        self._lock = threading.Lock()

    def __enter__(self) -> Shown:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    def _task(self, name: str) -> TaskID:
        with self._lock:
            if name not in self._tasks:
                self._tasks[name] = self._bars.add_task(name, total=None)
            return self._tasks[name]

    def step(self, name: str) -> None:
        """A step has begun."""
        log.info("%s: begun", name)
        self._task(name)

    def count(self, name: str, so_far: int, total: int) -> None:
        """A step has come so far."""
        self._bars.update(self._task(name), completed=so_far, total=total)

    def done(self, name: str) -> None:
        """A step has ended well."""
        log.info("%s: done", name)
        task = self._task(name)
        known = self._bars.tasks[task].total
        self._bars.update(task, completed=known or 1, total=known or 1)


class Told:
    """Progress as plain lines with the seconds since the start: what a long run leaves in a log."""

    EVERY = 15.0
    """Seconds between two lines about the same step."""

    def __init__(self) -> None:
        self._start = time.monotonic()
        self._last: dict[str, float] = {}

    def say(self, text: str) -> None:
        """One line."""
        click.echo(f"[{time.monotonic() - self._start:6.1f} s] {text}", err=True)

    def step(self, name: str) -> None:
        """A step has begun."""
        self._last[name] = time.monotonic()
        self.say(name)

    def count(self, name: str, so_far: int, total: int) -> None:
        """A step has come so far; said now and then."""
        now = time.monotonic()
        if now - self._last.get(name, 0.0) >= self.EVERY:
            self._last[name] = now
            self.say(f"{name}: {so_far} of {total}")

    def done(self, name: str) -> None:
        """A step has ended well."""
        self.say(f"{name}: done")


def table(rows: list[tuple[Any, ...]], heads: tuple[str, ...]) -> str:
    """Rows in columns as wide as they need, Chinese characters counted as two."""
    from rich.cells import cell_len

    lines = [tuple(str(cell) for cell in row) for row in [heads, *rows]]
    widths = [max(cell_len(line[i]) for line in lines) for i in range(len(heads))]
    return "\n".join(
        "  ".join(
            cell + " " * (width - cell_len(cell)) for cell, width in zip(line, widths, strict=True)
        ).rstrip()
        for line in lines
    )


def counts(found: Mapping[str, int]) -> str:
    """`3 to create, 1 to delete`, or that there is nothing."""
    return ", ".join(f"{number} to {what}" for what, number in found.items()) or "nothing to do"
