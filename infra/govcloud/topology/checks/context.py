"""What a check sees of one plane, and the few ways in which references go wrong."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from govcloud.errors import ToolkitError
from govcloud.topology.addressing import Plan
from govcloud.topology.declared import Declared, DeclaredPlane
from govcloud.topology.drafts import Layout
from govcloud.topology.plane import Plane
from govcloud.topology.selectors import Resolver, UnresolvedError, nearest
from govcloud.topology.thing import Thing


@dataclass(frozen=True)
class Context:
    """One plane under examination, with all that its things may refer to."""

    declared: Declared
    plane: DeclaredPlane
    declaration: Plane
    resolver: Resolver
    layout: Layout
    plan: Plan

    @property
    def platform_projects(self) -> set[str]:
        """Ids of the platform's own projects."""
        return {project.id for project in self.declaration.projects}

    def one_of(
        self, name: str | None, known: Collection[str], kind: str, thing: Thing, *path: str | int
    ) -> Iterator[ToolkitError]:
        """A fault when `name` is none of `known`; None and names of unreadable things pass."""
        if name is None or name in known or name in self.declared.broken:
            return
        yield ToolkitError(f"there is no {kind} `{name}`", thing.where(*path), nearest(name, known))

    def reference(
        self, name: str | None, kind: str, thing: Thing, *path: str | int
    ) -> Iterator[ToolkitError]:
        """A fault when this plane has nothing of that id in directory `kind`."""
        if name is None:
            return
        try:
            self.resolver.known(name, kind)
        except UnresolvedError as error:
            yield ToolkitError(error.what, thing.where(*path), error.remedy)

    def selectors(self, selectors: Iterable[str], thing: Thing, *path: str | int) -> Iterator[ToolkitError]:
        """A fault for each selector that means nobody here."""
        for index, selector in enumerate(selectors):
            try:
                self.resolver.resolve(selector)
            except UnresolvedError as error:
                yield ToolkitError(error.what, thing.where(*path, index), error.remedy)

    def approval(self, name: str | None, thing: Thing, *path: str | int) -> Iterator[ToolkitError]:
        """A fault when an approval is not in the plane's register."""
        yield from self.one_of(name, self.plane.approvals, "approval", thing, *path)

    def owner(self, name: str, thing: Thing) -> Iterator[ToolkitError]:
        """A fault when an owner is nobody, or no member of this plane."""
        known = {*self.declared.units, *self.declared.counties}
        if name in known and name not in self.resolver.members:
            yield ToolkitError(
                f"owner `{name}` is no member of plane {self.plane.id}",
                thing.where("owner"),
                f"add it to `members` of {self.plane.id}/plane.yaml, or name another owner",
            )
            return
        yield from self.one_of(name, known, "unit or county", thing, "owner")
