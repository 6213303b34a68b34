"""What an approved plan allows: during `apply` every other changing call is refused before it is made."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from govcloud.errors import ToolkitError


@dataclass(frozen=True)
class Permit:
    """One operation of a plan: `create`, `update` or `delete`; the latter two bound to an id."""

    operation: str
    address: str
    identifier: str = ""
    inputs: str = ""
    """Digest of the inputs that were read, for create and update."""
    live: str = ""
    """Digest of the object as it stood when the plan was made, for update and delete."""


class Permits:
    """The operations of one plan."""

    def __init__(self, permits: Iterable[Permit]) -> None:
        self._live = {replace(permit, live=""): permit.live for permit in permits}

    def demand(self, permit: Permit) -> None:
        """Refuse an operation that the plan does not hold."""
        if replace(permit, live="") not in self._live:
            about = f" ({permit.identifier})" if permit.identifier else ""
            raise ToolkitError(
                f"{permit.operation} of {permit.address}{about} is not in the plan",
                "plan",
                "the world or the declaration has moved since it was made: plan again",
            )

    def unmoved(self, permit: Permit) -> bool:
        """Whether the object is still the one that the plan saw."""
        return self._live[replace(permit, live="")] == permit.live
