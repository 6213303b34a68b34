"""The conference stack: bridges behind a shared address, an edge for every venue, marked traffic."""

from __future__ import annotations

from govcloud.stacks import parts
from govcloud.stacks.addresses import VIDEOCONF, Places
from govcloud.stacks.builder import StackBuilder
from govcloud.stacks.model import Value
from govcloud.topology import Machine
from govcloud.topology.hosted import Conference, Quality


def compile_videoconf(places: Places) -> StackBuilder:
    """The conference stack of a plane."""
    builder = StackBuilder(places.plane.id, VIDEOCONF)
    plane = places.plane
    for segment in plane.segments:
        if segment.kind == "conference":
            parts.add_segment(builder, places, segment)
    machines = [machine for machine in plane.machines if machine.kind == "conference"]
    for conference in plane.conferences.values():
        with builder.concerning(places.origins.group(f"{conference.id}-bridges")):
            _conference(builder, places, conference)
    for machine in machines:
        parts.add_machine(builder, places, machine, **_port(builder, machine))
    return builder


def _conference(builder: StackBuilder, places: Places, conference: Conference) -> None:
    for part, quality in (("bridges", conference.bridges.quality), ("edges", conference.edges.quality)):
        parts.add_group(builder, places, places.plane.group[f"{conference.id}-{part}"])
        _quality(builder, places, conference, part, quality)
    segment = f"{conference.id}-bridges"
    address = str(places.plane.shared_addresses[conference.id])
    builder.add(
        "port",
        f"{conference.id}-shared-port",
        name=f"{conference.id}-shared",
        project=places.project(conference.project),
        network=places.network(segment),
        fixed_ips=({"subnet": places.subnet(segment), "ip_address": address},),
        security_groups=(places.group(segment),),
    )


def _quality(
    builder: StackBuilder, places: Places, conference: Conference, part: str, quality: Quality
) -> None:
    name = f"{conference.id}-{part}-quality"
    policy = builder.add(
        "qos_policy", name, name=name, project=places.project(conference.project), shared=False
    )
    builder.add("qos_dscp_marking_rule", f"{name}-mark", policy=policy, dscp_mark=quality.dscp)
    builder.add(
        "qos_bandwidth_limit_rule",
        f"{name}-ceiling",
        policy=policy,
        direction="egress",
        max_kbps=quality.max_kbps,
        max_burst_kbps=quality.max_kbps // 5,
    )


def _port(builder: StackBuilder, machine: Machine) -> dict[str, Value]:
    """A bridge may also answer for the shared address; all media is marked and bounded."""
    fields: dict[str, Value] = {"qos_policy": f"{builder.name}/{machine.group}-quality"}
    if machine.shared_address is not None:
        fields["allowed_address_pairs"] = ({"ip_address": str(machine.shared_address)},)
    return fields
