"""Free slots of a prefix: equal parts of a pool, some of them given out."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Network


class Slots:
    """A pool cut into parts of one length, and which of them are free."""

    def __init__(self, pool: IPv4Network, length: int, taken: Iterable[IPv4Network] = ()) -> None:
        self.pool = pool
        self.length = length
        self._size = 1 << (32 - length)
        self._base = int(pool.network_address)
        self.count = 1 << (length - pool.prefixlen)
        self._taken: set[int] = set()
        self._next = 0
        for network in taken:
            self.take(network)

    def take(self, network: IPv4Network) -> None:
        """Mark every part that `network` touches as given out."""
        if not network.overlaps(self.pool):
            return
        first = max(0, (int(network.network_address) - self._base) // self._size)
        last = min(self.count - 1, (int(network.broadcast_address) - self._base) // self._size)
        self._taken.update(range(first, last + 1))

    def fits(self, network: IPv4Network) -> bool:
        """Whether `network` is one of the parts."""
        return network.prefixlen == self.length and network.subnet_of(self.pool)

    def peek(self) -> IPv4Network | None:
        """The first free part, None when there is none."""
        while self._next in self._taken:
            self._next += 1
        if self._next >= self.count:
            return None
        return IPv4Network((self._base + self._next * self._size, self.length))

    def pop(self) -> IPv4Network | None:
        """Give out the first free part, None when there is none."""
        found = self.peek()
        if found is not None:
            self._taken.add(self._next)
        return found
