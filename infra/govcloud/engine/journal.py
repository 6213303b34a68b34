"""What runs leave in a store beside Pulumi's state: open creates, and which plan a stack was given to."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

from govcloud.engine.leases import boot, now
from govcloud.engine.stores import Store
from govcloud.errors import ToolkitError
from govcloud.provider import Intents, Sent

Told = TypeVar("Told")
INTENTS = ".govcloud/intents/"
JOURNAL = ".govcloud/journal/"


@dataclass(frozen=True)
class StackLog:
    """One stack's open creates, as a record of the store."""

    store: Store
    stack: str

    @property
    def _name(self) -> str:
        return f"{INTENTS}{self.stack}.json"

    def load(self) -> dict[str, Sent]:
        """The creates that were sent and not answered, by marker."""
        return _read(self.store, self._name, _opened) or {}

    def save(self, opened: Mapping[str, Sent]) -> None:
        """Keep these, or take the record away where there is none."""
        if opened:
            document = {marker: asdict(sent) for marker, sent in opened.items()}
            self.store.write(self._name, json.dumps(document).encode())
        else:
            self.store.delete(self._name)


def intents_of(store: Store) -> Intents:
    """The record of creates of a run that writes to this store."""
    return Intents(lambda stack: StackLog(store, stack), sent_now)


def sent_now() -> Sent:
    """This moment, as a create's record keeps it."""
    return Sent(now(), boot())


def open_creates(store: Store) -> dict[str, Sent]:
    """The creates of all stacks that were sent and not answered, by marker."""
    found: dict[str, Sent] = {}
    for name in store.names(INTENTS):
        found |= StackLog(store, name.removeprefix(INTENTS).removesuffix(".json")).load()
    return found


@dataclass(frozen=True)
class Progressed:
    """How far the last run that wrote a stack came: the digest of its plan, and of the state that it left."""

    plan: str
    state: str | None


def progressed(store: Store, stack: str) -> Progressed | None:
    """Which plan was last carried out on a stack; `state` is None where that was not seen to end."""
    return _read(store, f"{JOURNAL}{stack}.json", lambda told: Progressed(str(told["plan"]), told["state"]))


def note_progress(store: Store, stack: str, plan: str, state: str | None) -> None:
    """Note durably that a plan begins to write a stack, or (with the state's digest) that it has done so."""
    text = json.dumps({"plan": plan, "state": state})
    store.write(f"{JOURNAL}{stack}.json", text.encode())


def _opened(document: Any) -> dict[str, Sent]:
    return {marker: Sent(float(sent["at"]), str(sent["boot"])) for marker, sent in document.items()}


def _read(store: Store, name: str, told: Callable[[Any], Told]) -> Told | None:
    """What a record says, by `told`; None where there is none, ToolkitError where it is not whole."""
    content = store.read(name)
    if content is None:
        return None
    try:
        return told(json.loads(content))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ToolkitError(
            f"the record is not whole: {type(error).__name__}: {error}",
            f"{store.url}/{name}",
            "see who wrote it, then delete it",
        ) from error
