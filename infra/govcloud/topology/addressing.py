"""What an address plan is asked for, and what it answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, collapse_addresses

from govcloud.errors import ToolkitError, Where
from govcloud.topology.plane import LevelName

BACKBONE = "backbone"
FIRST_HOST = 4
"""Machines start at the prefix's fourth address; below lie the gateway and room for a standby one."""

RECORD = "run `govcloud topology addresses --write` and commit the lock file"
RESTORE = "addresses never move: restore the lock file from version control"


@dataclass(frozen=True)
class SegmentRequest:
    """A segment that needs a prefix: of its county's summary, of a city block, or straight from its level."""

    id: str
    level: LevelName
    where: Where
    county: str | None = None
    prefix: IPv4Network | None = None


@dataclass(frozen=True)
class AddressRequest:
    """A machine, router or shared address that needs an address in `segment` (or on the backbone)."""

    id: str
    segment: str
    where: Where
    address: IPv4Address | None = None


@dataclass
class Plan:
    """A plane's address plan: everything recorded and everything new, by id."""

    summaries: dict[str, IPv4Network] = field(default_factory=dict)
    segments: dict[str, IPv4Network] = field(default_factory=dict)
    addresses: dict[str, IPv4Address] = field(default_factory=dict)
    summary_of: dict[str, str] = field(default_factory=dict)
    """By segment id: the summary it lies in, where its level has summaries."""
    added: list[str] = field(default_factory=list)
    """Ids that the lock file does not hold yet."""
    faulty: set[str] = field(default_factory=set)
    """Segments whose prefix is wrong: nothing is said about addresses in them."""
    errors: list[ToolkitError] = field(default_factory=list)

    def fault(self, what: str, where: Where, remedy: str) -> None:
        """Note a fault."""
        self.errors.append(ToolkitError(what, where, remedy))


def router_id(summary: str) -> str:
    """The id of the router that announces a summary."""
    return f"router-{summary}"


def collapsed(prefixes: Sequence[IPv4Network]) -> tuple[IPv4Network, ...]:
    """The fewest prefixes that cover exactly these."""
    return tuple(collapse_addresses(prefixes))


def several(names: Sequence[str], shown: int = 3) -> str:
    """A few of many names, and how many more there are."""
    rest = len(names) - shown
    return ", ".join(names[:shown]) + (f" and {rest} more" if rest > 0 else "")


def unrecorded(plan: Plan, plane: str, where: Where) -> Iterator[ToolkitError]:
    """The error that says what the lock file does not hold yet."""
    if plan.added:
        what = f"plane {plane} has addresses that are not recorded: {several(plan.added)}"
        yield ToolkitError(what, where, RECORD)
