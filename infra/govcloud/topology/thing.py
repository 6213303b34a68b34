"""What every declared thing has in common: an id, a Chinese name, the rows it stands for, and its place."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, StrictInt

from govcloud.errors import Where
from govcloud.topology.document import Document
from govcloud.topology.words import Id, NameZh, RowId, Several, one_or_several


class Part(BaseModel):
    """A part of a thing: frozen, with no key but the declared ones."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Thing(Part):
    """A thing of its own, in a file of its own."""

    id: Id
    name_zh: NameZh
    source: Annotated[
        tuple[RowId, ...], Field(description="Rows of the site's requirements this thing stands for.")
    ] = ()
    _document: Document | None = PrivateAttr(default=None)

    def where(self, *path: str | int) -> Where:
        """The file and line of a value in this thing."""
        if self._document is None:
            raise LookupError(f"{self.id} was not read from a file")
        return self._document.where(*path)

    def bind(self, document: Document) -> None:
        """Remember the file this thing was read from."""
        self._document = document


class Lasting(Thing):
    """A thing that stands in a cloud, and so is not renamed or removed by rewriting a file alone."""

    moved_from: Annotated[
        tuple[Id, ...],
        Several,
        Field(description="Ids that it had, the newest first: renamed, not made anew. Leave them in place."),
        one_or_several(),
    ] = ()
    retire: Annotated[
        Literal[True, "rebuild"] | None,
        Field(
            description="true: it is to go, and its data with it. rebuild: its data may go where a change "
            "asks for another object."
        ),
    ] = None


class Named(Part):
    """Something that has no more than an id and a Chinese name."""

    id: Id
    name_zh: NameZh


Count = Annotated[StrictInt, Field(ge=1, le=64)]
Positive = Annotated[StrictInt, Field(ge=1, le=10_000_000)]
