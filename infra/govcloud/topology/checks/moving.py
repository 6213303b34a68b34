"""Hosts of today and the moves from them: what they name stands in this plane, and nothing is moved twice."""

from __future__ import annotations

from collections.abc import Iterator

from govcloud.errors import ToolkitError
from govcloud.topology.checks.context import Context
from govcloud.topology.hosted import System
from govcloud.topology.moving import Move


def hosts(context: Context) -> Iterator[ToolkitError]:
    """A host has an owner, and is entered through a machine of the plane or directly."""
    for host in context.plane.hosts.values():
        yield from context.owner(host.owner, host)
        yield from context.one_of(host.login.via, context.plane.machines, "machine", host, "login", "via")
        if host.address in context.declaration.addresses.space:
            what = f"{host.address} lies in the address space of the platform"
            remedy = "name the address that it has today, outside of the plane's own space"
            yield ToolkitError(what, host.where("address"), remedy)


def moves(context: Context) -> Iterator[ToolkitError]:
    """A move takes one hosted system from a declared host, into components that the system has."""
    taken: dict[str, Move] = {}
    for move in context.plane.moves.values():
        yield from context.reference(move.system, "systems", move, "system")
        yield from context.approval(move.reviewed, move, "reviewed")
        if move.system in taken:
            what = f"`{taken[move.system].id}` moves {move.system} already"
            yield ToolkitError(what, move.where("system"), "keep one of the two")
        taken[move.system] = move
        system = context.plane.systems.get(move.system)
        if system is not None:
            yield from _system(context, move, system)


def _system(context: Context, move: Move, system: System) -> Iterator[ToolkitError]:
    if system.runs_today is None:
        what = f"{system.id} runs nowhere today, so there is nothing to move"
        yield ToolkitError(
            what, move.where("system"), f"say in systems/{system.id}.yaml where it `runs_today`"
        )
    else:
        host = system.runs_today.host
        yield from context.one_of(host, context.plane.hosts, "host", system, "runs_today", "host")
    blueprint = context.declared.blueprints.get(system.blueprint or "")
    if blueprint is None:
        return
    for key in ("databases", "files", "sites"):
        for index, part in enumerate(getattr(move, key)):
            known = {name for name in blueprint.components if name in system.components}
            yield from context.one_of(part.component, known, "component", move, key, index, "component")


def blackouts(context: Context) -> Iterator[ToolkitError]:
    """A blackout is for owners that the plane has."""
    for index, blackout in enumerate(context.declaration.migration.blackouts):
        path = ("migration", "blackouts", index, "for")
        yield from context.selectors(blackout.owners, context.declaration, *path)
