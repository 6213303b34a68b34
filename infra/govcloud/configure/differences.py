"""What a checked task says that it would change, as text that is the same whenever the difference is."""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Mapping
from typing import Any

LINES_AT_MOST = 200
CANNOT = ("check mode", "check_mode")


def difference(result: Mapping[str, Any]) -> str:
    """The difference that a task's result shows, item by item; empty where it shows none.

    Names of temporary files stand in Ansible's own headers, so that only contents are compared.
    """
    if "censored" in result:
        return ""
    parts = [_one(part) for part in _differences(result)]
    lines = "\n".join(part for part in parts if part).split("\n")
    if len(lines) > LINES_AT_MOST:
        # By their digest: what is left out is bound by a plan as what is shown.
        left = hashlib.sha256("\n".join(lines[LINES_AT_MOST:]).encode()).hexdigest()
        lines = [*lines[:LINES_AT_MOST], f"… and {len(lines) - LINES_AT_MOST} more lines ({left[:16]})"]
    return "\n".join(lines)


def unchecked(result: Mapping[str, Any]) -> bool:
    """Whether a task was passed over because only a real run can tell what it does."""
    said = f"{result.get('msg', '')} {result.get('skip_reason', '')}".lower()
    return any(word in said for word in CANNOT)


def _differences(result: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    if isinstance(items := result.get("results"), list):
        return [one for item in items if isinstance(item, Mapping) for one in _differences(item)]
    found = result.get("diff") or []
    found = [found] if isinstance(found, Mapping) else found
    return [one for one in found if isinstance(one, Mapping)] if "censored" not in result else []


def _one(part: Mapping[str, Any]) -> str:
    if "prepared" in part:
        return str(part["prepared"]).strip()
    before, after = _lines(part.get("before")), _lines(part.get("after"))
    return "\n".join(difflib.unified_diff(before, after, "now", "then", lineterm="", n=2))


def _lines(value: Any) -> list[str]:
    if value is None or value == "":
        return []
    text = (
        value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True)
    )
    return text.splitlines()
