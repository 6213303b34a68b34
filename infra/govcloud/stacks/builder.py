"""Collects one stack's resources."""

from __future__ import annotations

from collections.abc import Iterable

from govcloud.errors import ToolkitError
from govcloud.stacks.model import Resource, Stack, Value


class StackBuilder:
    """A stack while it is being compiled. `short` is its name without the plane, such as `core`."""

    def __init__(self, plane: str, short: str) -> None:
        self.plane = plane
        self.name = f"{plane}/{short}"
        self._resources: dict[str, Resource] = {}

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
        self._resources[name] = Resource(kind, name, properties, tuple(after))
        return f"{self.name}/{name}"

    def __contains__(self, name: str) -> bool:
        return name in self._resources

    def __len__(self) -> int:
        return len(self._resources)

    def stack(self, owners: dict[str, str]) -> Stack:
        """The stack, depending on every stack it refers to; `owners` maps addresses to stacks."""
        needed = {
            owners[reference]
            for resource in self._resources.values()
            for reference in references(tuple(resource.properties.values()))
            if reference in owners
        }
        return Stack(
            self.plane, self.name, tuple(self._resources.values()), tuple(sorted(needed - {self.name}))
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
