"""What a kind of resource is: data about its fields, and the little code that is really its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from govcloud.provider.cloud import Cloud
    from govcloud.provider.snapshot import Snapshot

Raw = dict[str, Any]
"""An object as the API returns it."""

Resolved = dict[str, Any]
"""A resource's fields with every reference replaced by the id it stands for."""


class Change(Enum):
    """What a changed field asks of the object."""

    UPDATE = "update"
    CREATE_FIRST = "replace, create first"
    DELETE_FIRST = "replace, delete first"

    @property
    def replaces(self) -> bool:
        """Whether the object has to make way for another."""
        return self is not Change.UPDATE


class Consequence(Enum):
    """What a change or deletion costs those who use the object, in rising order."""

    NONE = "none"
    INTERRUPTS = "interrupts"
    DESTROYS_DATA = "destroys data"


class Marker(Enum):
    """Where an object carries `site/stack/name#generation` from birth."""

    DESCRIPTION = "description"
    NAME = "name"
    PROPERTY = "property"
    METADATA = "metadata"
    NONE = "none"


@dataclass(frozen=True)
class Field:
    """One declared property of a kind.

    `api` is the name in the API's body where it differs; `refers_to` names the kinds whose address
    the value holds; `default` is what stands when the declaration says nothing (None: not compared);
    `write_only` values cannot be read back (passwords) and are compared with what was last written.
    """

    name: str
    api: str = ""
    refers_to: tuple[str, ...] = ()
    change: Change = Change.UPDATE
    costs: Consequence = Consequence.NONE
    required: bool = False
    default: Any = None
    order_matters: bool = False
    write_only: bool = False

    @property
    def key(self) -> str:
        """The field's name in the API's body."""
        return self.api or self.name


def required(name: str, **more: Any) -> Field:
    """A field that must be declared and whose change replaces the object, deletion first."""
    return Field(name, required=True, **{"change": Change.DELETE_FIRST, **more})


class Kind:
    """A kind of OpenStack resource. Subclasses are data; they override only what is their own."""

    name: ClassVar[str]
    service: ClassVar[str] = "network"
    path: ClassVar[str]
    """The collection's path, which also names its key in a list's answer."""
    singular: ClassVar[str] = ""
    fields: ClassVar[tuple[Field, ...]]
    marked_by: ClassVar[Marker] = Marker.DESCRIPTION
    natural_key: ClassVar[tuple[str, ...]] = ()
    """Fields that together admit one object: the identity of kinds that carry no marker."""
    exclusive: ClassVar[tuple[str, ...]] = ()
    """Fields that, where they are declared, let no second object stand beside the first: it goes before."""
    identity_field: ClassVar[str] = ""
    """The field that is the object's id: while it stays, who refers to the object sees no replacement."""
    delete_costs: ClassVar[Consequence] = Consequence.NONE
    part_of: ClassVar[tuple[str, ...]] = ()
    """Fields whose targets lose service with this object: a rule is part of its group."""
    repeatable: ClassVar[bool] = False
    """Whether creating twice is creating once: a create without an answer is then simply sent again."""
    update_method: ClassVar[str] = "PUT"
    marker_updatable: ClassVar[bool] = True
    listed: ClassVar[bool] = True
    """False where the API has no list call: each object is then asked for by its id."""
    ignored: ClassVar[Mapping[str, str]] = {}
    """Attributes the API can write that are deliberately not compared, with the reason."""

    def field(self, name: str) -> Field | None:
        """The field of that name."""
        return next((field for field in self.fields if field.name == name), None)

    @property
    def replacing(self) -> tuple[Field, ...]:
        """The fields whose change replaces the object."""
        return tuple(field for field in self.fields if field.change.replaces)

    @property
    def wrapper(self) -> str:
        """The key that wraps one object in requests and answers."""
        return self.singular or self.name

    # -- reading -----------------------------------------------------------------------------

    def list(self, snapshot: Snapshot) -> Sequence[Raw]:
        """Every object of this kind in the cloud, from the snapshot's complete lists."""
        return snapshot.collection(self.service, self.path)

    def read(self, cloud: Cloud, identifier: str) -> Raw | None:
        """One object, or None when the cloud says that it does not exist."""
        answer = cloud.get(self.service, f"{self.path}/{identifier}", absent_ok=True)
        return None if answer is None else dict(answer[self.wrapper])

    def identity(self, raw: Raw) -> str:
        """The object's id, as state and plan record it."""
        return str(raw["id"])

    def marker(self, raw: Raw) -> str:
        """The marker that the object carries; empty when it carries none."""
        return str(raw.get("description") or "") if self.marked_by is Marker.DESCRIPTION else ""

    def project(self, raw: Raw) -> Resolved:
        """The object's declared fields as the cloud has them, references as ids."""
        return {field.name: raw.get(field.key) for field in self.fields if not field.write_only}

    def owner(self, raw: Raw) -> str | None:
        """The id of the project that holds the object; None when no project does."""
        return raw.get("project_id") or raw.get("tenant_id")

    def unusable(self, raw: Raw) -> bool:
        """Whether an object that a killed run left is beyond use and must be made again."""
        return False

    def unfinished(self, raw: Raw) -> bool:
        """Whether the cloud is still making the object, so that not all of it can be told yet."""
        return False

    # -- changing ----------------------------------------------------------------------------

    def body(self, values: Resolved) -> Raw:
        """The API's body for these fields."""
        return {
            field.key: values[field.name]
            for field in self.fields
            if field.name in values and values[field.name] is not None
        }

    def nullable_body(self, values: Resolved) -> Raw:
        """The API's body for an update, where None clears."""
        return {field.key: values[field.name] for field in self.fields if field.name in values}

    def create(self, cloud: Cloud, values: Resolved, marker: str) -> Raw:
        """Create the object, marked in the same call where the API takes a marker."""
        body = self.body(values)
        if self.marked_by is Marker.DESCRIPTION:
            body["description"] = marker
        answer = cloud.post(self.service, self.path, {self.wrapper: body})
        return dict(answer[self.wrapper])

    def complete(self, cloud: Cloud, raw: Raw) -> None:
        """Finish what a killed run had begun on an object that is being adopted."""

    def update(self, cloud: Cloud, identifier: str, changed: Resolved, raw: Raw) -> None:
        """Bring the changed fields to their values; `raw` is the object as it stands."""
        body = self.nullable_body(changed)
        if "marker" in changed:
            body["description"] = changed["marker"]
        cloud.send(self.service, self.update_method, f"{self.path}/{identifier}", {self.wrapper: body})

    def delete(self, cloud: Cloud, identifier: str) -> None:
        """Delete the object; one that is gone already is no fault."""
        cloud.delete(self.service, f"{self.path}/{identifier}")
