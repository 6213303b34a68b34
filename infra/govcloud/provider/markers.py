"""Markers: `site/stack/name#generation`, written into an object by the very call that creates it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

LIMIT = 255
"""Neutron, Keystone and Nova refuse longer descriptions."""


def digest(value: Any) -> str:
    """SHA-256 of a value's canonical JSON, in hexadecimal."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def generation(replacing: Mapping[str, Any]) -> str:
    """Ten hexadecimal digits over the inputs that force replacement."""
    return digest(replacing)[:10]


def marker(site: str, address: str, generation: str) -> str:
    """The marker of the resource `address` (`plane/stack/name`) in its present generation."""
    text = f"{site}/{address}#{generation}"
    if len(text) > LIMIT:
        raise ValueError(f"marker {text!r} is longer than {LIMIT} characters")
    return text


def parse(text: str) -> tuple[str, str] | None:
    """`(site/plane/stack/name, generation)` of a marker, or None for any other text."""
    head, sharp, tail = text.rpartition("#")
    if not sharp or head.count("/") != 3 or len(tail) != 10:
        return None
    return head, tail


def address_in(text: str, site: str) -> str | None:
    """`plane/stack/name` of a marker of this site, or None for any other text."""
    parsed = parse(text)
    if parsed is None or not parsed[0].startswith(f"{site}/"):
        return None
    return parsed[0].removeprefix(f"{site}/")


def stack_of(text: str) -> str:
    """`plane/stack` of a marker."""
    parsed = parse(text)
    if parsed is None:
        raise ValueError(f"{text!r} is no marker")
    return parsed[0].partition("/")[2].rpartition("/")[0]
