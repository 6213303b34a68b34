"""City and county stacks: routers to the backbone, and a project and segment for every member."""

from __future__ import annotations

from govcloud.stacks import parts
from govcloud.stacks.addresses import CITY, Places
from govcloud.stacks.builder import StackBuilder
from govcloud.topology import Router

EVERYWHERE = "0.0.0.0/0"


def compile_city(places: Places) -> StackBuilder:
    """The city stack: a project and a segment for every municipal unit, and the routers of their blocks."""
    builder = StackBuilder(places.plane.id, CITY)
    for router in places.plane.routers:
        if router.level == "city":
            _router(builder, places, router)
    for segment in places.plane.segments:
        if segment.kind == "unit":
            parts.add_project(builder, places, segment.project)
            parts.add_segment(builder, places, segment)
            parts.add_member_group(builder, places, segment)
    return builder


def compile_county(places: Places, county: str) -> StackBuilder:
    """A county's stack: its project and router, its segment and those of its townships that are members."""
    builder = StackBuilder(places.plane.id, places.county(county))
    parts.add_project(builder, places, county)
    for router in places.plane.routers:
        if router.project == county:
            _router(builder, places, router)
    for segment in places.plane.segments:
        if segment.level == "county" and segment.project == county:
            parts.add_segment(builder, places, segment)
            parts.add_member_group(builder, places, segment)
    return builder


def _router(builder: StackBuilder, places: Places, router: Router) -> None:
    """A router on the backbone, its way out, and the border's way back to its summary."""
    with builder.concerning(places.origins.project(router.owner)):
        _ways(builder, places, router)


def _ways(builder: StackBuilder, places: Places, router: Router) -> None:
    project = places.project(router.project)
    reference = builder.add("router", router.id, name=router.id, project=project)
    interface = builder.add(
        "router_interface",
        f"{router.id}-interface",
        router=reference,
        subnet=places.core("backbone-subnet"),
        address=str(router.backbone_address),
    )
    attached = (interface.rpartition("/")[2],)
    plane = places.plane
    out = EVERYWHERE if plane.egress else str(plane.declaration.addresses.space)
    builder.add(
        "router_route",
        f"{router.id}-out",
        attached,
        router=reference,
        destination=out,
        nexthop=str(plane.declaration.addresses.backbone[1]),
    )
    builder.add(
        "router_route",
        f"{router.id}-back",
        attached,
        router=places.router("border"),
        destination=str(router.summary),
        nexthop=str(router.backbone_address),
    )
