"""Addresses of one plane's machines, routers and shared services, in prefixes that are given out already."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network

from govcloud.errors import Where
from govcloud.topology.addressing import BACKBONE, FIRST_HOST, AddressRequest, Plan, several
from govcloud.topology.lock import Lock


class Hosts:
    """Fills a plan's addresses: the lower half of each prefix is planned, the upper the cloud's to give."""

    def __init__(self, backbone: IPv4Network, lock: Lock, plan: Plan) -> None:
        self.backbone = backbone
        self.lock = lock
        self.plan = plan
        self._without: defaultdict[str, list[AddressRequest]] = defaultdict(list)

    def fill(self, requests: Sequence[AddressRequest]) -> None:
        """Give every request an address, or note why it has none."""
        for request in requests:
            self._declared(request)
            self._inside(request)
        self._twice(requests)
        taken = {int(address) for address in self.plan.addresses.values()}
        for request in requests:
            if request.id not in self.plan.addresses:
                self._new(request, taken)
        for segment, without in self._without.items():
            names = several([request.id for request in without])
            what = f"segment {segment} has no address left in its planned half: none for {names}"
            self.plan.fault(what, without[0].where, "put them into another segment")

    def _declared(self, request: AddressRequest) -> None:
        recorded = self.plan.addresses.get(request.id)
        if request.address is None or request.address == recorded:
            return
        if recorded is None:
            self.plan.addresses[request.id] = request.address
            self.plan.added.append(request.id)
            return
        what = f"{request.id} would move from {recorded} to {request.address}"
        remedy = f"addresses never move: write {recorded}, or declare a new machine beside it"
        self.plan.fault(what, request.where, remedy)

    def _inside(self, request: AddressRequest) -> None:
        prefix, address = self._prefix(request.segment), self.plan.addresses.get(request.id)
        if prefix is None or address is None or request.segment in self.plan.faulty:
            return
        first, last = prefix[FIRST_HOST], prefix[prefix.num_addresses // 2 - 1]
        if not first <= address <= last:
            what = f"address {address} of {request.id} is not one that segment {request.segment} plans"
            self.plan.fault(what, self._place_of(request), f"name one from {first} to {last}")

    def _twice(self, requests: Sequence[AddressRequest]) -> None:
        holders: dict[IPv4Address, str] = {}
        for request in requests:
            address = self.plan.addresses.get(request.id)
            if address is not None and holders.setdefault(address, request.id) != request.id:
                what = f"address {address} of {request.id} is also that of {holders[address]}"
                self.plan.fault(what, self._place_of(request), "name another, or restore the lock file")

    def _new(self, request: AddressRequest, taken: set[int]) -> None:
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
        self._without[request.segment].append(request)

    def _place_of(self, request: AddressRequest) -> Where:
        recorded = self.lock.where("addresses", request.id) if request.id in self.lock.addresses else None
        return recorded or request.where

    def _prefix(self, segment: str) -> IPv4Network | None:
        return self.backbone if segment == BACKBONE else self.plan.segments.get(segment)
