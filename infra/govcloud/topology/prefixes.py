"""Prefixes of a plane's summaries and segments: what is recorded stays, what is new takes a free slot."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from ipaddress import IPv4Network
from itertools import pairwise

from govcloud.errors import Where
from govcloud.topology.addressing import RESTORE, Plan, SegmentRequest, several
from govcloud.topology.lock import Lock
from govcloud.topology.plane import AddressSpace, Plane
from govcloud.topology.slots import Slots


class Prefixes:
    """Fills a plan's summaries and segments."""

    def __init__(self, plane: Plane, lock: Lock, plan: Plan) -> None:
        self.plane = plane
        self.space: AddressSpace = plane.addresses
        self.lock = lock
        self.plan = plan
        self._without: defaultdict[tuple[str, IPv4Network], list[SegmentRequest]] = defaultdict(list)

    def fill(self, requests: Sequence[SegmentRequest]) -> None:
        """Give every request a prefix, or note why it has none."""
        self._pools()
        for request in requests:
            self._declared(request)
        self._outside(requests)
        self._overlaps({request.id: request for request in requests})
        first_of = {request.county: request for request in reversed(requests) if request.county is not None}
        for county in dict.fromkeys(request.county for request in requests if request.county is not None):
            self._summary(county, first_of[county])
        for request in requests:
            if request.id not in self.plan.segments:
                self._new(request)
        for request in requests:
            self._place(request)
        self._exhausted()

    # -- what is declared and recorded -------------------------------------------------------

    def _pools(self) -> None:
        pools = sorted(self.space.pools().items(), key=lambda item: item[1])
        for name, pool in pools:
            if not pool.subnet_of(self.space.space):
                what = f"pool {pool} of {name} lies outside the plane's space {self.space.space}"
                self.plan.fault(what, self._pool_place(name), "move it into the space, or widen the space")
        for (name, pool), (other, next_pool) in pairwise(pools):
            if pool.overlaps(next_pool):
                what = f"pool {next_pool} of {other} overlaps {pool} of {name}"
                self.plan.fault(what, self._pool_place(other), "give each level a pool of its own")

    def _pool_place(self, level: str) -> Where:
        return self.plane.where("addresses", level, "pool")

    def _declared(self, request: SegmentRequest) -> None:
        """Check a declared prefix against the recorded one; take it when it is new."""
        recorded = self.plan.segments.get(request.id)
        if request.prefix is None or request.prefix == recorded:
            return
        if recorded is None:
            self.plan.segments[request.id] = request.prefix
            self.plan.added.append(request.id)
            return
        what = f"segment {request.id} would move from {recorded} to {request.prefix}"
        remedy = f"addresses never move: write {recorded}, or declare a new segment beside it"
        self.plan.fault(what, request.where, remedy)

    def _outside(self, requests: Sequence[SegmentRequest]) -> None:
        """Prefixes that their level's pool does not hold; several at once are the pool's fault."""
        strays: defaultdict[str, list[SegmentRequest]] = defaultdict(list)
        for request in requests:
            prefix = self.plan.segments.get(request.id)
            if prefix is not None and not prefix.subnet_of(self.space.levels()[request.level].pool):
                strays[request.level].append(request)
        for level, found in strays.items():
            self.plan.faulty.update(request.id for request in found)
            pool = self.space.pools()[level]
            if len(found) > 1:
                names = several([request.id for request in found])
                what = f"pool {pool} of level {level} does not hold what it has given out: {names}"
                self.plan.fault(what, self._pool_place(level), "addresses never move: only widen a pool")
                continue
            request = found[0]
            what = f"prefix {self.plan.segments[request.id]} of segment {request.id} lies outside pool {pool}"
            self.plan.fault(what, self._place_of(request.id, request.where), self._remedy(request))

    def _place_of(self, segment: str, where: Where) -> Where:
        recorded = self.lock.where("segments", segment) if segment in self.lock.segments else None
        return recorded or where

    def _remedy(self, request: SegmentRequest | None) -> str:
        if request is None or request.id in self.lock.segments:
            return RESTORE
        level = self.space.levels()[request.level]
        free = Slots(level.pool, level.segment, self.plan.segments.values()).peek()
        return f"name a free prefix (next free: {free})" if free else f"widen pool {level.pool}"

    def _overlaps(self, wanted: dict[str, SegmentRequest]) -> None:
        ordered = sorted(
            self.plan.segments.items(), key=lambda item: (item[1].network_address, item[1].prefixlen)
        )
        widest: tuple[str, IPv4Network] | None = None
        for name, prefix in ordered:
            if widest is not None and prefix.overlaps(widest[1]):
                self._overlap(name, widest[0], wanted)
            if widest is None or prefix.broadcast_address > widest[1].broadcast_address:
                widest = (name, prefix)

    def _overlap(self, name: str, other: str, wanted: dict[str, SegmentRequest]) -> None:
        """Blame the one that is not recorded, else the later one in the lock file."""
        if name in self.lock.segments and other not in self.lock.segments:
            name, other = other, name
        self.plan.faulty.update((name, other))
        request = wanted.get(name)
        prefixes = self.plan.segments
        what = f"prefix {prefixes[name]} of segment {name} overlaps {prefixes[other]} of segment {other}"
        where = self._place_of(name, request.where if request else self.plane.where("addresses"))
        self.plan.fault(what, where, self._remedy(request))

    # -- what is new -------------------------------------------------------------------------

    def _summary(self, county: str, request: SegmentRequest) -> None:
        level = self.space.county
        slots = Slots(level.pool, level.summary or level.segment, self.plan.summaries.values())
        recorded = self.plan.summaries.get(county)
        if recorded is None:
            free = slots.pop()
            if free is None:
                what = f"county {county} has no summary: pool {level.pool} of level county is exhausted"
                self.plan.fault(what, self._pool_place("county"), "widen the pool of level county")
                return
            self.plan.summaries[county] = free
            self.plan.added.append(county)
        elif not slots.fits(recorded):
            what = f"summary {recorded} of county {county} is no /{level.summary} of pool {level.pool}"
            self.plan.fault(what, self.lock.where("summaries", county) or request.where, RESTORE)

    def _new(self, request: SegmentRequest) -> None:
        free = self._city() if request.level == "city" else self._slot(request)
        if free is not None:
            self.plan.segments[request.id] = free
            self.plan.added.append(request.id)
        elif request.county is None or request.county in self.plan.summaries:
            pool = self.plan.summaries.get(request.county or "") or self.space.levels()[request.level].pool
            self._without[request.level, pool].append(request)

    def _slot(self, request: SegmentRequest) -> IPv4Network | None:
        level = self.space.levels()[request.level]
        pool = self.plan.summaries.get(request.county) if request.county else level.pool
        return Slots(pool, level.segment, self.plan.segments.values()).pop() if pool else None

    def _city(self) -> IPv4Network | None:
        """The next prefix in the city's blocks; a new block when all are full."""
        level = self.space.city
        for block in self._blocks():
            if free := Slots(self.plan.summaries[block], level.segment, self.plan.segments.values()).pop():
                return free
        free = Slots(level.pool, level.summary or level.segment, self.plan.summaries.values()).pop()
        if free is None:
            return None
        name = self._next_block()
        self.plan.summaries[name] = free
        self.plan.added.append(name)
        return Slots(free, level.segment, self.plan.segments.values()).pop()

    def _next_block(self) -> str:
        number = 1
        while f"city-{number}" in self.plan.summaries:
            number += 1
        return f"city-{number}"

    def _blocks(self) -> list[str]:
        return sorted(self._city_blocks(), key=lambda name: self.plan.summaries[name])

    def _city_blocks(self) -> Iterator[str]:
        pool = self.space.city.pool
        return (name for name, block in self.plan.summaries.items() if block.subnet_of(pool))

    def _exhausted(self) -> None:
        for (level, pool), requests in self._without.items():
            names = several([request.id for request in requests])
            what = f"pool {pool} of level {level} is exhausted: no prefix for {names}"
            self.plan.fault(what, self._pool_place(level), f"widen the pool of level {level}")

    # -- where it lies -----------------------------------------------------------------------

    def _place(self, request: SegmentRequest) -> None:
        """Note the summary that a city or county segment lies in."""
        prefix = self.plan.segments.get(request.id)
        if prefix is None or request.level not in ("city", "county") or request.id in self.plan.faulty:
            return
        for name in [request.county] if request.county else self._blocks():
            block = self.plan.summaries.get(name)
            if block is not None and prefix.subnet_of(block):
                self.plan.summary_of[request.id] = name
                return
        summary = self.plan.summaries.get(request.county or "")
        outside = f"summary {summary} of county {request.county}" if summary else "every recorded city block"
        self.plan.faulty.add(request.id)
        what = f"prefix {prefix} of segment {request.id} lies outside {outside}"
        self.plan.fault(what, self._place_of(request.id, request.where), RESTORE)
