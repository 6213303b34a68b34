"""Feeds the server's own client: statements, and lines that it loads."""

from __future__ import annotations

import contextlib
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from govcloud.errors import ToolkitError
from govcloud.migrations.mariadb.endpoint import Endpoint, program
from govcloud.migrations.ties import tied

PATIENCE = 600.0
"""Seconds in which the server has to take something, or to end what it has taken."""
LEAST = 10e6
"""Bytes in a second that it writes at the least: what it has taken may be written once more at the end."""
BETWEEN = 1.0


class Client:
    """A `mariadb` that does what is written to it; it loads `data` besides, where it was given some."""

    def __init__(self, process: subprocess.Popen[bytes], target: Endpoint) -> None:
        self.process = process
        self._target = target
        self._said: list[bytes] = []
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        self._waiting: float | None = None
        self._size, self._stalled = 0, 0.0
        self._ended = threading.Event()
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self._watcher.start()

    def _listen(self) -> None:
        if self.process.stderr is not None:
            with self.process.stderr as stream:
                self._said.append(stream.read())

    def _watch(self) -> None:
        """End it where the server takes nothing any more: a full disk makes MariaDB wait, and say nothing."""
        while not self._ended.wait(BETWEEN):
            since = self._waiting
            still = 0.0 if since is None else time.monotonic() - since
            if still > PATIENCE + self._size / LEAST:
                self._stalled = still
                self.process.kill()
                return

    @contextmanager
    def giving(self, count: int = 0) -> Iterator[None]:
        """So many bytes are given to the server, which is waited for until the block ends."""
        self._waiting = time.monotonic()
        try:
            yield
        finally:
            self._waiting = None
            self._size += count

    def write(self, part: bytes) -> None:
        """Write a part; ToolkitError with the server's words where it has ended."""
        if self.process.stdin is None:
            raise ValueError("it was started without an input")
        # Called for every line of a log: not by `giving`, which takes as long as the rest.
        self._waiting = time.monotonic()
        try:
            self.process.stdin.write(part)
        except BrokenPipeError:
            self.end()
        self._waiting = None
        self._size += len(part)

    def let_go(self) -> None:
        """Wait for its end, however it ends."""
        with self.giving():
            if self.process.stdin is not None:
                # What is left goes now: that waits, too.
                with contextlib.suppress(BrokenPipeError):
                    self.process.stdin.close()
            self.process.wait()
        self._ended.set()
        self._watcher.join()
        self._listener.join()

    def end(self) -> None:
        """Say that nothing more comes, and wait for its end; ToolkitError with its words where it failed."""
        self.let_go()
        code = self.process.returncode
        if code != 0 and self._stalled:
            raise ToolkitError(
                f"it has taken nothing for {self._stalled:.0f} s",
                self._target.where,
                "see whether its disk is full: it waits for room then; make some, then run it again",
            )
        if code != 0:
            lines = b"".join(self._said).decode(errors="replace").strip().splitlines()
            told = [line for line in lines if line.startswith("ERROR")] or lines[-1:]
            raise ToolkitError(
                f"the server refuses it: {told[0][:300] if told else f'its client ended with {code}'}",
                self._target.where,
                "mend what the server says, then run it again",
            )


@contextmanager
def fed(target: Endpoint, words: Sequence[str], data: int | None = None) -> Iterator[Client]:
    """A `mariadb` client on the target's database; it is ended where what feeds it fails.

    `data` is a descriptor that it may read from besides.
    """
    with target.options() as (options, kept):
        process = subprocess.Popen(
            [*program("mariadb"), *options, *words, target.database],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            pass_fds=(kept,) if data is None else (kept, data),
        )
        client = Client(process, target)
        try:
            with tied(process.kill):
                yield client
                client.end()
        except BaseException:
            process.kill()
            client.let_go()
            raise
