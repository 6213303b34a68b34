"""Does several things at once, in threads of their own: an error, or Ctrl-C, ends what others wait for."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import TypeVar

from govcloud.migrations.ties import Ties, bound, tied

Found = TypeVar("Found")


def together(*acts: Callable[[], Found]) -> list[Found]:
    """What each of them gives, in their order; the error of the one that failed first is raised.

    A single act is worth it, too: Ctrl-C reaches the thread that waits for it, and no server has to answer.
    What was opened before by others is theirs, and is not cut here.
    """
    ties = Ties()
    with tied(ties.cut), ThreadPoolExecutor(max(1, len(acts))) as pool:
        running = [pool.submit(bound, ties, act) for act in acts]
        try:
            for future in as_completed(running):
                future.result()
        except BaseException:
            ties.cut()
            raise
    return [future.result() for future in running]
