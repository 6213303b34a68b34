"""What Pulumi's state holds, read from its own files."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from govcloud.engine.workdir import PlaneWork
from govcloud.errors import ToolkitError
from govcloud.local import listed
from govcloud.provider import address_of


@dataclass(frozen=True)
class Held:
    """One object that a stack's state holds."""

    address: str
    kind: str
    identifier: str


@dataclass(frozen=True)
class StackState:
    """One stack's state: its digest, what it holds, and whether every operation on that has ended.

    Not settled: a create of which no answer is recorded, or a replaced object that still waits to go.
    """

    digest: str
    held: tuple[Held, ...]
    settled: bool = True


NOTHING = StackState("", ())


def read_state(work: PlaneWork, site: str) -> dict[str, StackState]:
    """Every stack that the plane's backend knows, by the stack's name."""
    files = listed(work.state / ".pulumi" / "stacks" / site)
    return {file.stem.replace(".", "/", 1): _read(file) for file in files if file.suffix == ".json"}


def _read(path: Path) -> StackState:
    content = path.read_bytes()
    try:
        return _state(json.loads(content)["checkpoint"].get("latest") or {})
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ToolkitError(
            f"the state is not whole: {type(error).__name__}: {error}",
            str(path),
            "put back the `.bak` that lies beside it",
        ) from error


def _state(latest: dict[str, Any]) -> StackState:
    resources = latest.get("resources") or []
    held = tuple(
        Held(address_of(entry["urn"]), entry["type"].rpartition(":")[2], entry.get("id", ""))
        for entry in resources
        if ":openstack:" in entry["type"]
    )
    waiting = any(entry.get("delete") or entry.get("pendingReplacement") for entry in resources)
    settled = not waiting and not latest.get("pending_operations")
    # The time of the last update stands in the file; what it holds does not depend on it.
    text = json.dumps(resources, sort_keys=True)
    return StackState(hashlib.sha256(text.encode()).hexdigest(), held, settled)
