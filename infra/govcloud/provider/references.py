"""From symbolic addresses to ids: what an address means in the cloud as it stands."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from govcloud.errors import ToolkitError
from govcloud.provider import markers
from govcloud.provider.cloud import Cloud
from govcloud.provider.kind import Kind, Marker, Raw, Resolved
from govcloud.provider.kinds import KINDS
from govcloud.provider.snapshot import Snapshot
from govcloud.provider.values import canonical, walk

SELF = "@self"
"""The account that provisions, where a user is asked for."""


@dataclass(frozen=True)
class Declared:
    """A resource of the plane as it is declared: its kind and its inputs, references still symbolic.

    `moved_from` are the addresses that it had, the newest first, `existing` the id of an object that was
    there before us and is to be taken over.
    """

    kind: str
    inputs: Mapping[str, Any]
    moved_from: tuple[str, ...] = ()
    existing: str = ""


@dataclass(frozen=True)
class Unresolved:
    """Stands in a comparison for the id of an object that does not exist yet."""

    address: str


class References:
    """Resolves addresses of one plane; every stack's declaration is known, whichever are being run."""

    def __init__(
        self,
        site: str,
        cloud: Cloud,
        declared: Mapping[str, Declared],
        snapshot: Snapshot,
        held: Mapping[str, str],
    ) -> None:
        self._site = site
        self._cloud = cloud
        self._declared = declared
        self._snapshot = snapshot
        self._held = held
        self._known: dict[str, str] = {}
        self._generations: dict[str, str] = {}
        self._lock = threading.RLock()

    def know(self, address: str, identifier: str) -> None:
        """Remember which object stands for an address in its present generation."""
        with self._lock:
            self._known[address] = identifier

    def declared_inputs(self, address: str) -> Mapping[str, Any]:
        """The declared inputs of an address, defaults filled in."""
        declared = self._declared[address]
        return self.with_defaults(KINDS[declared.kind], declared.inputs)

    def with_defaults(self, kind: Kind, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """The inputs, with what stands where the declaration says nothing."""
        defaults = {f.name: f.default for f in kind.fields if f.default is not None}
        return {name: plain(value) for name, value in {**defaults, **inputs}.items()}

    @property
    def declared(self) -> Mapping[str, Declared]:
        """Everything that the plane declares, by address."""
        return self._declared

    def present(self, address: str) -> str | None:
        """The address by which something is declared that was called so once; None where nothing is."""
        if address in self._declared:
            return address
        return next((new for new, one in self._declared.items() if address in one.moved_from), None)

    @property
    def site(self) -> str:
        """The site whose markers are ours."""
        return self._site

    def is_address(self, text: str) -> bool:
        """Whether a string is the address of something declared in this plane."""
        return text in self._declared

    def generation(self, address: str) -> str:
        """The digest of what forces replacement, through everything that it stands on."""
        with self._lock:
            found = self._generations.get(address)
            if found is None:
                kind = KINDS[self._declared[address].kind]
                inputs = self.declared_inputs(address)
                replacing = {
                    f.name: walk(inputs[f.name], self._with_generation) if f.refers_to else inputs[f.name]
                    for f in kind.replacing
                    if f.name in inputs
                }
                found = self._generations[address] = markers.generation(canonical(replacing) or {})
        return found

    def _with_generation(self, text: str) -> str:
        if not self.is_address(text):
            return text
        declared = self._declared[text]
        kind = KINDS[declared.kind]
        # By its first name: what stands on an object is no other because that was renamed.
        first = (text, *declared.moved_from)[-1]
        if kind.identity_field:
            return f"{first}#{self.declared_inputs(text)[kind.identity_field]}"
        return f"{first}#{self.generation(text)}"

    def marker(self, address: str) -> str:
        """The marker of an address in its present generation."""
        return markers.marker(self._site, address, self.generation(address))

    def marks(self, address: str) -> tuple[str, ...]:
        """The markers by which the object of an address is known: its own, and those of its former names."""
        generation = self.generation(address)
        names = dict.fromkeys((address, *self._declared[address].moved_from))
        return tuple(markers.marker(self._site, name, generation) for name in names)

    def standing(self, address: str, kind: Kind) -> list[Raw]:
        """Every object in the cloud that stands for an address: by marker, natural key, or named outright."""
        index = self._snapshot.index(kind)
        if not kind.listed:
            found = self._asked_for(address, kind)
        elif kind.marked_by is Marker.NONE:
            found = index.keyed(self.resolved(kind, self.declared_inputs(address), strict=False))
        else:
            found = [raw for mark in self.marks(address) for raw in index.marked(mark)]
        return found or self._named_outright(address, kind)

    def _asked_for(self, address: str, kind: Kind) -> list[Raw]:
        """The object of a kind without a list, by its key."""
        values = self.resolved(kind, self.declared_inputs(address), strict=False)
        key = values[kind.natural_key[0]]
        raw = None if isinstance(key, Unresolved) else self._snapshot.one(kind, str(key))
        return [] if raw is None else [raw]

    def _named_outright(self, address: str, kind: Kind) -> list[Raw]:
        """What the inventory names as ours; or what the state holds, of a kind whose marker never changes."""
        identifier = self._declared[address].existing
        if not identifier and not kind.marker_updatable:
            identifier = self._held.get(address, "")
        raw = self._snapshot.index(kind).by_id.get(identifier)
        return [] if raw is None else [raw]

    def named(self, value: Any) -> Any:
        """A value for people: ids as the addresses they stand for, absent objects as what they will be."""
        with self._lock:
            addresses = {identifier: address for address, identifier in self._known.items()}
        if isinstance(value, Unresolved):
            return value.address
        if isinstance(value, Mapping):
            return {key: self.named(item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.named(item) for item in value]
        return addresses.get(value, value) if isinstance(value, str) else value

    def inputs_digest(self, kind: Kind, inputs: Mapping[str, Any]) -> str:
        """A digest of the inputs that says nothing of secrets but whether they are the same."""
        shown = {
            name: "(secret)" if _is_secret(kind, name) else value
            for name, value in self.with_defaults(kind, inputs).items()
        }
        return markers.digest(canonical(shown))

    def identifier(self, address: str) -> str | None:
        """The id that an address stands for now, or None when its object does not exist."""
        with self._lock:
            if address in self._known:
                return self._known[address]
        kind = KINDS[self._declared[address].kind]
        found = self.standing(address, kind)
        if len(found) > 1:
            raise ToolkitError(
                f"{len(found)} objects stand for {address}",
                f"cloud {self._cloud.name}",
                "look at them and delete all but one",
            )
        return kind.identity(found[0]) if found else None

    def resolved(self, kind: Kind, inputs: Mapping[str, Any], *, strict: bool) -> Resolved:
        """The fields with ids for addresses; what does not exist yet is an error if `strict`."""
        values: Resolved = {}
        for one in kind.fields:
            if one.name in inputs:
                value = inputs[one.name]
                values[one.name] = (
                    walk(value, lambda text: self._resolve(text, strict)) if one.refers_to else plain(value)
                )
        return values

    def _resolve(self, text: str, strict: bool) -> Any:
        if text == SELF:
            return self._cloud.user_id
        if not self.is_address(text):
            return text
        identifier = self.identifier(text)
        if identifier is None and strict:
            raise ToolkitError(
                f"{text} does not exist yet",
                f"cloud {self._cloud.name}",
                f"apply the stack {text.rpartition('/')[0]} first",
            )
        return identifier if identifier is not None else Unresolved(text)


def plain(value: Any) -> Any:
    """The value as plain JSON data, its empty collections kept: `[]` clears where None would not."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


def _is_secret(kind: Kind, name: str) -> bool:
    found = kind.field(name)
    return found is not None and found.write_only
