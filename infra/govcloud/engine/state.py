"""What Pulumi's state holds, read from its own store."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from govcloud.engine.backend import state_prefix
from govcloud.engine.programs import references
from govcloud.engine.stores import Store
from govcloud.errors import ToolkitError
from govcloud.provider import address_of

VERSION = 3
"""Of Pulumi's checkpoints."""
PASSING = frozenset({"created", "modified", "sourcePosition"})
"""What a checkpoint says of a resource that changes without it."""


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
    needs: frozenset[str] = frozenset()
    """The stacks that what it holds refers to."""


NOTHING = StackState("", ())


def read_state(store: Store, site: str) -> dict[str, StackState]:
    """Every stack of which the plane's store has a state, by the stack's name.

    Raises ToolkitError for a state that is cut short, of another site or stack, or of a newer Pulumi.
    """
    prefix = state_prefix(site)
    names = [name for name in store.names(prefix) if name.endswith(".json")]
    found = {}
    for name in names:
        stack = name.removeprefix(prefix).removesuffix(".json")
        content = store.read(name)
        if content is not None:
            found[stack.replace(".", "/", 1)] = _read(content, f"{store.url}/{name}", site, stack)
    return found


def read_stack(store: Store, site: str, stack: str) -> StackState:
    """One stack's state; NOTHING where the store has none."""
    name = stack.replace("/", ".", 1)
    file = f"{state_prefix(site)}{name}.json"
    content = store.read(file)
    return NOTHING if content is None else _read(content, f"{store.url}/{file}", site, name)


def held_in(state: Mapping[str, StackState]) -> dict[str, str]:
    """The id that the state holds for each address."""
    return {one.address: one.identifier for stack in state.values() for one in stack.held}


def _read(content: bytes, where: str, site: str, stack: str) -> StackState:
    try:
        document = json.loads(content)
        version, checkpoint = document["version"], document["checkpoint"]
        told = checkpoint["stack"]
        state = _state(checkpoint.get("latest") or {})
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ToolkitError(
            f"the state is not whole: {type(error).__name__}: {error}",
            where,
            "put back the `.bak` that lies beside it, or rebuild it: `govcloud adopt`",
        ) from error
    if version != VERSION:
        raise ToolkitError(
            f"the state has version {version!r}, not {VERSION}", where, "use the govcloud that wrote it"
        )
    if told not in (f"organization/{site}/{stack}", stack):
        raise ToolkitError(
            f"it is the state of {told}, not of organization/{site}/{stack}",
            where,
            "put the right one back, or rebuild it: `govcloud adopt`",
        )
    return state


def _state(latest: dict[str, Any]) -> StackState:
    resources = latest.get("resources") or []
    held = tuple(
        Held(address_of(entry["urn"]), entry["type"].rpartition(":")[2], entry.get("id", ""))
        for entry in resources
        if ":openstack:" in entry["type"]
    )
    waiting = any(entry.get("delete") or entry.get("pendingReplacement") for entry in resources)
    settled = not waiting and not latest.get("pending_operations")
    # When and in which order they were written says nothing of what they are.
    kept = [{k: v for k, v in entry.items() if k not in PASSING} for entry in resources]
    text = json.dumps(sorted(json.dumps(entry, sort_keys=True) for entry in kept))
    needs = {address.rpartition("/")[0] for entry in resources for address in references(entry.get("inputs"))}
    return StackState(hashlib.sha256(text.encode()).hexdigest(), held, settled, frozenset(needs))
