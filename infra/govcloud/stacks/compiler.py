"""Topology to stacks: a pure, deterministic function."""

from __future__ import annotations

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
    return _linked([builder for builder in builders if len(builder)])


def _linked(builders: list[StackBuilder]) -> list[Stack]:
    owners = {address: builder.name for builder in builders for address in builder.addresses()}
    return [builder.stack(owners) for builder in builders]
