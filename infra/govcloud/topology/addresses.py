"""The recorded address plan of an inventory: what is given out, what would be, and the lock files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

from govcloud.topology import lock
from govcloud.topology.addressing import Plan
from govcloud.topology.loading import draft, raise_all


@dataclass(frozen=True)
class AddressPlan:
    """One plane's plan. `added` are the ids that the lock file does not hold yet."""

    plane: str
    file: Path
    summaries: dict[str, IPv4Network]
    segments: dict[str, IPv4Network]
    addresses: dict[str, IPv4Address]
    added: tuple[str, ...]

    def render(self) -> str:
        """The lock file's text."""
        schemas = ".schema" if (self.file.parent.parent / ".schema").is_dir() else "../../schema"
        return lock.render(f"../{schemas}/addresses.json", self.summaries, self.segments, self.addresses)

    def record(self) -> None:
        """Write the lock file."""
        self.file.write_text(self.render(), encoding="utf-8")


def allocate(directory: Path, planes: Sequence[str] | None = None) -> tuple[AddressPlan, ...]:
    """The plan of every plane, with what is new given the next free slots; nothing is written.

    Raises ToolkitErrors when the inventory has any fault beside unrecorded addresses.
    """
    site, drafts = draft(directory, planes)
    raise_all(site.errors)
    return tuple(_plan(item.plane.id, item.lock_file, item.plan) for item in drafts)


def _plan(plane: str, file: Path, plan: Plan) -> AddressPlan:
    return AddressPlan(plane, file, plan.summaries, plan.segments, plan.addresses, tuple(plan.added))
