"""What is found at a source or a target before anything moves, by a name that people can accept it by."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from govcloud.errors import ToolkitError


class Weight(StrEnum):
    """What a finding asks of people."""

    BLOCKS = "blocks"
    """It has to be mended; accepting it does not help."""
    ACCEPT = "accept"
    """It cannot be moved as it is: it stays behind or changes, and somebody has to say that this is right."""
    NOTE = "note"
    """Worth knowing; it keeps nothing from moving."""


@dataclass(frozen=True, order=True)
class Finding:
    """One thing that was found; `name` is stable: `table public.log without a key`."""

    name: str
    weight: Weight
    seen: str
    remedy: str = ""


def standing_in_the_way(
    findings: Iterable[Finding], accepted: Iterable[str], where: str
) -> list[ToolkitError]:
    """An error for each finding that blocks, that nobody has accepted, or that was accepted and is not there.

    `accepted` are names of findings. Something that was accepted and is no longer found is an error too: what
    people have agreed to was another state of things.
    """
    found = {one.name: one for one in findings}
    agreed = set(accepted)
    errors = []
    for one in sorted(found.values()):
        if one.weight is Weight.BLOCKS:
            errors.append(ToolkitError(f"{one.name}: {one.seen}", where, one.remedy))
        elif one.weight is Weight.ACCEPT and one.name not in agreed:
            remedy = f"{one.remedy}; or accept it by this name, with the reason: {one.name}"
            errors.append(ToolkitError(f"{one.name}: {one.seen}", where, remedy.removeprefix("; or ")))
    for name in sorted(agreed - found.keys()):
        what = f"{name} was accepted, and is not found"
        errors.append(ToolkitError(what, where, "take it out of `accepted`, or assess the host again"))
    return errors
