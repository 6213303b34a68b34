"""What is common to all planes of a site and says nothing of any: rosters, blueprints, requirements."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, StrictBool, model_validator

from govcloud.topology.thing import Lasting, Named, Part, Thing
from govcloud.topology.words import Body, Id, NameZh, RowId, ServiceWord, Text, fault


class Secrets(Part):
    """Where a plane's secrets come from: a file in the plane's working directory, or a command's output."""

    file: Annotated[str | None, Field(pattern=r"^[A-Za-z0-9._-]+$")] = None
    command: tuple[Text, ...] | None = None

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.file is None) == (self.command is None):
            raise fault("secrets need exactly one of `file` and `command`", "keep one of the two")
        return self


class Site(Thing):
    """A city: what is common to all its planes (`site.yaml`)."""

    province: Named
    levels: tuple[Named, ...]
    secrets: Secrets
    services: Annotated[
        dict[Id, ServiceWord], Field(description="Names for services, such as https: tcp/443.")
    ]


class Unit(Lasting):
    """A municipal unit, of one of the seven kinds of body (`units/<id>.yaml`)."""

    body: Body


class County(Lasting):
    """A county, county-level city, district or area, with its townships (`counties/<id>.yaml`)."""

    kind: Literal["county", "county-level-city", "district", "area"]
    code: Annotated[
        str | None, Field(pattern=r"^[0-9]{6}$", description="National code (GB/T 2260), quoted.")
    ] = None
    townships: tuple[Named, ...] = ()

    @property
    def key(self) -> str:
        """What names the county's stack: its national code, or its first id where it has none."""
        return self.code or (self.id, *self.moved_from)[-1]


class Component(Part):
    """One component of a blueprint: a role that machines of its own fill, or a service or store it needs."""

    kind: Literal["machines", "shared", "store"] = "machines"
    role: Id | None = None
    configure: tuple[Id, ...] = ()
    flavor: Id | None = None
    serves: tuple[Id, ...] = ()
    needs: Annotated[
        tuple[Id, ...], Field(description="Components of the same system that this one opens.")
    ] = ()

    @model_validator(mode="after")
    def _machines_have_roles(self) -> Self:
        if self.kind == "machines" and self.role is None:
            raise fault("a component with machines needs a `role`", "name the role its machines have")
        return self


class Blueprint(Thing):
    """How a kind of system is built (`blueprints/<id>.yaml`)."""

    zone: Literal["dmz", "application", "management"] = "application"
    exchanges: Annotated[
        StrictBool, Field(description="Systems that depend on one of these share their information.")
    ] = False
    components: dict[Id, Component]


class Requirement(Part):
    """One row of the requirements that the site answers to."""

    id: RowId
    title: Text
    title_zh: NameZh


class Requirements(Part):
    """The rows that `source` may name (`requirements.yaml`)."""

    rows: tuple[Requirement, ...]


class Target(Part):
    """An indicator's bar, in per cent."""

    id: Id
    name_zh: NameZh
    bar: Annotated[int, Field(ge=0, le=100)]


class Indicators(Part):
    """The bars of the site's indicators (`indicators.yaml`); their values are computed, never typed in."""

    source: tuple[RowId, ...] = ()
    targets: tuple[Target, ...]


__all__ = [
    "Blueprint",
    "Component",
    "County",
    "Indicators",
    "Requirement",
    "Requirements",
    "Secrets",
    "Site",
    "Target",
    "Unit",
]
