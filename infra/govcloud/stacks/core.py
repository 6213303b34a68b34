"""The core stack: a plane's ground – external network, backbone, border, management, what is shared."""

from __future__ import annotations

from govcloud.stacks import parts
from govcloud.stacks.addresses import CORE, Places, global_name, source_name
from govcloud.stacks.builder import StackBuilder
from govcloud.stacks.model import Secret, Supplied, Value
from govcloud.topology.plane import Compute, External


def compile_core(places: Places) -> StackBuilder:
    """A provisioned plane's core stack."""
    builder = StackBuilder(places.plane.id, CORE)
    declaration = places.plane.declaration
    if declaration.external is None or declaration.compute is None:
        raise LookupError(f"plane {declaration.id} is not provisioned")
    with builder.concerning(places.origins.plane()):
        for project in declaration.projects:
            parts.add_project(builder, places, project.id)
        _external(builder, places, declaration.external)
        _backbone(builder, places)
        _compute(builder, places, declaration.compute)
        _accounts(builder, places)
        _sources(builder, places)
        _managed(builder, places)
        _management(builder, places)
    return builder


def _platform(places: Places) -> str:
    return places.project(places.plane.declaration.backbone_project or "")


def _external(builder: StackBuilder, places: Places, external: External) -> None:
    network = builder.add(
        "network",
        "external-network",
        name="external",
        project=_platform(places),
        external=True,
        network_type="flat",
        physical_network=external.physical_network,
    )
    builder.add(
        "subnet",
        "external-subnet",
        name="external",
        project=_platform(places),
        network=network,
        cidr=str(external.prefix),
        gateway_ip=str(external.gateway),
        enable_dhcp=False,
        allocation_pools=({"start": str(external.first), "end": str(external.last)},),
    )
    egress = places.plane.egress
    builder.add(
        "router",
        "border-router",
        ("external-subnet",),
        name="border",
        project=_platform(places),
        external_network=network,
        external_fixed_ip=str(external.router),
        enable_snat=egress is not None and egress.snat,
    )


def _backbone(builder: StackBuilder, places: Places) -> None:
    prefix = places.plane.declaration.addresses.backbone
    network = builder.add("network", "backbone-network", name="backbone", project=_platform(places))
    subnet = builder.add(
        "subnet",
        "backbone-subnet",
        name="backbone",
        project=_platform(places),
        network=network,
        cidr=str(prefix),
        gateway_ip=str(prefix[1]),
        enable_dhcp=False,
        allocation_pools=({"start": str(prefix[prefix.num_addresses // 2]), "end": str(prefix[-2])},),
    )
    builder.add("router_interface", "backbone-interface", router=places.router("border"), subnet=subnet)


def _compute(builder: StackBuilder, places: Places, compute: Compute) -> None:
    for flavor in compute.flavors:
        extra: dict[str, Value] = {"extra_specs": dict(flavor.extra_specs)} if flavor.extra_specs else {}
        builder.add(
            "flavor",
            f"flavor-{flavor.id}",
            name=global_name(places.topology, flavor.id),
            vcpus=flavor.vcpus,
            ram=flavor.ram,
            disk=flavor.disk // 1024,
            is_public=True,
            **extra,
        )
    image = compute.image
    properties: dict[str, Value] = {"properties": dict(image.properties)} if image.properties else {}
    builder.add(
        "image",
        f"image-{image.id}",
        name=global_name(places.topology, image.id),
        source=image.source,
        disk_format=image.disk_format,
        container_format="bare",
        min_disk=image.min_disk // 1024,
        min_ram=image.min_ram,
        visibility="public",
        **properties,
    )
    builder.add(
        "keypair",
        "operator-keypair",
        name=global_name(places.topology, "operator"),
        public_key=Supplied("operator_public_key"),
    )


def _accounts(builder: StackBuilder, places: Places) -> None:
    for account in places.plane.declaration.accounts:
        user = builder.add(
            "user",
            f"{account.id}-user",
            name=global_name(places.topology, account.id),
            password=Secret(f"{account.id}-password"),
            default_project=places.project(account.project),
            enabled=True,
        )
        builder.add(
            "role_assignment",
            f"{account.id}-role",
            project=places.project(account.project),
            user=user,
            role=account.role,
        )


def _sources(builder: StackBuilder, places: Places) -> None:
    """One address group for each set of segments that any flow comes from, visible to every project."""
    used = {flow.source.id: flow.source for flow in places.plane.flows}
    for _, source in sorted(used.items()):
        prefixes = tuple(str(prefix) for prefix in source.prefixes)
        if not prefixes:
            continue
        name = source_name(source)
        group = builder.add(
            "address_group", name, name=source.id, project=_platform(places), addresses=prefixes
        )
        _share(builder, name, "address_group", group)


def _managed(builder: StackBuilder, places: Places) -> None:
    """The group that every machine is in: one pair of rules instead of a pair for each segment."""
    group = builder.add("security_group", parts.MANAGED_GROUP, name="managed", project=_platform(places))
    _share(builder, parts.MANAGED_GROUP, "security_group", group)


def _share(builder: StackBuilder, name: str, object_type: str, reference: str) -> None:
    builder.add(
        "rbac_policy",
        f"{name}-shared",
        object_type=object_type,
        object=reference,
        action="access_as_shared",
        target_project="*",
    )


def _management(builder: StackBuilder, places: Places) -> None:
    """Segments that watch the plane, with their machines: the bastion and the probe among them."""
    plane = places.plane
    for segment in plane.segments:
        if places.segment_stack(segment) == CORE and segment.kind == "platform":
            parts.add_segment(builder, places, segment)
    machines = [machine for machine in plane.machines if places.machine_stack(machine) == CORE]
    for group in plane.groups:
        if group.core:
            parts.add_group(builder, places, group)
    for project in sorted({machine.project for machine in machines}):
        parts.add_operator(builder, places, project)
    for machine in machines:
        parts.add_machine(builder, places, machine)
