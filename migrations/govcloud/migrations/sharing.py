"""Several take from one heap, side by side, each until nothing is left of it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from govcloud.migrations.ties import along

Item = TypeVar("Item")


def share(items: Iterable[Item], works: Sequence[Callable[[Iterator[Item]], object]]) -> None:
    """Have each of `works` go over what the others have not taken; the first one's error is raised.

    After an error nobody takes anything more, and what the others have taken comes to its end.
    """
    heap = deque(items)

    def taken() -> Iterator[Item]:
        while True:
            try:
                item = heap.popleft()
            except IndexError:
                return
            yield item

    def done(work: Callable[[Iterator[Item]], object]) -> None:
        try:
            work(taken())
        except BaseException:
            heap.clear()
            raise

    with ThreadPoolExecutor(max(1, len(works))) as pool:
        running = [pool.submit(along(done), work) for work in works]
        for future in running:
            future.result()
