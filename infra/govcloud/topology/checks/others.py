"""Conferences, one-way imports, websites and approvals."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date

from govcloud.errors import ToolkitError
from govcloud.topology.checks.context import Context
from govcloud.topology.hosted import Website
from govcloud.topology.selectors import UnresolvedError


def conferences(context: Context) -> Iterator[ToolkitError]:
    """A conference pairs with a declared system, and its edges stand in members of the plane."""
    for conference in context.plane.conferences.values():
        yield from context.owner(conference.owner, conference)
        yield from context.reference(conference.pairs_with, "systems", conference, "pairs_with")
        yield from context.selectors(conference.edges.venues, conference, "edges", "venues")
        yield from context.approval(conference.reviewed, conference, "reviewed")
        if conference.bridges.count < 2:
            what = "a conference with one bridge has no standby"
            yield ToolkitError(what, conference.where("bridges", "count"), "declare two bridges or more")
        services = context.declared.site.services if context.declared.site else None
        for key in ("signalling", "media"):
            for index, service in enumerate(getattr(conference, key)) if services is not None else ():
                yield from context.one_of(service, services or {}, "service", conference, key, index)


def imports(context: Context) -> Iterator[ToolkitError]:
    """What is carried in comes from another plane, never from a classified one into one that is not."""
    for item in context.plane.imports.values():
        yield from context.approval(item.approved, item, "approved")
        if item.from_plane == context.plane.id:
            what = f"plane {context.plane.id} imports from itself"
            yield ToolkitError(what, item.where("from_plane"), "name the plane that the data comes from")
        source = context.declared.planes.get(item.from_plane)
        if source is None or source.plane is None or context.declaration.grading == "classified":
            continue
        if source.plane.grading == "classified":
            what = f"`{item.id}` carries data out of the classified plane {source.id}"
            yield ToolkitError(
                what, item.where("from_plane"), "remove it: data moves into classified planes only"
            )


def websites(context: Context) -> Iterator[ToolkitError]:
    """One portal at the head, exactly one site for each county, one domain for each site."""
    sites = list(context.plane.websites.values())
    if not sites:
        return
    holders: defaultdict[str, list[Website]] = defaultdict(list)
    for website in sites:
        yield from context.reference(website.hosted_by, "systems", website, "hosted_by")
        if website.of != "site":
            yield from _holder(context, website)
        holders[website.of].append(website)
    for holder, several in holders.items():
        for website in several[1:]:
            who = "the city has" if holder == "site" else f"{holder} has"
            what = f"{who} two websites: {several[0].id} and {website.id}"
            yield ToolkitError(what, website.where("of"), "keep one; departments have columns within it")
    hidden = (context.plane.id, "websites") in context.declared.unread
    for county in (name for name in context.resolver.members if name in context.declared.counties):
        if f"counties/{county}" not in holders and not hidden:
            what = f"county {county} has no website"
            where = context.declared.counties[county].where("id")
            yield ToolkitError(what, where, f"declare one in {context.plane.id}/websites/")
    yield from _domains(sites)


def _holder(context: Context, website: Website) -> Iterator[ToolkitError]:
    try:
        context.resolver.resolve(website.of)
    except UnresolvedError as error:
        yield ToolkitError(error.what, website.where("of"), error.remedy)


def _domains(sites: list[Website]) -> Iterator[ToolkitError]:
    taken: dict[str, str] = {}
    for website in sites:
        other = taken.setdefault(website.domain, website.id)
        if other != website.id:
            what = f"domain {website.domain} is also that of {other}"
            yield ToolkitError(what, website.where("domain"), "give one of the two another domain")


def approvals(context: Context) -> Iterator[ToolkitError]:
    """An approval is given by a unit, on a day that exists."""
    for approval in context.plane.approvals.values():
        yield from context.one_of(approval.by, context.declared.units, "unit", approval, "by")
        try:
            date.fromisoformat(approval.on)
        except ValueError:
            what = f"there is no day {approval.on}"
            yield ToolkitError(what, approval.where("on"), "write a day of the calendar, such as 2012-03-19")
