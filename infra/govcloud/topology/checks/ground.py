"""The plane's own declaration: members, egress, projects, what machines are made from, the way in."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address

from govcloud.errors import ToolkitError, Where
from govcloud.topology.checks.context import Context
from govcloud.topology.plane import External
from govcloud.topology.selectors import UnresolvedError
from govcloud.topology.thing import Thing
from govcloud.topology.words import Protection


def members(context: Context) -> Iterator[ToolkitError]:
    """Every selector of members names somebody."""
    for index, selector in enumerate(context.declaration.members):
        try:
            context.resolver.rosters.find(selector)
        except UnresolvedError as error:
            yield ToolkitError(error.what, context.declaration.where("members", index), error.remedy)


def egress(context: Context) -> Iterator[ToolkitError]:
    """One egress for all; none where the plane is classified."""
    ways = sorted(context.plane.egress.values(), key=lambda way: way.id)
    for way in ways:
        yield from context.approval(way.approved, way, "approved")
    if context.declaration.grading == "classified":
        for way in ways:
            what = f"classified plane {context.plane.id} has an egress to the internet"
            yield ToolkitError(what, way.where(), "remove it: a classified plane is joined to nothing")
        return
    for way in ways[1:]:
        yield ToolkitError(
            f"`{way.id}` is a second egress of plane {context.plane.id}, beside {ways[0].id}",
            way.where("id"),
            "remove it: all units share one way to the internet",
        )


def grading(context: Context) -> Iterator[ToolkitError]:
    """Classified markings stand in classified planes only, and MLPS levels in the others."""
    declaration = context.declaration
    classified = declaration.grading == "classified"
    graded: list[tuple[Protection | None, Thing]] = [(declaration.protection, declaration)]
    graded += [(segment.protection, segment) for segment in context.plane.segments.values()]
    graded += [(system.protection, system) for system in context.plane.systems.values()]
    for protection, thing in graded:
        if protection is None or protection.classified == classified:
            continue
        if classified:
            what = f"`{protection}` is an MLPS level, and plane {context.plane.id} is classified"
            remedy = "mark it secret or confidential, or move it to a plane graded by MLPS"
        else:
            what = f"`{thing.id}` is classified ({protection}), and plane {context.plane.id} is not"
            remedy = "move it to a classified plane, or correct its marking"
        yield ToolkitError(what, thing.where("protection"), remedy)


def projects(context: Context) -> Iterator[ToolkitError]:
    """Whatever names a project names one of the plane."""
    declaration, known = context.declaration, context.platform_projects
    if declaration.provisioned:
        name = declaration.backbone_project
        yield from context.one_of(name, known, "project", declaration, "backbone_project")
    for index, account in enumerate(declaration.accounts):
        yield from context.one_of(
            account.project, known, "project", declaration, "accounts", index, "project"
        )
    holders = {*known, *context.declared.units, *context.declared.counties}
    for name in declaration.quotas:
        yield from context.one_of(name, holders, "project", declaration, "quotas", name)
    for segment in context.plane.segments.values():
        yield from context.one_of(segment.project, known, "project", segment, "project")
    for conference in context.plane.conferences.values():
        yield from context.one_of(conference.project, known, "project", conference, "project")


def compute(context: Context) -> Iterator[ToolkitError]:
    """Flavors and placements that are named exist, and those that are declared have one id each."""
    declaration = context.declaration
    made = declaration.compute
    if made is None:
        return
    flavors = [flavor.id for flavor in made.flavors]
    placements = [placement.id for placement in made.placements]
    for key, names in (("flavors", flavors), ("placements", placements)):
        for index, name in enumerate(names):
            if name in names[:index]:
                where = declaration.where("compute", key, index)
                yield ToolkitError(f"`{name}` stands twice among the {key}", where, "keep one of the two")
    yield from context.one_of(
        made.default_flavor, flavors, "flavor", declaration, "compute", "default_flavor"
    )
    place = made.default_placement
    yield from context.one_of(place, placements, "placement", declaration, "compute", "default_placement")
    yield from _named(context, flavors, placements)


def _named(context: Context, flavors: list[str], placements: list[str]) -> Iterator[ToolkitError]:
    for machine in context.plane.machines.values():
        yield from context.one_of(machine.flavor, flavors, "flavor", machine, "flavor")
        yield from context.one_of(machine.placement, placements, "placement", machine, "placement")
    for system in context.plane.systems.values():
        for name, own in system.overrides.items():
            at = ("overrides", name)
            yield from context.one_of(own.flavor, flavors, "flavor", system, *at, "flavor")
            yield from context.one_of(own.placement, placements, "placement", system, *at, "placement")
    for conference in context.plane.conferences.values():
        for key, part in (("bridges", conference.bridges), ("edges", conference.edges)):
            yield from context.one_of(part.flavor, flavors, "flavor", conference, key, "flavor")
            yield from context.one_of(part.placement, placements, "placement", conference, key, "placement")
    used = {system.blueprint for system in context.plane.systems.values()}
    for blueprint in context.declared.blueprints.values():
        for name, component in blueprint.components.items() if blueprint.id in used else ():
            yield from context.one_of(
                component.flavor, flavors, "flavor", blueprint, "components", name, "flavor"
            )


def external(context: Context) -> Iterator[ToolkitError]:
    """The external network holds its gateway, router and pool, and lies outside the plane's own space."""
    declaration, outside = context.declaration, context.declaration.external
    if outside is None:
        return
    for key in ("gateway", "router", "first", "last"):
        address = getattr(outside, key)
        if address not in outside.prefix:
            what = f"{key} {address} lies outside the external prefix {outside.prefix}"
            yield ToolkitError(
                what, declaration.where("external", key), f"name an address of {outside.prefix}"
            )
    if outside.prefix.overlaps(declaration.addresses.space):
        what = f"external prefix {outside.prefix} overlaps the plane's space {declaration.addresses.space}"
        yield ToolkitError(what, declaration.where("external", "prefix"), "use a prefix of its own")
    yield from _floating(context, outside)


def _floating(context: Context, outside: External) -> Iterator[ToolkitError]:
    taken = {outside.router: "the border router", outside.gateway: "the gateway"}
    for name, address, where in _floating_addresses(context):
        if not outside.first <= address <= outside.last:
            what = f"floating address {address} of {name} lies outside the external pool"
            yield ToolkitError(what, where, f"name one from {outside.first} to {outside.last}")
        elif address in taken:
            what = f"floating address {address} of {name} is also that of {taken[address]}"
            yield ToolkitError(what, where, "name another address of the external pool")
        taken.setdefault(address, name)


def _floating_addresses(context: Context) -> Iterator[tuple[str, IPv4Address, Where]]:
    for machine in context.plane.machines.values():
        if machine.floating is not None:
            yield machine.id, machine.floating, machine.where("floating")
    for system in context.plane.systems.values():
        for name, own in system.overrides.items():
            if own.floating is not None:
                yield f"{system.id}-{name}", own.floating, system.where("overrides", name, "floating")
