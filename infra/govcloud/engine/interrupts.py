"""Which systems a change of service reaches: along what stands on an object, and what it is part of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from govcloud.engine.programs import references
from govcloud.provider import KINDS
from govcloud.stacks import Resource, Stack


class Interrupts:
    """The declared resources of a plane, by what they stand on."""

    def __init__(self, stacks: Iterable[Stack]) -> None:
        self._resources: dict[str, Resource] = {}
        self._standing_on: defaultdict[str, set[str]] = defaultdict(set)
        for stack in stacks:
            for resource in stack.resources:
                address = stack.address(resource.name)
                self._resources[address] = resource
                for need in references(dict(resource.properties)):
                    self._standing_on[need].add(address)

    def served(self, address: str, former: Sequence[str] = ()) -> tuple[str, ...]:
        """Whom the object of an address serves, by name; `former` is what an undeclared one referred to."""
        seen: set[str] = set()
        left = [address, *former]
        while left:
            one = left.pop()
            if one not in seen:
                seen.add(one)
                left += [*self._standing_on.get(one, ()), *self._whole(one)]
        found = {self._resources[one].serves for one in seen if one in self._resources}
        return tuple(sorted(found - {""}))

    def _whole(self, address: str) -> list[str]:
        """What an object is part of."""
        resource = self._resources.get(address)
        if resource is None:
            return []
        parts = KINDS[resource.kind].part_of
        return [need for name in parts for need in references(resource.properties.get(name))]
