"""Ids and names: one id means one thing, one county has one code, one township belongs to one county."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from govcloud.errors import ToolkitError, Where
from govcloud.topology.addressing import router_id
from govcloud.topology.checks.context import Context
from govcloud.topology.declared import Declared
from govcloud.topology.document import Document
from govcloud.topology.selectors import nearest
from govcloud.topology.thing import Lasting, Thing

RESERVED = {
    "backbone": "the backbone network",
    "border": "the plane's border router",
    "external": "the external network",
    "internet": "the world outside",
    "managed": "the group of all machines",
    "operators": "where operators come from",
    "operator": "the provisioning key",
}

LONGEST = 63

MEMBERS = ("unit", "county", "township")
"""Kinds of segment whose ids the rosters give."""


def rosters(declared: Declared) -> Iterator[ToolkitError]:
    """Units, counties and townships share one space of ids; a township belongs to one county."""
    taken: dict[str, Where] = {}
    county_of: dict[str, str] = {}
    for thing in (*declared.units.values(), *declared.counties.values()):
        yield from _reserved(thing.id, thing.where("id"))
        if thing.id in taken:
            yield _twice(thing.id, thing.where("id"), taken[thing.id])
        taken.setdefault(thing.id, thing.where("id"))
    for county in declared.counties.values():
        for index, township in enumerate(county.townships):
            where = county.where("townships", index)
            yield from _reserved(township.id, where)
            if township.id in county_of and county_of[township.id] != county.id:
                yield ToolkitError(
                    f"township `{township.id}` is in two counties: {county_of[township.id]} and {county.id}",
                    where,
                    f"keep it in one of the two, or give one another id, such as {township.id}-{county.id}",
                )
            elif township.id in taken:
                yield _twice(township.id, where, taken[township.id])
            taken.setdefault(township.id, where)
            county_of.setdefault(township.id, county.id)


def codes(declared: Declared) -> Iterator[ToolkitError]:
    """A national code belongs to one county."""
    taken: dict[str, str] = {}
    for county in declared.counties.values():
        other = taken.setdefault(county.key, county.id)
        if other != county.id:
            what = f"code {county.key} is also that of county {other}"
            yield ToolkitError(what, county.where("code"), "correct one of the two (GB/T 2260)")


def rows(declared: Declared) -> Iterator[ToolkitError]:
    """`source` names rows of the requirements, each once."""
    if declared.requirements is None:
        return
    known = {row.id for row in declared.requirements.rows}
    for thing in _all_things(declared):
        for index, row in enumerate(thing.source):
            if row not in known:
                what = f"there is no row `{row}` in the requirements"
                yield ToolkitError(what, thing.where("source", index), nearest(row, known))
    if declared.requirements_document is not None:
        yield from _repeated_rows(
            declared.requirements_document, [row.id for row in declared.requirements.rows]
        )


def renamed(declared: Declared) -> Iterator[ToolkitError]:
    """A former id is nobody's any more, and was one thing's alone."""
    kinds = [[thing for name, thing in declared.common() if name == kind] for kind in ("units", "counties")]
    for plane in declared.planes.values():
        for kind in ("segments", "machines", "systems", "conferences"):
            kinds.append([thing for name, thing in plane.things() if name == kind])
    for things in kinds:
        ids = {thing.id for thing in things}
        taken: dict[str, Thing] = {}
        for thing in things:
            for index, former in enumerate(thing.moved_from if isinstance(thing, Lasting) else ()):
                where = thing.where("moved_from", index)
                if former in ids - {thing.id}:
                    what = f"`{thing.id}` was moved from `{former}`, which still stands"
                    yield ToolkitError(what, where, "take that one away, or this id")
                elif taken.setdefault(former, thing) is not thing:
                    what = f"`{former}` was also moved to `{taken[former].id}`"
                    yield ToolkitError(what, where, "keep the id in one of the two")


def _repeated_rows(document: Document, rows: list[str]) -> Iterator[ToolkitError]:
    for index, row in enumerate(rows):
        if row in rows[:index]:
            where = document.where("rows", index)
            yield ToolkitError(f"row {row} stands twice", where, "keep one of the two")


def _all_things(declared: Declared) -> Iterator[Thing]:
    if declared.site is not None:
        yield declared.site
    yield from (thing for _, thing in declared.common())
    for plane in declared.planes.values():
        if plane.plane is not None:
            yield plane.plane
        yield from (thing for _, thing in plane.things())


def clouds(declared: Declared) -> Iterator[ToolkitError]:
    """One plane, one cloud: planes are physically isolated."""
    taken: dict[str, str] = {}
    for item in declared.planes.values():
        if item.plane is None or item.plane.cloud is None:
            continue
        other = taken.setdefault(item.plane.cloud, item.id)
        if other != item.id:
            what = f"cloud `{item.plane.cloud}` is also that of plane {other}"
            yield ToolkitError(
                what, item.plane.where("cloud"), "planes share nothing: name a cloud of its own"
            )


def names_in_plane(context: Context) -> Iterator[ToolkitError]:
    """Segments, machines, groups and projects of a plane each have one space of ids."""
    own = [(draft.id, draft.where) for draft in context.layout.segments if draft.kind not in MEMBERS]
    machines = [(machine.id, machine.where) for machine in context.layout.machines]
    for name, where in (*own, *machines):
        yield from _reserved(name, where)
    yield from _long(context)
    yield from _unique((segment.id, segment.where) for segment in context.layout.segments)
    yield from _unique(machines)
    yield from _projects(context)


def _unique(items: Iterable[tuple[str, Where]]) -> Iterator[ToolkitError]:
    taken: dict[str, Where] = {}
    for name, where in items:
        if name in taken and taken[name] != where:
            later, earlier = (where, taken[name]) if taken[name] < where else (taken[name], where)
            yield _twice(name, later, earlier)
        taken.setdefault(name, where)


def _long(context: Context) -> Iterator[ToolkitError]:
    """What is made from ids becomes a host's name and an entry of the lock file: bounded as they are."""
    places = {machine.id: machine.where for machine in context.layout.machines}
    places |= {request.id: request.where for request in context.layout.shared}
    places |= {draft.id: draft.where for draft in context.layout.segments}
    places |= {
        router_id(county.id): county.where("id")
        for county in context.declared.counties.values()
        if county.id in context.resolver.members
    }
    too_long = {where: name for name, where in sorted(places.items(), key=_length) if len(name) > LONGEST}
    for where, name in too_long.items():
        what = f"`{name}`, which follows from this, has more than {LONGEST} characters"
        yield ToolkitError(what, where, "shorten the id")


def _length(item: tuple[str, Where]) -> int:
    return len(item[0])


def _reserved(name: str, where: Where) -> Iterator[ToolkitError]:
    if name in RESERVED:
        yield ToolkitError(f"id `{name}` is reserved: it means {RESERVED[name]}", where, "choose another id")


def _projects(context: Context) -> Iterator[ToolkitError]:
    declaration = context.declaration
    seen: set[str] = set()
    for index, project in enumerate(declaration.projects):
        where = declaration.where("projects", index)
        holder = context.declared.units.get(project.id) or context.declared.counties.get(project.id)
        if holder is not None:
            yield _twice(project.id, where, holder.where("id"))
        if project.id in seen:
            yield ToolkitError(f"project `{project.id}` stands twice", where, "keep one of the two")
        seen.add(project.id)


def _twice(name: str, where: Where, other: Where) -> ToolkitError:
    return ToolkitError(f"id `{name}` is also that of {other}", where, "give one of the two another id")
