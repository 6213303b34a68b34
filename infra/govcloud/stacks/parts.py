"""Parts that several stacks are made of: projects, segments, machines, rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from govcloud.stacks.addresses import Places, global_name
from govcloud.stacks.builder import StackBuilder
from govcloud.stacks.model import Value
from govcloud.topology import Flow, Group, Machine, Segment

MANAGED_GROUP = "managed-group"
PROVISIONER = "@self"


def add_project(builder: StackBuilder, places: Places, project: str) -> None:
    """A project, and its quotas where the plane declares any."""
    with builder.concerning(places.origins.project(project)):
        _project(builder, places, project)


def _project(builder: StackBuilder, places: Places, project: str) -> None:
    reference = builder.add(
        "project", f"{project}-project", name=global_name(places.topology, project), enabled=True
    )
    quota = places.plane.declaration.quotas.get(project)
    if quota is None:
        return
    declared = quota.model_dump(exclude_none=True)
    for kind, fields in (
        ("compute_quota", ("cores", "instances", "ram")),
        ("network_quota", ("network", "port", "floatingip")),
    ):
        values: Mapping[str, Value] = {field: declared[field] for field in fields if field in declared}
        if values:
            builder.add(kind, f"{project}-{kind.replace('_', '-')}", project=reference, **values)


def add_segment(builder: StackBuilder, places: Places, segment: Segment) -> None:
    """A segment: network, subnet, and the interface of its router that is its gateway."""
    with builder.concerning(places.origins.segment(segment)):
        _segment(builder, places, segment)


def _segment(builder: StackBuilder, places: Places, segment: Segment) -> None:
    project = places.project(segment.project)
    network = builder.add("network", f"{segment.id}-network", name=segment.id, project=project)
    first, last = segment.dynamic
    subnet = builder.add(
        "subnet",
        f"{segment.id}-subnet",
        name=segment.id,
        project=project,
        network=network,
        cidr=str(segment.prefix),
        gateway_ip=str(segment.gateway),
        enable_dhcp=segment.has_machines,
        allocation_pools=({"start": str(first), "end": str(last)},),
    )
    builder.add(
        "router_interface", f"{segment.id}-interface", router=places.router(segment.router), subnet=subnet
    )


def add_member_group(builder: StackBuilder, places: Places, segment: Segment) -> None:
    """A member's own group: who is in it may reach each other, and nobody else."""
    with builder.concerning(places.origins.segment(segment)):
        _member_group(builder, places, segment)


def _member_group(builder: StackBuilder, places: Places, segment: Segment) -> None:
    name = f"{segment.id}-group"
    group = builder.add("security_group", name, name=segment.id, project=places.project(segment.project))
    builder.add(
        "security_group_rule",
        f"{name}-intra",
        security_group=group,
        direction="ingress",
        ethertype="IPv4",
        remote_group=group,
    )


def add_operators(by_name: Mapping[str, StackBuilder], places: Places, machines: Iterable[Machine]) -> None:
    """Let the provisioning account create servers in the projects of `machines`.

    The assignment stands beside its project, so that every stack with servers there comes after it.
    """
    for project in sorted({machine.project for machine in machines}):
        builder = by_name[places.project(project).rpartition("/")[0]]
        if operator_name(project) not in builder:
            add_operator(builder, places, project)


def add_operator(builder: StackBuilder, places: Places, project: str) -> None:
    """Let the provisioning account create servers in one project."""
    with builder.concerning(places.origins.project(project)):
        builder.add(
            "role_assignment",
            operator_name(project),
            project=places.project(project),
            user=PROVISIONER,
            role="member",
        )


def operator_name(project: str) -> str:
    """The name of the role assignment that lets the provisioning account create servers in a project."""
    return f"{project}-provisioner"


def add_group(builder: StackBuilder, places: Places, group: Group) -> None:
    """The security group of machines of one purpose; its rules follow from the flows."""
    with builder.concerning(places.origins.group(group.id)):
        builder.add(
            "security_group", f"{group.id}-group", name=group.id, project=places.project(group.project)
        )


def add_machine(builder: StackBuilder, places: Places, machine: Machine, **more: Value) -> None:
    """A server with its port and any floating address; `more` are further fields of the port."""
    with builder.concerning(*places.origins.machine(machine)):
        _machine(builder, places, machine, more)


def _machine(builder: StackBuilder, places: Places, machine: Machine, more: Mapping[str, Value]) -> None:
    project = places.project(machine.project)
    port = builder.add(
        "port",
        f"{machine.id}-port",
        name=machine.id,
        project=project,
        network=places.network(machine.segment),
        fixed_ips=({"subnet": places.subnet(machine.segment), "ip_address": str(machine.address)},),
        security_groups=(places.group(machine.group), places.core(MANAGED_GROUP)),
        **more,
    )
    _server(builder, places, machine, port)
    if machine.floating is not None:
        builder.add(
            "floating_ip",
            f"{machine.id}-address",
            _reachable(builder, machine),
            project=project,
            network=places.core("external-network"),
            address=str(machine.floating),
            port=port,
        )


def _server(builder: StackBuilder, places: Places, machine: Machine, port: str) -> None:
    role, spread = operator_name(machine.project), f"{machine.group}-spread"
    group: dict[str, Value] = {"server_group": f"{builder.name}/{spread}"} if spread in builder else {}
    builder.add(
        "server",
        machine.id,
        (role,) if role in builder else (),
        name=machine.id,
        project=places.project(machine.project),
        flavor=places.core(f"flavor-{machine.flavor}"),
        image=places.core(f"image-{places.image}"),
        ports=(port,),
        keypair=places.core("operator-keypair"),
        availability_zone=machine.zone,
        metadata=_facts(machine),
        **group,
    )


def _reachable(builder: StackBuilder, machine: Machine) -> tuple[str, ...]:
    """A floating address needs a way from the external network to the machine's subnet."""
    ways = (f"{machine.segment}-interface",)
    return tuple(way for way in ways if way in builder)


def _facts(machine: Machine) -> dict[str, Value]:
    facts: dict[str, Value] = {"role": machine.role, "unit": machine.owner}
    if machine.system is not None:
        facts["system"] = machine.system
    return facts


def add_rule(builder: StackBuilder, places: Places, flow: Flow) -> None:
    """The rule that lets a flow through, once; nothing where the flow's source has no address."""
    remote = _remote(places, flow)
    name = f"{flow.target}-group-{flow.service_id}-from-{flow.source.id}"
    if remote is None or name in builder:
        return
    origins = [places.origins.group(flow.target)]
    if flow.source.kind == "group":
        origins.append(places.origins.group(flow.source.id))
    with builder.concerning(*origins):
        _rule(builder, places, flow, name, remote)


def _rule(builder: StackBuilder, places: Places, flow: Flow, name: str, remote: Mapping[str, Value]) -> None:
    service = flow.service
    ports: dict[str, Value] = {}
    if service.first is not None and service.last is not None:
        ports = {"port_range_min": service.first, "port_range_max": service.last}
    protocol: dict[str, Value] = {} if service.protocol == "any" else {"protocol": service.protocol}
    builder.add(
        "security_group_rule",
        name,
        security_group=places.group(flow.target),
        direction="ingress",
        ethertype="IPv4",
        **protocol,
        **ports,
        **remote,
    )


def _remote(places: Places, flow: Flow) -> dict[str, Value] | None:
    source = flow.source
    if source.kind == "internet":
        return {"remote_ip_prefix": "0.0.0.0/0"}
    if source.kind == "group":
        return {"remote_group": places.group(source.id)}
    return {"remote_address_group": places.source_group(source)} if source.prefixes else None
