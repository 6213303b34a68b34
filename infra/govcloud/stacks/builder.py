"""Collects one stack's resources."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from govcloud.errors import ToolkitError
from govcloud.stacks.model import Resource, Stack, Value
from govcloud.stacks.origin import Origin, former_names

HOLDS_DATA = ("project", "server")
"""Kinds with which data goes: none of them goes because something else does."""


class StackBuilder:
    """A stack while it is being compiled. `short` is its name without the plane, such as `core`."""

    def __init__(self, plane: str, short: str) -> None:
        self.plane = plane
        self.name = f"{plane}/{short}"
        self._resources: dict[str, Resource] = {}
        self._retired: set[str] = set()
        self._origins: tuple[Origin, ...] = ()

    @contextlib.contextmanager
    def concerning(self, *origins: Origin) -> Iterator[None]:
        """Note for what is added meanwhile which things it comes from, the first above all."""
        before, self._origins = self._origins, origins
        try:
            yield
        finally:
            self._origins = before

    def add(self, kind: str, name: str, after: Iterable[str] = (), /, **properties: Value) -> str:
        """Add a resource and return its address. `after` are names in this stack that must stand first.

        Raises ToolkitError when the stack has a resource of that name already.
        """
        if name in self._resources:
            raise ToolkitError(
                f"two things would both make a resource named {name}",
                f"stack {self.name}",
                "give one of the two another id in the inventory",
            )
        if any(origin.retire for origin in self._origins):
            self._retired.add(name)
        former = former_names(name, self._origins)
        first = self._origins[0] if self._origins else None
        self._resources[name] = Resource(
            kind,
            name,
            properties,
            tuple(after),
            moved_from=tuple(f"{self.name}/{one}" for one in former),
            where=first.where if first else "",
            serves=first.label if first else "",
            rebuild=first.rebuild if first else False,
        )
        return f"{self.name}/{name}"

    def lasting(self, name: str) -> str:
        """The name that an object keeps which cannot be renamed: its first."""
        return (name, *former_names(name, self._origins))[-1]

    def named(self, existing: Mapping[str, str]) -> None:
        """Take over objects that were there before us: ids by address."""
        for name, resource in self._resources.items():
            if identifier := existing.get(f"{self.name}/{name}"):
                self._resources[name] = replace(resource, existing=identifier)

    @property
    def retired(self) -> Iterable[str]:
        """The addresses of what is declared to go."""
        return (f"{self.name}/{name}" for name in self._retired)

    def retire(self, gone: Mapping[str, str]) -> bool:
        """Let go, too, what refers to something that goes (addresses, with whose they are); whether any did.

        Raises ToolkitError for a machine or a project that nobody has declared to go.
        """
        found = False
        for name, resource in self._resources.items():
            needs = [*references(tuple(resource.properties.values()))]
            needs += [f"{self.name}/{other}" for other in resource.depends_on]
            lost = next((need for need in needs if need in gone), None)
            if lost is None or name in self._retired:
                continue
            if resource.kind in HOLDS_DATA:
                raise ToolkitError(
                    f"{self.name}/{name} stands on {lost}, which is to be retired with {gone[lost]}",
                    resource.where,
                    "retire it as well, or leave the other",
                )
            self._retired.add(name)
            found = True
        return found

    def __contains__(self, name: str) -> bool:
        return name in self._resources

    def __len__(self) -> int:
        return len(self._resources)

    def stack(self, owners: dict[str, str]) -> Stack:
        """The stack, depending on every stack it refers to; `owners` maps addresses to stacks."""
        staying = [one for name, one in self._resources.items() if name not in self._retired]
        needed = {
            owners[reference]
            for resource in staying
            for reference in references(tuple(resource.properties.values()))
            if reference in owners
        }
        return Stack(
            self.plane,
            self.name,
            tuple(staying),
            tuple(sorted(needed - {self.name})),
            tuple(sorted(self.retired)),
        )

    def addresses(self) -> Iterable[str]:
        """The addresses of its resources."""
        return (f"{self.name}/{name}" for name in self._resources)


def references(value: Value) -> Iterable[str]:
    """Every string in a value that has the form of an address, `<plane>/<stack>/<name>`."""
    if isinstance(value, str):
        if value.count("/") == 2:
            yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from references(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from references(item)
