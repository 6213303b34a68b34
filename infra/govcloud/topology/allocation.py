"""The address plan of one plane: plane → level → summary → segment → machine.

What the lock file records stays where it is; what is new takes the first free slot, in the order of the
requests. Entries of things that are gone keep their slots.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from govcloud.topology.addressing import BACKBONE, AddressRequest, Plan, SegmentRequest, router_id
from govcloud.topology.carrying import carry
from govcloud.topology.hosts import Hosts
from govcloud.topology.lock import Lock
from govcloud.topology.plane import Plane
from govcloud.topology.prefixes import Prefixes


def allocate(
    plane: Plane,
    lock: Lock,
    segments: Sequence[SegmentRequest],
    machines: Sequence[AddressRequest],
    renamed: Mapping[str, Sequence[str]] | None = None,
) -> Plan:
    """The plan for these requests, given what the lock records. Faults are in `Plan.errors`.

    `renamed` maps ids of things to those that they had: what was given to them stays theirs.
    """
    plan = Plan(dict(lock.summaries), dict(lock.segments), dict(lock.addresses))
    renamed = renamed or {}
    counties = {request.county for request in segments if request.county is not None}
    plan.added += carry(plan.summaries, counties, renamed)
    plan.added += carry(plan.segments, [request.id for request in segments], renamed)
    names = [*(request.id for request in machines), *(router_id(county) for county in counties)]
    plan.added += carry(plan.addresses, names, renamed)
    Prefixes(plane, lock, plan).fill(segments)
    live = {plan.summary_of[request.id] for request in segments if request.id in plan.summary_of}
    where = plane.where("addresses", "backbone")
    routers = [AddressRequest(router_id(name), BACKBONE, where) for name in plan.summaries if name in live]
    Hosts(plane.addresses.backbone, lock, plan).fill([*routers, *machines])
    return plan
