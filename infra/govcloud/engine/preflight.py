"""Whether a whole plan can be done, asked before its first call: names, addresses, images, zones, quotas.

Each check is a function listed in `CHECKS` that yields what is in the way; all of it is told together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from govcloud.engine.plan import Step
from govcloud.engine.quotas import over_quota
from govcloud.errors import ToolkitError, ToolkitErrors
from govcloud.provider import KINDS, Change, Kind, Marker, Session


@dataclass(frozen=True)
class Coming:
    """An object that a plan will create: its step, its kind, and its fields, with ids where there are any."""

    step: Step
    kind: Kind
    values: dict[str, Any]

    @property
    def beside(self) -> bool:
        """Whether it stands beside the object that it replaces for a while."""
        fields = [self.kind.field(change.field) for change in self.step.changes]
        first = any(one is not None and one.change is Change.DELETE_FIRST for one in fields)
        return self.step.operation == "create" or not first


@dataclass(frozen=True)
class World:
    """What stands, what will come, and the ids of what will go, by kind."""

    session: Session
    coming: tuple[Coming, ...]
    going: frozenset[tuple[str, str]]

    def of(self, kind: str) -> list[Coming]:
        """What will come of a kind."""
        return [one for one in self.coming if one.kind.name == kind]

    def stays(self, kind: str, identifier: str) -> bool:
        """Whether an object is not one that the plan takes away."""
        return (kind, identifier) not in self.going

    def refusal(self, one: Coming, what: str, remedy: str) -> ToolkitError:
        """What is in the way of an object."""
        where = one.step.where or f"cloud {self.session.cloud.name}"
        return ToolkitError(f"{one.step.address} cannot be made: {what}", where, remedy)


def demand_possible(session: Session, steps: Sequence[Step]) -> None:
    """Raise all that stands in the way of what is still to be created; nothing where nothing does."""
    world = _world(session, steps)
    errors = [error for check in CHECKS for error in check(world)]
    if errors:
        raise ToolkitErrors(errors)


def _world(session: Session, steps: Sequence[Step]) -> World:
    coming = []
    for step in steps:
        kind = KINDS[step.kind]
        replaced = step.operation == "replace"
        if replaced or (step.operation == "create" and not session.standing(step.address, kind)):
            inputs = session.references.declared_inputs(step.address)
            coming.append(Coming(step, kind, session.references.resolved(kind, inputs, strict=False)))
    going = {(step.kind, step.identifier) for step in steps if step.operation in ("delete", "replace")}
    return World(session, tuple(coming), frozenset(going))


def names(world: World) -> Iterator[ToolkitError]:
    """What may stand once only, by name or by content, does not stand for somebody else."""
    for one in world.coming:
        kind = one.kind
        if kind.marked_by is Marker.NONE or not kind.natural_key:
            continue
        index = world.session.snapshot.index(kind)
        for raw in index.keyed(one.values):
            if world.stays(kind.name, kind.identity(raw)):
                key = ", ".join(f"{name} {raw_value(kind, raw, name)}" for name in kind.natural_key)
                what = f"{kind.name} {kind.identity(raw)} has that {key} already, and is not ours"
                yield world.refusal(one, what, "delete it, adopt it, or choose another")


def addresses(world: World) -> Iterator[ToolkitError]:
    """No port, ours or another's, has an address that is asked for."""
    wanted = [(one, at) for one in world.coming for at in _asked_for(one)]
    if not wanted:
        return
    ports = world.session.snapshot.collection("network", "/ports")
    taken = {(port["network_id"], ip["ip_address"]): port for port in ports for ip in port["fixed_ips"]}
    for one, (network, address) in wanted:
        port = taken.get((network, address))
        if (
            port is not None
            and world.stays("port", port["id"])
            and world.stays("floating_ip", port["device_id"])
            and world.stays("router_interface", f"{port['device_id']}/{_subnet(port, address)}")
        ):
            holder = port["name"] or port["device_owner"] or "unnamed"
            what = f"{address} is that of port {port['id']} ({holder})"
            yield world.refusal(one, what, "see whose port that is; addresses of the plan are nobody else's")


def _asked_for(one: Coming) -> Iterator[tuple[str, str]]:
    """The networks and addresses that an object asks for; a network to come has none taken."""
    if one.kind.name == "router":
        network, address = one.values.get("external_network"), one.values.get("external_fixed_ip")
        if isinstance(network, str) and address:
            yield network, address
        return
    network = one.values.get("network")
    if not isinstance(network, str):
        return
    if one.kind.name == "port":
        yield from ((network, ip["ip_address"]) for ip in one.values["fixed_ips"] if "ip_address" in ip)
    elif one.kind.name == "floating_ip":
        yield network, one.values["address"]


def _subnet(port: dict[str, Any], address: str) -> str:
    return str(next(ip["subnet_id"] for ip in port["fixed_ips"] if ip["ip_address"] == address))


def images(world: World) -> Iterator[ToolkitError]:
    """The file of each image is at hand."""
    files = world.session.cloud.image_files
    for one in world.of("image"):
        source = one.values["source"]
        if source not in files or not files[source].is_file():
            yield world.refusal(
                one, f"there is no file for the image source {source!r}", "put it into the plane's `images`"
            )


def flavors(world: World) -> Iterator[ToolkitError]:
    """Each machine's flavor is as large as its image asks for."""
    references = world.session.references
    for one in world.of("server"):
        inputs = references.declared_inputs(one.step.address)
        if not (references.is_address(inputs["flavor"]) and references.is_address(inputs["image"])):
            continue
        flavor = references.declared_inputs(inputs["flavor"])
        image = references.declared_inputs(inputs["image"])
        for name in ("ram", "disk"):
            least = image.get(f"min_{name}") or 0
            if flavor[name] < least:
                what = f"its flavor has {name} {flavor[name]}, and its image asks for {least}"
                yield world.refusal(one, what, "choose a larger flavor")


def zones(world: World) -> Iterator[ToolkitError]:
    """The cloud offers the availability zones that machines are put into."""
    asked = [one for one in world.of("server") if one.values.get("availability_zone")]
    if not asked:
        return
    answer = world.session.cloud.get("compute", "/os-availability-zone")
    offered = {zone["zoneName"] for zone in answer["availabilityZoneInfo"] if zone["zoneState"]["available"]}
    for one in asked:
        zone = one.values["availability_zone"]
        if zone not in offered:
            what = f"the cloud offers no availability zone {zone!r}"
            yield world.refusal(one, what, f"name one of {', '.join(sorted(offered))}")


def quotas(world: World) -> Iterator[ToolkitError]:
    """What will come fits into the quotas of its projects."""
    coming = [(one.kind.name, one.values) for one in world.coming if one.beside]
    yield from over_quota(world.session, coming)


def raw_value(kind: Kind, raw: dict[str, Any], name: str) -> Any:
    """A field of an object as the cloud has it."""
    return kind.project(raw).get(name)


CHECKS: tuple[Callable[[World], Iterator[ToolkitError]], ...] = (
    names,
    addresses,
    images,
    flavors,
    zones,
    quotas,
)
