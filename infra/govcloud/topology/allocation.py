"""The address plan of one plane: plane → level → summary → segment → machine.

What the lock file records stays where it is; what is new takes the first free slot, in the order of the
requests. Entries of things that are gone keep their slots.
"""

from __future__ import annotations

from collections.abc import Sequence

from govcloud.topology.addressing import BACKBONE, AddressRequest, Plan, SegmentRequest, router_id
from govcloud.topology.hosts import Hosts
from govcloud.topology.lock import Lock
from govcloud.topology.plane import Plane
from govcloud.topology.prefixes import Prefixes


def allocate(
    plane: Plane, lock: Lock, segments: Sequence[SegmentRequest], machines: Sequence[AddressRequest]
) -> Plan:
    """The plan for these requests, given what the lock records. Faults are in `Plan.errors`."""
    plan = Plan(dict(lock.summaries), dict(lock.segments), dict(lock.addresses))
    Prefixes(plane, lock, plan).fill(segments)
    live = {plan.summary_of[request.id] for request in segments if request.id in plan.summary_of}
    where = plane.where("addresses", "backbone")
    routers = [AddressRequest(router_id(name), BACKBONE, where) for name in plan.summaries if name in live]
    Hosts(plane.addresses.backbone, lock, plan).fill([*routers, *machines])
    return plan
