"""The shape of what is moved: what must be on the night as it was at the rehearsal."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from govcloud.migrations.comparing import differing, listed


@dataclass(frozen=True)
class Shape:
    """Of each fact, by its name, the first 128 bits of its SHA-256 in hexadecimal."""

    facts: Mapping[str, str]

    @property
    def digest(self) -> str:
        """One for all of them: SHA-256 in hexadecimal."""
        return _hashed(dict(self.facts))

    def changes(self, now: Shape) -> str:
        """What is otherwise than it was here, in words; empty where nothing is."""
        return listed(differing(self.facts, now.facts, gone="is gone", new="is new", other="has changed"))


def shape_of(facts: Mapping[str, Any]) -> Shape:
    """The shape of versions, tables, directories, sites and this code; one below another is `name: fact`."""
    return Shape({name: _hashed(fact)[:32] for name, fact in _flat(facts)})


def _flat(facts: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, fact in facts.items():
        if isinstance(fact, Mapping) and fact:
            yield from ((f"{name}: {below}", one) for below, one in _flat(fact))
        else:
            yield name, fact


def _hashed(fact: Any) -> str:
    return hashlib.sha256(json.dumps(fact, ensure_ascii=False, sort_keys=True).encode()).hexdigest()
