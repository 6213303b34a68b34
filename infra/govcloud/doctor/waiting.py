"""Waiting for an answer no longer than a while, whatever the one who is asked does."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

Answer = TypeVar("Answer")


def begin(ask: Callable[[], Answer]) -> Future[Answer]:
    """Ask in a thread that ends with the process, so that nobody has to wait for it: see `Future.result`."""
    future: Future[Answer] = Future()

    def run() -> None:
        try:
            future.set_result(ask())
        except BaseException as error:  # noqa: BLE001 - handed to whoever waits for the answer
            future.set_exception(error)

    threading.Thread(target=run, name="ask", daemon=True).start()
    return future
