"""The systems stack: platform services and hosted systems, each with its segment, machines and groups."""

from __future__ import annotations

from govcloud.stacks import parts
from govcloud.stacks.addresses import SYSTEMS, Places
from govcloud.stacks.builder import StackBuilder


def compile_systems(places: Places) -> StackBuilder:
    """The systems stack of a plane."""
    builder = StackBuilder(places.plane.id, SYSTEMS)
    plane = places.plane
    for segment in plane.segments:
        if segment.kind in ("platform", "system") and places.segment_stack(segment) == SYSTEMS:
            parts.add_segment(builder, places, segment)
    machines = [machine for machine in plane.machines if places.machine_stack(machine) == SYSTEMS]
    for group in plane.groups:
        if places.group_stack(group.id) != SYSTEMS:
            continue
        parts.add_group(builder, places, group)
        if len(group.machines) > 1:
            with builder.concerning(places.origins.group(group.id)):
                spread = f"{group.id}-spread"
                builder.add(
                    "server_group",
                    spread,
                    name=builder.lasting(spread),
                    policy="soft-anti-affinity",
                    project=places.project(group.project),
                )
    for machine in machines:
        parts.add_machine(builder, places, machine)
    return builder
