"""What an approved plan allows: during `apply` every other changing call is refused before it is made."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from govcloud.errors import ToolkitError


@dataclass(frozen=True)
class Permit:
    """One operation of a plan: `create`, `update` or `delete`; the latter two bound to an id."""

    operation: str
    address: str
    identifier: str = ""
    inputs: str = ""
    """Digest of the inputs that were read, for create and update."""


class Permits:
    """The operations of one plan."""

    def __init__(self, permits: Iterable[Permit]) -> None:
        self._permits = frozenset(permits)

    def demand(self, permit: Permit) -> None:
        """Refuse an operation that the plan does not hold."""
        if permit not in self._permits:
            about = f" ({permit.identifier})" if permit.identifier else ""
            raise ToolkitError(
                f"{permit.operation} of {permit.address}{about} is not in the plan",
                "plan",
                "the world or the declaration has moved since it was made: plan again",
            )
