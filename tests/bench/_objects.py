"""The objects that both sides create: the mix of the city's county stacks, in a size that is asked for."""

from __future__ import annotations

from collections import Counter
from ipaddress import IPv4Network

from govcloud.provider import Cloud
from govcloud.stacks import Resource, Stack, Value

PLANE = "extranet"
NAME = "bench"
SEGMENTS_PER_ROUTER = 16
OBJECTS_PER_SEGMENT = 5
SPACE = IPv4Network("10.64.0.0/10")
INTERFACE_OWNERS = ("network:router_interface", "network:router_interface_distributed")


def stacks_of(objects: int) -> tuple[Stack, ...]:
    """Stacks that hold as near to `objects` as whole segments allow; each block behind the core."""
    block = SEGMENTS_PER_ROUTER * OBJECTS_PER_SEGMENT + 1
    segments = round((objects - 1) / block * SEGMENTS_PER_ROUTER)
    numbers = range(segments)
    blocks = [
        numbers[start : start + SEGMENTS_PER_ROUTER] for start in range(0, segments, SEGMENTS_PER_ROUTER)
    ]
    core = Stack(PLANE, f"{PLANE}/core", (Resource("project", "project", {"name": NAME, "enabled": True}),))
    return core, *(_block(number, block) for number, block in enumerate(blocks))


def _block(number: int, segments: range) -> Stack:
    name = f"{PLANE}/block-{number:02}"
    project = f"{PLANE}/core/project"
    router = Resource("router", "router", {"name": f"{NAME}-{number:02}", "project": project})
    made = [one for segment in segments for one in _segment(name, project, segment)]
    return Stack(PLANE, name, (router, *made), (f"{PLANE}/core",))


def _segment(stack: str, project: str, number: int) -> tuple[Resource, ...]:
    prefix = IPv4Network((int(SPACE.network_address) + number * 256, 24))
    name = f"{NAME}-{number:04}"
    own: dict[str, Value] = {"name": name, "project": project}
    network, subnet, group = (f"{stack}/{part}-{number:04}" for part in ("network", "subnet", "group"))
    pools = ({"start": str(prefix[10]), "end": str(prefix[-2])},)
    addresses: dict[str, Value] = {
        "cidr": str(prefix),
        "gateway_ip": str(prefix[1]),
        "allocation_pools": pools,
    }
    rule: dict[str, Value] = {"direction": "ingress", "ethertype": "IPv4", "remote_group": group}
    return (
        Resource("network", f"network-{number:04}", own),
        Resource(
            "subnet", f"subnet-{number:04}", {**own, **addresses, "network": network, "enable_dhcp": False}
        ),
        Resource(
            "router_interface", f"interface-{number:04}", {"router": f"{stack}/router", "subnet": subnet}
        ),
        Resource("security_group", f"group-{number:04}", own),
        Resource("security_group_rule", f"rule-{number:04}", {**rule, "security_group": group}),
    )


def kinds_of(stacks: tuple[Stack, ...]) -> Counter[str]:
    """How many objects of each kind the stacks hold."""
    return Counter(resource.kind for stack in stacks for resource in stack.resources)


def standing(cloud: Cloud) -> Counter[str]:
    """How many of them stand, by the cloud's own lists: whoever made them."""
    projects = [p for p in cloud.pages("identity", "/projects", "projects") if p["name"] == NAME]
    found = Counter({"project": len(projects)})
    for project in projects:
        query = f"project_id={project['id']}"
        groups = list(cloud.pages("network", "/security-groups", "security_groups", query))
        ports = cloud.pages("network", "/ports", "ports", query)
        own = [group for group in groups if group["name"] != "default"]
        found["network"] += len(list(cloud.pages("network", "/networks", "networks", query)))
        found["subnet"] += len(list(cloud.pages("network", "/subnets", "subnets", query)))
        found["router"] += len(list(cloud.pages("network", "/routers", "routers", query)))
        found["router_interface"] += sum(port["device_owner"] in INTERFACE_OWNERS for port in ports)
        found["security_group"] += len(own)
        rules = [rule for group in own for rule in group["security_group_rules"]]
        found["security_group_rule"] += sum(rule["direction"] == "ingress" for rule in rules)
    return found
