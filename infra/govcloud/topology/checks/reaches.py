"""Flows: who is named, on which service, by whose approval, and whether anything answers there."""

from __future__ import annotations

from collections.abc import Iterator

from govcloud.errors import ToolkitError
from govcloud.topology.checks.context import Context
from govcloud.topology.flows import Flows
from govcloud.topology.hosted import Reach, System
from govcloud.topology.selectors import INTERNET, UnresolvedError
from govcloud.topology.thing import Thing


def reaches(context: Context) -> Iterator[ToolkitError]:
    """Every declared flow of systems, machines and of its own."""
    flows = Flows(context.declared, context.plane, context.resolver, context.layout, context.plan)
    for system in context.plane.systems.values():
        for index, reach in enumerate(system.reached_by):
            at: tuple[str | int, ...] = ("reached_by", index)
            yield from _reach(context, reach, system, at)
            if system.declared_only is None:
                yield from _answered(context, flows, reach, system, at)
    for machine in context.plane.machines.values():
        for index, reach in enumerate(machine.reached_by):
            yield from _reach(context, reach, machine, ("reached_by", index))
    for flow in context.plane.flows.values():
        yield from _reach(context, flow.reach, flow, ("reach",))
        yield from _target(context, flow.to, flow)


def _reach(context: Context, reach: Reach, thing: Thing, at: tuple[str | int, ...]) -> Iterator[ToolkitError]:
    yield from context.selectors(reach.sources, thing, *at, "from")
    hidden = (context.plane.id, "egress") in context.declared.unread
    if INTERNET in reach.sources and not context.plane.egress and not hidden:
        what = f"`{thing.id}` is reached from the internet, and plane {context.plane.id} has no egress"
        yield ToolkitError(what, thing.where(*at, "from"), "remove `internet`, or declare the one egress")
    if context.declared.site is not None:
        for index, service in enumerate(reach.services):
            services = context.declared.site.services
            yield from context.one_of(service, services, "service", thing, *at, "on", index)
    yield from context.approval(reach.approved, thing, *at, "approved")


def _answered(
    context: Context, flows: Flows, reach: Reach, system: System, at: tuple[str | int, ...]
) -> Iterator[ToolkitError]:
    """Something of the system must serve what it is reached on."""
    host = context.plane.systems.get(system.within or system.id)
    blueprint = context.declared.blueprints.get(host.blueprint or "") if host else None
    if blueprint is None or context.declared.site is None or host is None:
        return
    if any(value in context.declared.broken for value in host.components.values() if isinstance(value, str)):
        return
    for index, service in enumerate(reach.services):
        if service in context.declared.site.services and not flows.targets(system, service):
            what = f"nothing of `{system.id}` serves {service}"
            served = sorted({name for part in blueprint.components.values() for name in part.serves})
            remedy = f"its blueprint {blueprint.id} serves {', '.join(served) or 'nothing'}"
            yield ToolkitError(what, system.where(*at, "on", index), remedy)


def _target(context: Context, to: str, thing: Thing) -> Iterator[ToolkitError]:
    kind = to.partition("/")[0]
    try:
        meaning = context.resolver.resolve(to)
    except UnresolvedError as error:
        yield ToolkitError(error.what, thing.where("to"), error.remedy)
        return
    if meaning.kind not in ("systems", "machines"):
        what = f"a flow leads to systems or machines, not to {kind}"
        yield ToolkitError(
            what, thing.where("to"), "write systems/<id>, systems/<id>/<component> or machines/<id>"
        )
