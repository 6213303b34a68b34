"""The lab's clouds: one OpenStack per plane, and the addresses that lead to it."""

from __future__ import annotations

import re
from dataclasses import dataclass

_PLANE = re.compile(r"[a-z][a-z0-9-]{0,39}")
_LAST_INDEX = 99


@dataclass(frozen=True)
class LabCloud:
    """One plane's cloud on this machine; `index` (1 to 99) picks its addresses and no two clouds share one.

    The host reaches the control plane on 10.99.<index>.2 and floating addresses in 198.51.<99+index>.0/24.
    """

    plane: str
    index: int

    def __post_init__(self) -> None:
        if not _PLANE.fullmatch(self.plane):
            raise ValueError(f"plane {self.plane!r} is not a name of lower-case letters, digits and hyphens")
        if not 1 <= self.index <= _LAST_INDEX:
            raise ValueError(f"index {self.index} of {self.plane} is not between 1 and {_LAST_INDEX}")

    @property
    def name(self) -> str:
        """Its network namespace and control group."""
        return f"govcloud-{self.plane}"

    @property
    def link(self) -> str:
        """The host's end of the one link into it; interface names end at 15 characters."""
        return f"govlab{self.index}"

    @property
    def host_address(self) -> str:
        """The host's address on that link."""
        return f"10.99.{self.index}.1"

    @property
    def address(self) -> str:
        """The address of every API of the cloud."""
        return f"10.99.{self.index}.2"

    @property
    def management_range(self) -> str:
        """The link's own prefix."""
        return f"10.99.{self.index}.0/24"

    @property
    def floating_range(self) -> str:
        """The prefix of the external network."""
        return f"198.51.{99 + self.index}.0/24"

    @property
    def floating_gateway(self) -> str:
        """The address behind which the host stands, seen from a router of the cloud."""
        return f"198.51.{99 + self.index}.1"

    @property
    def simulated_host(self) -> str:
        """The name of the hypervisor whose guests do not run; the other one bears the cloud's own name."""
        return f"{self.name}-simulated"


EXTRANET = LabCloud("extranet", 1)
CLASSIFIED = LabCloud("classified", 2)
CLOUDS = (EXTRANET, CLASSIFIED)
