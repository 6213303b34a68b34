"""The unit of work of a move: a step of a directed graph that can be told done from not done."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

Facts = Mapping[str, Any]
"""What a step has found or made, as JSON: kept in the journal, read by the steps behind it."""


class Done(Protocol):
    """What the steps before have recorded."""

    def facts(self, name: str) -> Facts:
        """What the step of that name recorded; an error when it is not done."""


Act = Callable[[Done], Facts]
"""Does the step and says what it found or made. It may be killed at any instant."""
Look = Callable[[Done], Facts | None]
"""Looks at the world after an act that was cut short: the facts if it was done, or None with nothing left."""


@dataclass(frozen=True)
class Step:
    """One step: `act` does it, `look` tells whether an act that was cut short had done it.

    The intent stands in the journal before `act` begins, the facts after. A run that finds an intent without
    facts asks `look` first; a step without a `look` may be done twice at no harm, and is.
    """

    name: str
    act: Act
    after: tuple[str, ...] = ()
    look: Look | None = None
    intent: Facts = field(default_factory=dict)
