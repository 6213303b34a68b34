"""Has files on the disk, many together and beside what comes meanwhile, and says so then."""

from __future__ import annotations

import ctypes
import os
import threading
from typing import Any

from govcloud.migrations.files.agent.wire import SYNC_EVERY, SYNC_FILES, flush, tell

LIBC = ctypes.CDLL(None, use_errno=True)


class Disk:
    """What stands in its place and is not acknowledged yet: where it is lost, it comes anew."""

    def __init__(self) -> None:
        self.size = 0
        self.files: list[dict[str, Any]] = []
        self.held: dict[int, int] = {}
        self.under_way: threading.Thread | None = None
        self.failed: OSError | None = None

    def hold(self, status: os.stat_result, above: int) -> None:
        """Remember the disk that a file lies on, by the directory that it lies in."""
        if status.st_dev not in self.held:
            self.held[status.st_dev] = os.dup(above)

    def add(self, told: dict[str, Any], size: int) -> None:
        """A file stands in its place, of which so many bytes were written."""
        self.files.append({"path": told["path"], "digests": told["digests"]})
        self.size += size
        if self.size >= SYNC_EVERY or len(self.files) >= SYNC_FILES:
            self.begin()

    def begin(self) -> None:
        """Begin to bring to the disk what stands."""
        self.wait()
        if self.held or self.files:
            self.under_way = threading.Thread(target=self.bring, args=(self.held, self.files))
            self.size, self.files, self.held = 0, [], {}
            self.under_way.start()

    def wait(self) -> None:
        """Wait until what was begun is on the disk; an error where it cannot be."""
        if self.under_way is not None:
            self.under_way.join()
            self.under_way = None
        if self.failed is not None:
            raise self.failed

    def settle(self) -> None:
        """Have all that stands on the disk, and acknowledged."""
        self.begin()
        self.wait()

    def bring(self, held: dict[int, int], files: list[dict[str, Any]]) -> None:
        """Have it on the disk, then acknowledge it."""
        try:
            for directory in held.values():
                if LIBC.syncfs(directory):
                    raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
                os.close(directory)
            if files:
                tell(b"K", {"kept": files})
            flush()
        except OSError as error:
            self.failed = error
