"""What a renamed thing was given stays its own: its records are found under the former name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

Given = TypeVar("Given")


def carry(
    recorded: dict[str, Given], wanted: Iterable[str], renamed: Mapping[str, Sequence[str]]
) -> list[str]:
    """Move records to the new names of what they were given to; the names that now have one.

    `renamed` maps new ids to former ones. A record whose name is still wanted by something else stays there.
    """
    asked = set(wanted)
    found = []
    for name in sorted(asked - recorded.keys()):
        former = next((one for one in _former(name, renamed) if one in recorded and one not in asked), None)
        if former is not None:
            recorded[name] = recorded.pop(former)
            found.append(name)
    return found


def _former(name: str, renamed: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """The names that follow from the former ids of a thing, as `name` follows from its present one."""
    for new, olds in renamed.items():
        pattern = rf"(^|^router-|-edge-){re.escape(new)}(?=-|$)"
        if re.search(pattern, name):
            yield from (re.sub(pattern, rf"\g<1>{old}", name) for old in olds)
