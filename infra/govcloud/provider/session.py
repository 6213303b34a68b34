"""One run of plan or apply in one plane: check, compare, create, change and delete its objects."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from govcloud.errors import ToolkitError
from govcloud.provider.cloud import Cloud
from govcloud.provider.difference import MARKER_FIELD, Difference, FieldChange, live_digest
from govcloud.provider.intents import Intents
from govcloud.provider.kind import Kind, Marker, Raw, Resolved
from govcloud.provider.permits import Permit, Permits
from govcloud.provider.references import Declared, References
from govcloud.provider.snapshot import Snapshot
from govcloud.provider.values import equal


class Session:
    """Works on one plane's cloud from one snapshot of it. Safe to share by threads."""

    def __init__(
        self,
        site: str,
        cloud: Cloud,
        declared: Mapping[str, Declared],
        intents: Intents | None = None,
        permits: Permits | None = None,
        may_write: Callable[[], None] = lambda: None,
        held: Mapping[str, str] | None = None,
        adopts_only: bool = False,
    ) -> None:
        self.cloud = cloud
        self.snapshot = Snapshot(cloud)
        self.references = References(site, cloud, declared, self.snapshot, held or {})
        self.differences: dict[str, Difference] = {}
        self._doomed: set[str] = set()
        self._stopped = threading.Event()
        self._intents = intents
        self._permits = permits
        self._may_write = may_write
        self._adopts_only = adopts_only

    # -- deciding ------------------------------------------------------------------------------

    def check(self, kind: Kind, inputs: Mapping[str, Any]) -> tuple[dict[str, Any], list[tuple[str, str]]]:
        """The inputs with defaults filled in, and what is wrong with them as (property, reason)."""
        failures = [(name, f"{kind.name} has no field {name!r}") for name in inputs if not kind.field(name)]
        failures += [
            (f.name, f"{kind.name} needs {f.name!r}")
            for f in kind.fields
            if f.required and f.name not in inputs
        ]
        return self.references.with_defaults(kind, inputs), failures

    def find(self, address: str, kind: Kind) -> Raw | None:
        """The object that stands in the cloud for an address without state, by marker or natural key."""
        values = self.references.resolved(kind, self.references.declared_inputs(address), strict=False)
        # An object that is being replaced still stands, with the same marker if it was changed by hand.
        found = [raw for raw in self.standing(address, kind) if kind.identity(raw) not in self._doomed]
        if len(found) > 1:
            ids = ", ".join(kind.identity(raw) for raw in found)
            raise ToolkitError(
                f"{len(found)} objects stand for {address}: {ids}",
                f"cloud {self.cloud.name}",
                "look at them, delete all but one, then run it again",
            )
        if found and not kind.unusable(found[0]) and not kind.unfinished(found[0]):
            self._demand_ours(address, kind, found[0], values)
        return found[0] if found else None

    def _demand_ours(self, address: str, kind: Kind, raw: Raw, values: Resolved) -> None:
        live = kind.project(raw)
        for one in kind.replacing:
            if (
                one.name in values
                and not one.write_only
                and not equal(one, live.get(one.name), values[one.name])
            ):
                raise ToolkitError(
                    f"{kind.name} {kind.identity(raw)} claims to be {address}, but its {one.name} is "
                    f"{live.get(one.name)!r}, not {values[one.name]!r}",
                    f"cloud {self.cloud.name}",
                    "somebody else made it: take the marker off it, or delete it",
                )

    def difference(self, address: str, kind: Kind, identifier: str, olds: Mapping[str, Any]) -> Difference:
        """Compare the object as it stands with its declaration, field by field.

        Of what stands on something that is replaced the engine asks under its old name, and even of what is
        not declared any more, which goes anyway.
        """
        declared = self.references.present(address)
        if declared is None:
            return Difference(address, kind, identifier)
        address = declared
        raw = self.snapshot.one(kind, identifier)
        if raw is None:
            found = Difference(address, kind, identifier, missing=True)
        else:
            inputs = self.references.declared_inputs(address)
            values = self.references.resolved(kind, inputs, strict=False)
            alone = any(values.get(name) is not None for name in kind.exclusive)
            # An adoption takes things in as they are: what differs is the next plan's business.
            changes = () if self._adopts_only else self._changes(address, kind, raw, values, olds)
            found = Difference(address, kind, identifier, changes, alone=alone)
        if found.replaces:
            self._doomed.add(identifier)
        else:
            self.references.know(address, identifier)
        self.differences[address] = found
        return found

    def _changes(
        self, address: str, kind: Kind, raw: Raw, values: Resolved, olds: Mapping[str, Any]
    ) -> tuple[FieldChange, ...]:
        live = kind.project(raw)
        changes = []
        for one in kind.fields:
            if one.name not in values:
                continue
            present = olds.get(one.name) if one.write_only else live.get(one.name)
            if not equal(one, present, values[one.name]):
                changes.append(FieldChange(one, present, values[one.name]))
        if kind.marked_by is not Marker.NONE and kind.marker_updatable:
            wanted = self.references.marker(address)
            if kind.marker(raw) != wanted and not any(change.field.change.replaces for change in changes):
                changes.append(FieldChange(MARKER_FIELD, kind.marker(raw), wanted))
        return tuple(changes)

    def standing(self, address: str, kind: Kind) -> list[Raw]:
        """Every object in the cloud that stands for an address."""
        return self.references.standing(address, kind)

    def live(self, kind: Kind, identifier: str) -> str:
        """The digest of an object as this snapshot has it; empty where it does not exist."""
        raw = self.snapshot.one(kind, identifier)
        return "" if raw is None else live_digest(kind, raw)

    def stop(self) -> None:
        """Begin nothing more: calls that are under way end, every later one is refused."""
        self._stopped.set()

    # -- doing ---------------------------------------------------------------------------------

    def create(self, address: str, kind: Kind) -> str:
        """Create the object, or adopt the one that a killed run had made; returns its id."""
        inputs = self.references.declared_inputs(address)
        self._demand("create", address, "", kind, inputs)
        values = self.references.resolved(kind, inputs, strict=True)
        marker = self.references.marker(address)
        raw = self._left_behind(address, kind, marker)
        if raw is not None and kind.unusable(raw) and not self._adopts_only:
            kind.delete(self.cloud, kind.identity(raw))
            self.snapshot.index(kind).drop(kind.identity(raw))
            raw = None
        if raw is None:
            raw = self._create(address, kind, values, marker)
        elif not self._adopts_only:
            self._adopt(address, kind, raw, values)
        identifier = kind.identity(raw)
        self.references.know(address, identifier)
        return identifier

    def _create(self, address: str, kind: Kind, values: Resolved, marker: str) -> Raw:
        if self._intents is None or self._adopts_only:
            raise ToolkitError(
                f"nothing is created outside an apply, and there is no {address}",
                f"cloud {self.cloud.name}",
                "run `govcloud plan` and `govcloud apply`",
            )
        self._intents.send(marker)
        raw = kind.create(self.cloud, values, marker)
        self._intents.answer(marker)
        if kind.listed:
            self.snapshot.index(kind).put(raw)
        return raw

    def _left_behind(self, address: str, kind: Kind, marker: str) -> Raw | None:
        """What an earlier run made for this address; waits for creates that it sent and saw no answer to."""
        found = self.find(address, kind) if kind.listed or self._adopts_only else None
        remaining = self._intents.unanswered(marker) if self._intents and not kind.repeatable else None
        deadline = time.monotonic() + (remaining or 0.0)
        while found is None and remaining is not None and time.monotonic() < deadline:
            time.sleep(1.0)
            self.snapshot.forget(kind)
            found = self.find(address, kind)
        return found

    def _adopt(self, address: str, kind: Kind, raw: Raw, values: Resolved) -> None:
        kind.complete(self.cloud, raw)
        if kind.unfinished(raw):
            made = kind.read(self.cloud, kind.identity(raw))
            if made is None:
                raise ToolkitError(
                    f"{kind.name} {kind.identity(raw)} ({address}) went while it was being made",
                    f"cloud {self.cloud.name}",
                    "see the service's log, then run it again",
                )
            raw = made
            self._demand_ours(address, kind, raw, values)
        changes = self._changes(address, kind, raw, values, values)
        if changes:
            wanted = {change.field.name: change.wanted for change in changes}
            kind.update(self.cloud, kind.identity(raw), wanted, raw)
        if self._intents:
            self._intents.answer(self.references.marker(address))

    def update(self, address: str, kind: Kind, identifier: str, olds: Mapping[str, Any]) -> None:
        """Bring every field that differs to its declared value."""
        news = self.references.declared_inputs(address)
        permit = self._demand("update", address, identifier, kind, news)
        raw = kind.read(self.cloud, identifier)
        if raw is None:
            raise ToolkitError(
                f"{kind.name} {identifier} ({address}) has gone from the cloud since the plan was made",
                f"cloud {self.cloud.name}",
                "plan again",
            )
        values = self.references.resolved(kind, news, strict=True)
        changes = self._changes(address, kind, raw, values, olds)
        wanted = {change.field.name: change.wanted for change in changes}
        if wanted:
            self._demand_unmoved(permit, kind, raw)
            kind.update(self.cloud, identifier, wanted, raw)
        self.references.know(address, identifier)

    def delete(self, address: str, kind: Kind, identifier: str) -> None:
        """Delete the object of that id, unless what bears the id by now is what has taken its place."""
        permit = self._demand("delete", address, identifier, kind, {})
        if self._stands_as_declared(address, kind, identifier):
            return
        raw = kind.read(self.cloud, identifier)
        if raw is not None:
            self._demand_unmoved(permit, kind, raw)
            kind.delete(self.cloud, identifier)
        if kind.listed:
            self.snapshot.index(kind).drop(identifier)

    def _stands_as_declared(self, address: str, kind: Kind, identifier: str) -> bool:
        """Whether the object of that id is what its address declares.

        An id that is made of the object's key (a role's, a route's, a flavor's) is the same in its next life:
        the engine creates what had gone, then deletes what its state still holds under that id.
        """
        raw = self.snapshot.one(kind, identifier) if self.references.is_address(address) else None
        if raw is None:
            return False
        if kind.marked_by is not Marker.NONE and kind.marker(raw) not in self.references.marks(address):
            return False
        live = kind.project(raw)
        values = self.references.resolved(kind, self.references.declared_inputs(address), strict=False)
        return all(
            equal(one, live.get(one.name), values[one.name])
            for one in kind.replacing
            if one.name in values and not one.write_only
        )

    def _demand(
        self, operation: str, address: str, identifier: str, kind: Kind, inputs: Mapping[str, Any]
    ) -> Permit:
        """What a changing call needs before it: that nobody has stopped us, the lease, and the plan."""
        if self._stopped.is_set():
            raise ToolkitError("stopped", f"cloud {self.cloud.name}", "run it again to go on")
        self._may_write()
        digest = "" if operation == "delete" else self.references.inputs_digest(kind, inputs)
        permit = Permit(operation, address, identifier, digest)
        if self._permits is not None:
            self._permits.demand(permit)
        return permit

    def _demand_unmoved(self, permit: Permit, kind: Kind, raw: Raw) -> None:
        """Refuse to change or delete what is no longer what the plan was made for."""
        if self._permits is None:
            return
        if not self._permits.unmoved(replace(permit, live=live_digest(kind, raw))):
            raise ToolkitError(
                f"{kind.name} {permit.identifier} ({permit.address}) has changed since the plan was made",
                f"cloud {self.cloud.name}",
                "plan again, and read what the plan says by then",
            )
