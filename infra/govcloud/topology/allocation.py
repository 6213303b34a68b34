"""The address plan of one plane: plane → level → summary → segment → machine.

What the lock file records stays where it is; what is new takes the first free slot, in the order of the requests.
Entries of things that are gone keep their slots.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, collapse_addresses

from govcloud.errors import ToolkitError, Where
from govcloud.topology.lock import Lock
from govcloud.topology.plane import AddressSpace, LevelName
from govcloud.topology.slots import Slots

BACKBONE = "backbone"
FIRST_HOST = 4
"""Machines start at the prefix's fourth address; below lie the gateway and room for a standby one."""

RECORD = "run `govcloud topology addresses --write` and commit the lock file"


@dataclass(frozen=True)
class SegmentRequest:
    """A segment that needs a prefix: of its county's summary, of any city block, or straight from its level's pool."""

    id: str
    level: LevelName
    where: Where
    county: str | None = None
    prefix: IPv4Network | None = None


@dataclass(frozen=True)
class AddressRequest:
    """A machine, router or shared address that needs an address in `segment` (or on the backbone)."""

    id: str
    segment: str
    where: Where
    address: IPv4Address | None = None


@dataclass
class Plan:
    """A plane's address plan: everything recorded and everything new, by id."""

    summaries: dict[str, IPv4Network] = field(default_factory=dict)
    segments: dict[str, IPv4Network] = field(default_factory=dict)
    addresses: dict[str, IPv4Address] = field(default_factory=dict)
    summary_of: dict[str, str] = field(default_factory=dict)
    """By segment id: the summary it lies in, where its level has summaries."""
    added: list[str] = field(default_factory=list)
    """Ids that the lock file does not hold yet."""
    errors: list[ToolkitError] = field(default_factory=list)


def allocate(
    space: AddressSpace,
    lock: Lock,
    segments: Sequence[SegmentRequest],
    machines: Sequence[AddressRequest],
    where: Where,
) -> Plan:
    """The plan for these requests, given what the lock records. Faults are in `Plan.errors`; `where` is the plane's."""
    return _Allocator(space, lock, where).run(segments, machines)


class _Allocator:
    def __init__(self, space: AddressSpace, lock: Lock, where: Where) -> None:
        self.space = space
        self.lock = lock
        self.where = where
        self.plan = Plan(dict(lock.summaries), dict(lock.segments), dict(lock.addresses))

    def run(self, segments: Sequence[SegmentRequest], machines: Sequence[AddressRequest]) -> Plan:
        wanted = {request.id: request for request in segments}
        self._pools()
        for request in segments:
            self._declared(request)
        self._overlaps(wanted)
        for request in segments:
            if request.county is not None:
                self._summary(request.county, request.where)
        for request in segments:
            if request.id not in self.plan.segments:
                self._new(request)
        for request in segments:
            self._place(request)
        live = {
            self.plan.summary_of[request.id] for request in segments if request.id in self.plan.summary_of
        }
        routers = [
            AddressRequest(router_id(summary), BACKBONE, self.where)
            for summary in self.plan.summaries
            if summary in live
        ]
        self._hosts([*routers, *machines])
        return self.plan

    # -- pools -------------------------------------------------------------------------------

    def _pools(self) -> None:
        pools = sorted(self.space.pools().items(), key=lambda item: item[1])
        for name, pool in pools:
            if not pool.subnet_of(self.space.space):
                self._fault(
                    f"pool {pool} of {name} lies outside the plane's space {self.space.space}", self.where
                )
        for (name, pool), (other, next_pool) in zip(pools, pools[1:], strict=False):
            if pool.overlaps(next_pool):
                self._fault(f"pool {next_pool} of {other} overlaps {pool} of {name}", self.where)

    # -- segments ----------------------------------------------------------------------------

    def _declared(self, request: SegmentRequest) -> None:
        """Check a declared prefix against the lock and the pool; take it when it is new."""
        recorded = self.plan.segments.get(request.id)
        pool = self.space.levels()[request.level].pool
        if request.prefix is not None and recorded is not None and request.prefix != recorded:
            self._fault(
                f"segment {request.id} would move from {recorded} to {request.prefix}",
                request.where,
                f"addresses never move: write {recorded}, or declare a new segment beside it",
            )
        elif request.prefix is not None and recorded is None:
            self.plan.segments[request.id] = request.prefix
            self.plan.added.append(request.id)
        prefix = self.plan.segments.get(request.id)
        if prefix is not None and not prefix.subnet_of(pool):
            self._fault(
                f"prefix {prefix} of segment {request.id} lies outside the pool {pool} of level {request.level}",
                self._place_of(request),
                self._free_remedy(request.level),
            )

    def _place_of(self, request: SegmentRequest) -> Where:
        recorded = self.lock.where("segments", request.id) if request.id in self.lock.segments else None
        return recorded or request.where

    def _overlaps(self, wanted: dict[str, SegmentRequest]) -> None:
        ordered = sorted(
            self.plan.segments.items(), key=lambda item: (item[1].network_address, item[1].prefixlen)
        )
        widest: tuple[str, IPv4Network] | None = None
        for name, prefix in ordered:
            if widest is not None and prefix.overlaps(widest[1]):
                self._overlap(name, prefix, *widest, wanted)
            if widest is None or prefix.broadcast_address > widest[1].broadcast_address:
                widest = (name, prefix)

    def _overlap(
        self,
        name: str,
        prefix: IPv4Network,
        other: str,
        other_prefix: IPv4Network,
        wanted: dict[str, SegmentRequest],
    ) -> None:
        """Blame the one that is not recorded, else the later one in the lock file."""
        if name in self.lock.segments and other not in self.lock.segments:
            name, prefix, other, other_prefix = other, other_prefix, name, prefix
        request = wanted.get(name)
        where = self._place_of(request) if request else self.lock.where("segments", name)
        level = request.level if request else "platform"
        what = f"prefix {prefix} of segment {name} overlaps {other_prefix} of segment {other}"
        self._fault(what, where or self.where, self._free_remedy(level))

    def _free_remedy(self, level: LevelName) -> str:
        declared = self.space.levels()[level]
        free = Slots(declared.pool, declared.segment, self.plan.segments.values()).peek()
        return (
            f"name a free prefix (next free: {free})"
            if free
            else f"extend pool {declared.pool} of level {level}"
        )

    def _summary(self, county: str, where: Where) -> None:
        if county in self.plan.summaries:
            return
        level = self.space.county
        free = Slots(level.pool, level.summary or level.segment, self.plan.summaries.values()).pop()
        if free is None:
            self._exhausted(f"county {county} has no summary", "county", level.pool, where)
            return
        self.plan.summaries[county] = free
        self.plan.added.append(county)

    def _new(self, request: SegmentRequest) -> None:
        free = self._city() if request.level == "city" else self._slot(request)
        if free is None:
            pool = self.plan.summaries.get(request.county or "") or self.space.levels()[request.level].pool
            if request.county is None or request.county in self.plan.summaries:
                self._exhausted(f"segment {request.id} has no prefix", request.level, pool, request.where)
            return
        self.plan.segments[request.id] = free
        self.plan.added.append(request.id)

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
        block_length = level.summary or level.segment
        free = Slots(level.pool, block_length, self.plan.summaries.values()).pop()
        if free is None:
            return None
        name = f"city-{len(self._blocks()) + 1}"
        self.plan.summaries[name] = free
        self.plan.added.append(name)
        return Slots(free, level.segment, self.plan.segments.values()).pop()

    def _blocks(self) -> list[str]:
        city = self.space.city.pool
        return [
            name
            for name, block in sorted(self.plan.summaries.items(), key=lambda i: i[1])
            if block.subnet_of(city)
        ]

    def _place(self, request: SegmentRequest) -> None:
        """Note the summary that a city or county segment lies in."""
        prefix = self.plan.segments.get(request.id)
        if prefix is None or request.level not in ("city", "county"):
            return
        names = [request.county] if request.county else self._blocks()
        for name in names:
            block = self.plan.summaries.get(name)
            if block is not None and prefix.subnet_of(block):
                self.plan.summary_of[request.id] = name
                return
        if request.county in self.plan.summaries:
            self._fault(
                f"prefix {prefix} of segment {request.id} lies outside {self.plan.summaries[request.county]}, "
                f"the summary of county {request.county}",
                self._place_of(request),
                "addresses never move: restore the lock file from version control",
            )

    def _exhausted(self, what: str, level: str, pool: IPv4Network, where: Where) -> None:
        self._fault(
            f"{what}: pool {pool} of level {level} is exhausted",
            where,
            f"extend level {level} in plane.yaml with a larger pool",
        )

    # -- machines and routers ----------------------------------------------------------------

    def _hosts(self, requests: Sequence[AddressRequest]) -> None:
        for request in requests:
            self._declared_host(request)
        holders: dict[IPv4Address, str] = {}
        for request in requests:
            address = self.plan.addresses.get(request.id)
            if address is not None and holders.setdefault(address, request.id) != request.id:
                what = f"address {address} of {request.id} is also that of {holders[address]}"
                self._fault(
                    what, request.where, f"leave `address` out, or name another in segment {request.segment}"
                )
        taken = {int(address) for address in self.plan.addresses.values()}
        for request in requests:
            if request.id not in self.plan.addresses:
                self._new_host(request, taken)

    def _declared_host(self, request: AddressRequest) -> None:
        recorded = self.plan.addresses.get(request.id)
        if request.address is not None and recorded is not None and request.address != recorded:
            self._fault(
                f"{request.id} would move from {recorded} to {request.address}",
                request.where,
                f"addresses never move: write {recorded}, or declare a new machine beside it",
            )
        elif request.address is not None and recorded is None:
            self.plan.addresses[request.id] = request.address
            self.plan.added.append(request.id)
        prefix, address = self._prefix(request.segment), self.plan.addresses.get(request.id)
        if prefix is not None and address is not None and not _planned(prefix, address):
            first, last = prefix[FIRST_HOST], prefix[prefix.num_addresses // 2 - 1]
            what = f"address {address} of {request.id} is not one that segment {request.segment} plans"
            self._fault(what, request.where, f"name one from {first} to {last}")

    def _new_host(self, request: AddressRequest, taken: set[int]) -> None:
        prefix = self._prefix(request.segment)
        if prefix is None:
            return
        base = int(prefix.network_address)
        for number in range(base + FIRST_HOST, base + prefix.num_addresses // 2):
            if number not in taken:
                taken.add(number)
                self.plan.addresses[request.id] = IPv4Address(number)
                self.plan.added.append(request.id)
                return
        self._fault(
            f"{request.id} has no address: the planned half of segment {request.segment} ({prefix}) is exhausted",
            request.where,
            "put it into another segment",
        )

    def _prefix(self, segment: str) -> IPv4Network | None:
        return self.space.backbone if segment == BACKBONE else self.plan.segments.get(segment)

    def _fault(self, what: str, where: Where, remedy: str = "correct `addresses` in plane.yaml") -> None:
        self.plan.errors.append(ToolkitError(what, where, remedy))


def _planned(prefix: IPv4Network, address: IPv4Address) -> bool:
    return prefix[FIRST_HOST] <= address < prefix[prefix.num_addresses // 2]


def router_id(summary: str) -> str:
    """The id of the router that announces a summary."""
    return f"router-{summary}"


def collapsed(prefixes: Sequence[IPv4Network]) -> tuple[IPv4Network, ...]:
    """The fewest prefixes that cover exactly these."""
    return tuple(collapse_addresses(prefixes))


def unrecorded(plan: Plan, plane: str, where: Where) -> Iterator[ToolkitError]:
    """The error that says what the lock file does not hold yet."""
    if plan.added:
        names = ", ".join(plan.added[:5]) + (
            f" and {len(plan.added) - 5} more" if len(plan.added) > 5 else ""
        )
        yield ToolkitError(f"plane {plane} has addresses that are not recorded: {names}", where, RECORD)
