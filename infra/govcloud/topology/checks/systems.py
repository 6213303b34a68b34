"""Systems, blueprints and their machines: owners, components, dependencies, approvals."""

from __future__ import annotations

import re
from collections.abc import Iterator

from govcloud.errors import ToolkitError
from govcloud.topology.checks.context import Context
from govcloud.topology.common import Blueprint, Component
from govcloud.topology.declared import Declared
from govcloud.topology.hosted import System
from govcloud.topology.selectors import nearest

_SIZE = re.compile(r"[1-9][0-9]{0,6} (MiB|GiB|TiB)")


def blueprints(declared: Declared) -> Iterator[ToolkitError]:
    """A blueprint's components need each other and serve services that the site knows."""
    services = declared.site.services if declared.site else {}
    for blueprint in declared.blueprints.values():
        for name, component in blueprint.components.items():
            for index, need in enumerate(component.needs):
                if need not in blueprint.components:
                    where = blueprint.where("components", name, "needs", index)
                    what = f"component {name} needs `{need}`, which the blueprint does not have"
                    yield ToolkitError(what, where, nearest(need, blueprint.components))
            for index, service in enumerate(component.serves if declared.site else ()):
                if service not in services:
                    where = blueprint.where("components", name, "serves", index)
                    what = f"there is no service `{service}` in site.yaml"
                    yield ToolkitError(what, where, nearest(service, services))


def systems(context: Context) -> Iterator[ToolkitError]:
    """Each system's references, one after the other."""
    for system in context.plane.systems.values():
        yield from context.owner(system.owner, system)
        yield from context.one_of(
            system.blueprint, context.declared.blueprints, "blueprint", system, "blueprint"
        )
        yield from _within(context, system)
        for index, name in enumerate(system.depends_on):
            yield from context.reference(name, "systems", system, "depends_on", index)
        yield from context.approval(system.reviewed, system, "reviewed")
        yield from _reviewed(context, system)
        yield from context.selectors(system.covers, system, "covers")
        yield from context.selectors(system.service_items, system, "service_items")
        for index, dataset in enumerate(system.datasets):
            units = context.declared.units
            yield from context.one_of(dataset.responsible, units, "unit", system, "datasets", index)
        blueprint = context.declared.blueprints.get(system.blueprint or "")
        if blueprint is not None:
            yield from _components(context, system, blueprint)


def _within(context: Context, system: System) -> Iterator[ToolkitError]:
    if system.within is None:
        return
    yield from context.reference(system.within, "systems", system, "within")
    host = context.plane.systems.get(system.within)
    if host is not None and host.blueprint is None:
        what = f"`{host.id}` has no machines that `{system.id}` could stand within"
        yield ToolkitError(what, system.where("within"), "name a system that has a blueprint")


def _reviewed(context: Context, system: System) -> Iterator[ToolkitError]:
    approval = context.plane.approvals.get(system.reviewed or "")
    if approval is not None and approval.kind != "technical-review":
        what = f"`{approval.id}` is a permission, not a technical review"
        yield ToolkitError(what, system.where("reviewed"), "name the technical review that allows the system")


def _components(context: Context, system: System, blueprint: Blueprint) -> Iterator[ToolkitError]:
    for key in ("components", "overrides"):
        for name in getattr(system, key):
            if name not in blueprint.components:
                what = f"blueprint {blueprint.id} has no component `{name}`"
                yield ToolkitError(what, system.where(key, name), nearest(name, blueprint.components))
    for name, component in blueprint.components.items():
        yield from _component(context, system, name, component)


def _component(context: Context, system: System, name: str, component: Component) -> Iterator[ToolkitError]:
    value = system.components.get(name)
    at = ("components", name)
    if component.kind == "store":
        if value is not None and not (isinstance(value, str) and _SIZE.fullmatch(value)):
            what = f"component {name} is a store, and `{value}` is no size"
            yield ToolkitError(what, system.where(*at), "write a number and a unit, such as 40 GiB")
    elif isinstance(value, str):
        yield from context.reference(value, "machines", system, *at)
    elif component.kind == "shared":
        what = (
            f"component {name} is missing" if value is None else f"component {name} is no count of machines"
        )
        remedy = "name the shared machine of the platform that provides it"
        yield ToolkitError(what, system.where(*at), remedy)


def cycles(context: Context) -> Iterator[ToolkitError]:
    """Systems depend on each other without going round in a circle."""
    systems_ = context.plane.systems
    done: set[str] = set()
    for start in systems_:
        trail: list[str] = []
        stack = [(start, iter(systems_[start].depends_on))] if start not in done else []
        if stack:
            trail.append(start)
        while stack:
            _, remaining = stack[-1]
            following = next((name for name in remaining if name in systems_ and name not in done), None)
            if following is None:
                done.add(stack.pop()[0])
                trail.pop()
            elif following in trail:
                yield _cycle(context, trail[trail.index(following) :])
                done.add(following)
            else:
                trail.append(following)
                stack.append((following, iter(systems_[following].depends_on)))


def _cycle(context: Context, ring: list[str]) -> ToolkitError:
    first = min(ring)
    ring = ring[ring.index(first) :] + ring[: ring.index(first)]
    what = f"systems depend on each other in a circle: {' → '.join([*ring, first])}"
    system = context.plane.systems[first]
    index = system.depends_on.index(ring[1] if len(ring) > 1 else first)
    return ToolkitError(what, system.where("depends_on", index), "take one dependency out of the circle")


def machines(context: Context) -> Iterator[ToolkitError]:
    """Platform machines stand in a platform segment and serve known services."""
    site = context.declared.site
    for machine in context.plane.machines.values():
        yield from context.reference(machine.segment, "segments", machine, "segment")
        for index, service in enumerate(machine.serves if site else ()):
            services = site.services if site else {}
            yield from context.one_of(service, services, "service", machine, "serves", index)
