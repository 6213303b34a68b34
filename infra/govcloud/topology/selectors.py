"""Who is meant by `units/*` or `systems/portal`: selectors resolved within one plane."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cached_property

from govcloud.topology.declared import Declared, DeclaredPlane
from govcloud.topology.words import Body

INTERNET = "internet"
PLACES = ("units", "bodies", "counties", "townships", "segments")
GROUPS = ("systems", "machines")


class UnresolvedError(Exception):
    """A selector that means nothing in this plane: what is wrong, and what to do."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(what)
        self.what = what
        self.remedy = remedy


@dataclass(frozen=True)
class Meaning:
    """What a selector means: `kind` (`segments`, `systems`, `machines` or `internet`) and ids of that kind.

    Units, counties and townships come as the ids of their segments; a system's component as `component`.
    """

    kind: str
    ids: tuple[str, ...] = ()
    component: str | None = None


class Rosters:
    """Everybody there is, before any plane is asked."""

    def __init__(self, declared: Declared) -> None:
        self.declared = declared
        self.county_of = {
            township.id: county.id for county in declared.counties.values() for township in county.townships
        }

    def find(self, selector: str) -> Meaning:
        """The segments that `units/…`, `bodies/…`, `counties/…` or `townships/…` stands for.

        Raises UnresolvedError when it names nobody.
        """
        kind, _, rest = selector.partition("/")
        if kind == "townships":
            return Meaning("segments", self._townships(rest))
        if kind == "bodies":
            if rest not in {body.value for body in Body}:
                raise UnresolvedError(f"there is no kind of body `{rest}`", f"write one of {', '.join(Body)}")
            return Meaning("segments", tuple(u.id for u in self.declared.units.values() if u.body == rest))
        roster: Collection[str] = self.declared.units if kind == "units" else self.declared.counties
        if kind not in ("units", "counties"):
            raise UnresolvedError(
                f"`{selector}` names nobody", "write units/…, bodies/…, counties/… or townships/…"
            )
        if rest == "*":
            return Meaning("segments", tuple(sorted(roster)))
        return Meaning("segments", (self._known(rest, roster, kind),))

    def _townships(self, rest: str) -> tuple[str, ...]:
        if rest == "*":
            return tuple(self.county_of)
        if rest.endswith("/*"):
            county = self._known(rest[:-2], self.declared.counties, "counties")
            return tuple(township for township, owner in self.county_of.items() if owner == county)
        return (self._known(rest, self.county_of, "townships"),)

    def _known(self, name: str, roster: Collection[str], kind: str) -> str:
        hidden = kind == "townships" and ("counties",) in self.declared.unread
        if name in roster or name in self.declared.broken or hidden:
            return name
        raise UnresolvedError(f"there is no `{name}` among the {kind}", nearest(name, roster))


class Resolver:
    """Resolves selectors and references within one plane."""

    def __init__(self, declared: Declared, plane: DeclaredPlane, rosters: Rosters) -> None:
        self.declared = declared
        self.plane = plane
        self.rosters = rosters

    @cached_property
    def members(self) -> dict[str, None]:
        """Ids of the units, counties and townships that belong to this plane, in the rosters' order."""
        chosen: set[str] = set()
        for selector in self.plane.plane.members if self.plane.plane else ():
            try:
                chosen.update(self.rosters.find(selector).ids)
            except UnresolvedError:
                continue  # the check of members reports it
        order = (*sorted(self.declared.units), *sorted(self.declared.counties), *self.rosters.county_of)
        return {name: None for name in order if name in chosen}

    def resolve(self, selector: str) -> Meaning:
        """What a selector means here. Raises UnresolvedError."""
        kind, _, rest = selector.partition("/")
        if selector == INTERNET:
            return Meaning(INTERNET)
        if kind == "systems":
            system, _, component = rest.partition("/")
            self.known(system, "systems")
            return Meaning("systems", (system,), component or None)
        if kind in ("machines", "segments"):
            self.known(rest, kind)
            return Meaning(kind, (rest,))
        if kind in ("units", "bodies", "counties", "townships"):
            return self._places(selector, rest)
        raise self._foreign(selector) or UnresolvedError(
            f"`{selector}` names nobody", f"begin with {', '.join((*PLACES, *GROUPS))}, or write internet"
        )

    def _places(self, selector: str, rest: str) -> Meaning:
        found = self.rosters.find(selector).ids
        here = tuple(name for name in found if name in self.members)
        if rest != "*" and not here and not self._hidden(selector, found):
            raise UnresolvedError(
                f"`{selector}` is no member of plane {self.plane.id}",
                f"add it to `members` of {self.plane.id}/plane.yaml",
            )
        return Meaning("segments", here)

    def _hidden(self, selector: str, found: Collection[str]) -> bool:
        """Whether files that could not be read may hold what a selector means."""
        if self.declared.broken.intersection(found):
            return True
        roster = "units" if selector.startswith("bodies/") else "counties"
        return not found and (roster,) in self.declared.unread

    def known(self, name: str, kind: str) -> None:
        """Refuse an id of which this plane has no thing in directory `kind`. Raises UnresolvedError."""
        things: Collection[str] = getattr(self.plane, kind)
        if name in things or name in self.declared.broken:
            return
        for other in self.declared.planes.values():
            if other is not self.plane and name in getattr(other, kind):
                raise _across(f"{kind}/{name}", other.id, self.plane.id)
        raise self._foreign(name) or UnresolvedError(
            f"there is no `{name}` among the {kind} of plane {self.plane.id}", nearest(name, things)
        )

    def _foreign(self, selector: str) -> UnresolvedError | None:
        first = selector.partition("/")[0]
        if first in self.declared.all_planes and first != self.plane.id:
            return _across(selector, first, self.plane.id)
        return None


def _across(name: str, other: str, here: str) -> UnresolvedError:
    return UnresolvedError(
        f"`{name}` belongs to plane {other}: nothing in plane {here} may name it",
        "planes are physically isolated; what must cross is a one-way import, declared in imports/",
    )


def nearest(name: str, known: Iterable[str]) -> str:
    """A remedy that names the nearest known id."""
    near = difflib.get_close_matches(name, list(known), 1)
    return f"did you mean `{near[0]}`?" if near else "declare it, or correct the name"
