"""Topology to stacks: a pure, deterministic function."""

from __future__ import annotations

from govcloud.errors import ToolkitError
from govcloud.stacks import parts
from govcloud.stacks.addresses import Places
from govcloud.stacks.builder import StackBuilder
from govcloud.stacks.core import compile_core
from govcloud.stacks.members import compile_city, compile_county
from govcloud.stacks.model import Stack
from govcloud.stacks.systems import compile_systems
from govcloud.stacks.videoconf import compile_videoconf
from govcloud.topology import PlaneTopology, Topology


def compile_topology(topology: Topology) -> tuple[Stack, ...]:
    """The stacks of every provisioned plane, each after those it depends on. Same topology, same result."""
    return tuple(
        stack
        for plane in topology.planes.values()
        if plane.provisioned
        for stack in _compile_plane(topology, plane)
    )


def _compile_plane(topology: Topology, plane: PlaneTopology) -> list[Stack]:
    places = Places(topology, plane)
    counties = sorted(
        {segment.project for segment in plane.segments if segment.level == "county"}, key=places.county
    )
    builders = [
        compile_core(places),
        compile_city(places),
        *(compile_county(places, county) for county in counties),
        compile_systems(places),
        compile_videoconf(places),
    ]
    by_name = {builder.name: builder for builder in builders}
    parts.add_operators(by_name, places, plane.machines)
    for flow in plane.flows:
        parts.add_rule(by_name[f"{plane.id}/{places.rule_stack(flow)}"], places, flow)
    existing = {f"{plane.id}/{one.resource}": one.existing for one in plane.adoptions.values()}
    _demand_known(builders, plane)
    for builder in builders:
        builder.named(existing)
    _retire(builders)
    return _linked([builder for builder in builders if len(builder)])


def _demand_known(builders: list[StackBuilder], plane: PlaneTopology) -> None:
    """An adoption names a resource that there is."""
    known = {address for builder in builders for address in builder.addresses()}
    for one in plane.adoptions.values():
        if f"{plane.id}/{one.resource}" not in known:
            raise ToolkitError(
                f"there is no resource {plane.id}/{one.resource}",
                one.where("resource"),
                "name it as `govcloud stacks --resources` lists it, without the plane",
            )


def _retire(builders: list[StackBuilder]) -> None:
    """Let go what stands on what is declared to go, and what stands on that."""
    while True:
        gone = {address: builder.name for builder in builders for address in builder.retired}
        found = [builder.retire(gone) for builder in builders if gone]
        if not any(found):
            return


def _linked(builders: list[StackBuilder]) -> list[Stack]:
    owners = {address: builder.name for builder in builders for address in builder.addresses()}
    return [builder.stack(owners) for builder in builders]
