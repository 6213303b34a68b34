"""People who work with a department's system, at the address where it has always been."""

from __future__ import annotations

import itertools
import re
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

import urllib3

from govcloud.errors import ToolkitError

PATIENCE = 60.0
"""Seconds within which entries have to be taken again."""
TIMEOUT = 10


@dataclass(frozen=True)
class Door:
    """A site at an address, which has to prove itself by `authority` as `domain`."""

    address: str
    domain: str
    authority: Path

    def pool(self) -> urllib3.HTTPSConnectionPool:
        """Connections to it; one of its own for each who asks."""
        return urllib3.HTTPSConnectionPool(
            self.address,
            443,
            ca_certs=str(self.authority),
            server_hostname=self.domain,
            assert_hostname=self.domain,
            headers={"Host": self.domain},
            timeout=TIMEOUT,
            retries=False,
        )

    def title(self) -> str:
        """The title of its first page."""
        with self.pool() as pool:
            page = pool.request("GET", "/").data.decode()
        found = re.search(r"<title>(.*?)</title>", page)
        return found[1] if found else ""


@dataclass
class People:
    """People who enter something again and again, each with an attachment; what was acknowledged is kept.

    `acknowledged` are marks with the moment of the answer, `refused` the statuses of other answers.
    """

    door: Door
    count: int = 2
    acknowledged: dict[str, float] = field(default_factory=dict)
    refused: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._work, args=(at,)) for at in range(self.count)]

    def _work(self, person: int) -> None:
        number = 0
        with self.door.pool() as pool:
            while not self._stop.is_set():
                number += 1
                time.sleep(0.02 if self._enter(pool, f"{id(self)}-{person}-{number}") else 0.1)

    def _enter(self, pool: urllib3.HTTPSConnectionPool, mark: str) -> bool:
        words = urlencode({"mark": mark, "title": f"登记 {mark}"})
        try:
            answer = pool.request("POST", f"/entries?{words}", body=mark.encode() * 100)
        except urllib3.exceptions.HTTPError:
            return False
        if answer.status == 200:
            self.acknowledged[mark] = time.monotonic()
        else:
            self.refused.add(answer.status)
        return answer.status == 200

    @property
    def gap(self) -> float:
        """The longest time in which nobody could enter anything, in seconds."""
        moments = sorted(self.acknowledged.values())
        return max((after - before for before, after in itertools.pairwise(moments)), default=0.0)

    def until(self, count: int) -> None:
        """Wait until so many more have been entered; ToolkitError where that takes too long."""
        wanted, end = len(self.acknowledged) + count, time.monotonic() + PATIENCE
        while len(self.acknowledged) < wanted:
            if time.monotonic() > end:
                statuses = ", ".join(map(str, sorted(self.refused))) or "nothing"
                raise ToolkitError(
                    f"nobody can enter anything: it answers {statuses}",
                    self.door.domain,
                    "look at its service",
                )
            time.sleep(0.1)

    def lost(self, found: Iterable[str]) -> set[str]:
        """What was acknowledged, and is not among the marks found."""
        return set(self.acknowledged) - set(found)

    def __enter__(self) -> People:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(30)
