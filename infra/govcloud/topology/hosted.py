"""Things of one plane beside the plane itself: segments, machines, systems, flows, conferences, imports."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, StrictBool, StrictInt, model_validator

from govcloud.topology.thing import Count, Lasting, Named, Part, Thing
from govcloud.topology.words import (
    Address,
    Duration,
    Id,
    NameZh,
    Prefix,
    Protection,
    Selector,
    Several,
    Text,
    fault,
    one_or_several,
)


class PlatformSegment(Lasting):
    """A segment of the platform itself, such as management or data (`<plane>/segments/<id>.yaml`)."""

    project: Id
    prefix: Annotated[Prefix | None, Field(description="Only where the address plan may not choose.")] = None
    protection: Protection | None = None
    monitors: Annotated[
        StrictBool, Field(description="Whether its machines may watch and reach every machine of the plane.")
    ] = False


class Reach(Part):
    """Who may reach a thing, on what, why, and by which approval."""

    sources: Annotated[tuple[Selector, ...], Several, Field(alias="from", min_length=1), one_or_several()]
    services: Annotated[tuple[Id, ...], Several, Field(alias="on", min_length=1), one_or_several()]
    because: Text
    approved: Id


class PlatformMachine(Lasting):
    """A machine of the platform itself (`<plane>/machines/<id>.yaml`)."""

    segment: Id
    role: Id
    configure: tuple[Id, ...] = ()
    flavor: Id | None = None
    placement: Id | None = None
    address: Address | None = None
    floating: Address | None = None
    serves: tuple[Id, ...] = ()
    reached_by: tuple[Reach, ...] = ()


class Override(Part):
    """What one system's component has otherwise than its blueprint."""

    flavor: Id | None = None
    placement: Id | None = None
    role: Id | None = None
    configure: tuple[Id, ...] | None = None
    floating: Address | None = None


class RunsToday(Part):
    """Where a system runs before it is moved to the platform."""

    host: Id
    since: Annotated[StrictInt, Field(ge=1980, le=2100)]


class Recovery(Part):
    """How much may be lost (RPO) and how long it may take (RTO)."""

    point: Duration
    time: Duration


class Dataset(Part):
    """A shared basic database or catalogue entry, and the unit that answers for its content."""

    id: Id
    name_zh: NameZh
    responsible: Id
    procedure: Text


class System(Lasting):
    """A department's or shared application (`<plane>/systems/<id>.yaml`)."""

    owner: Id
    blueprint: Id | None = None
    protection: Protection
    components: Annotated[
        dict[Id, Count | Text],
        Field(description="By component: how many machines, a shared machine's id, or a store's size."),
    ] = {}
    overrides: dict[Id, Override] = {}
    within: Annotated[
        Id | None, Field(description="The system it is a part of, without machines of its own.")
    ] = None
    depends_on: tuple[Id, ...] = ()
    reached_by: tuple[Reach, ...] = ()
    covers: Annotated[tuple[Selector, ...], Field(description="Whose business it carries out.")] = ()
    service_items: Annotated[
        tuple[Selector, ...], Field(description="Where it offers items of service to the public.")
    ] = ()
    datasets: tuple[Dataset, ...] = ()
    runs_today: RunsToday | None = None
    recovery: Recovery | None = None
    reviewed: Annotated[Id | None, Field(description="The technical review that allows it.")] = None
    declared_only: Annotated[Text | None, Field(description="Why it stays as it is.")] = None

    @model_validator(mode="after")
    def _hosted_is_whole(self) -> Self:
        if self.declared_only is not None:
            return self
        if (self.blueprint is None) == (self.within is None):
            raise fault(
                "a hosted system has a `blueprint`, or stands `within` another system",
                "name one of the two, or say why it is `declared_only`",
            )
        if self.reviewed is None:
            raise fault(
                "a hosted system needs the technical review that allows it",
                "name an approval in `reviewed`: no public money without a reviewed plan",
            )
        return self


class DeclaredFlow(Thing):
    """A flow that belongs to no single system (`<plane>/flows/<id>.yaml`)."""

    reach: Reach
    to: Annotated[Selector, Field(description="systems/<id>, systems/<id>/<component> or machines/<id>.")]


class Quality(Part):
    """What the network promises to media: a DSCP mark and a ceiling."""

    dscp: Annotated[StrictInt, Field(ge=0, le=56)]
    max_kbps: Annotated[StrictInt, Field(ge=64, le=10_000_000)]


class Bridges(Part):
    """The city's conference nodes, each the other's hot standby behind one shared address."""

    count: Count
    flavor: Id | None = None
    placement: Id | None = None
    quality: Quality


class Edges(Part):
    """One conference edge for each venue."""

    venues: tuple[Selector, ...]
    flavor: Id | None = None
    placement: Id | None = None
    quality: Quality


class Conference(Lasting):
    """Venues and bridges (`<plane>/conferences/<id>.yaml`)."""

    owner: Id
    project: Id
    pairs_with: Annotated[Id, Field(description="The existing system; each is the other's hot standby.")]
    bridges: Bridges
    edges: Edges
    signalling: tuple[Id, ...]
    media: tuple[Id, ...]
    upwards: Annotated[tuple[Named, ...], Field(description="Venues of the province.")] = ()
    reviewed: Id


class Import(Thing):
    """Data carried one way from another plane by hand: declared, never a network resource."""

    from_plane: Id
    medium: Text
    procedure: Text
    what: Text
    approved: Id


class Website(Thing):
    """One site of the website group (`<plane>/websites/<id>.yaml`)."""

    of: Annotated[
        Selector, Field(description="counties/<id>, units/<id>, or `site` for the portal at the head.")
    ]
    hosted_by: Id
    domain: Annotated[str, Field(pattern=r"^[a-z0-9.-]{3,100}$")]


class Adoption(Thing):
    """An object that was in the cloud before us and becomes ours (`<plane>/adoptions/<id>.yaml`)."""

    resource: Annotated[
        str,
        Field(
            pattern=r"^[a-z0-9-]+/[a-z0-9-]+$",
            description="The resource that it becomes: <stack>/<name>, as `govcloud stacks` lists it.",
        ),
    ]
    existing: Annotated[
        str, Field(pattern=r"^[A-Za-z0-9/._-]{1,200}$", description="The object's id in the plane's cloud.")
    ]
    because: Text


class Approval(Thing):
    """A technical review, or a permission for flows (`<plane>/approvals/<id>.yaml`)."""

    kind: Literal["technical-review", "permission"]
    by: Id
    on: Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]


__all__ = [
    "Adoption",
    "Approval",
    "Conference",
    "Dataset",
    "DeclaredFlow",
    "Import",
    "Override",
    "PlatformMachine",
    "PlatformSegment",
    "Reach",
    "RunsToday",
    "System",
    "Website",
]
