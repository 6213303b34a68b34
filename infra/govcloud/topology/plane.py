"""A plane: a physically isolated network, with a cloud, an address space and keys of its own."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import Annotated, Literal, Self

from pydantic import Field, StrictBool, StrictInt, model_validator

from govcloud.topology.moving import MovingRules
from govcloud.topology.thing import Count, Named, Part, Positive, Thing
from govcloud.topology.words import (
    Address,
    Id,
    NameZh,
    Prefix,
    Protection,
    Selector,
    Size,
    StateUrl,
    Text,
    fault,
)

LevelName = Literal["platform", "systems", "city", "county"]


class Level(Part):
    """One level's part of the plane's address space.

    `segment` is the prefix length of one segment; `summary`, where the level has one, that of the block that
    one router announces: a county with its townships, or as many city units as fit.
    """

    pool: Prefix
    segment: Annotated[StrictInt, Field(ge=16, le=29)]
    summary: Annotated[StrictInt | None, Field(ge=8, le=28)] = None

    @model_validator(mode="after")
    def _nested(self) -> Self:
        lengths = [self.pool.prefixlen, *([self.summary] if self.summary is not None else []), self.segment]
        if lengths != sorted(lengths):
            shown = ", ".join(f"/{length}" for length in lengths)
            raise fault(
                f"the lengths of pool, summary and segment do not nest: {shown}",
                "make the pool the shortest and the segment the longest",
            )
        return self


class AddressSpace(Part):
    """The plane's address tree: space, backbone, and a pool per level, none overlapping another."""

    space: Prefix
    backbone: Prefix
    platform: Level
    systems: Level
    city: Level
    county: Level

    def levels(self) -> dict[LevelName, Level]:
        """The levels by name, in the order in which addresses are allocated."""
        return {"platform": self.platform, "systems": self.systems, "city": self.city, "county": self.county}

    @model_validator(mode="after")
    def _summaries(self) -> Self:
        for name in ("city", "county"):
            if self.levels()[name].summary is None:
                raise fault(f"level {name} has no `summary`", "name the length of one router's block")
        return self

    def pools(self) -> dict[str, IPv4Network]:
        """The backbone's prefix and every level's pool, by name."""
        return {"backbone": self.backbone, **{name: level.pool for name, level in self.levels().items()}}


class External(Part):
    """The provider network through which the plane is entered, and left where it has an egress."""

    name_zh: NameZh
    physical_network: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,60}$")]
    prefix: Prefix
    gateway: Address
    router: Address
    first: Address
    last: Address


class Access(Part):
    """Where operators come from; they enter through the bastion and nothing else."""

    name_zh: NameZh
    operators: tuple[Prefix, ...]


class Placement(Part):
    """Where machines are put: a room, or a part of it, as one availability zone of the cloud."""

    id: Id
    name_zh: NameZh
    zone: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,60}$")]
    runs: Annotated[StrictBool, Field(description="Whether machines here really run and are configured.")]
    source: tuple[str, ...] = ()


class Flavor(Part):
    """A machine size of the plane's cloud."""

    id: Id
    vcpus: Count
    ram: Size
    disk: Size
    extra_specs: dict[str, str] = {}


class Image(Part):
    """The image that machines start from; `source` is the name of an image file known to the site."""

    id: Id
    source: Id
    disk_format: Literal["raw", "qcow2"] = "raw"
    min_ram: Size
    min_disk: Size
    properties: dict[str, str] = {}


class Account(Part):
    """An account of the plane's cloud, for one of the separated duties (三员)."""

    id: Id
    name_zh: NameZh
    duty: Literal["system-administrator", "security-administrator", "security-auditor"]
    project: Id
    role: Annotated[str, Field(pattern=r"^[a-z_-]{1,60}$")]


class Quota(Part):
    """What a project may hold at most; what is left out keeps the cloud's default."""

    cores: Positive | None = None
    instances: Positive | None = None
    ram: Size | None = None
    network: Positive | None = None
    port: Positive | None = None
    floatingip: Positive | None = None


class ChangeControl(Part):
    """How changes of the plane are approved: by how many others than their author, and for how long."""

    signatures: Annotated[StrictInt, Field(ge=0, le=5)] = 0
    plans_last: Annotated[StrictInt, Field(ge=1, le=90, description="Days until a plan expires.")] = 7


class Compute(Part):
    """What the plane's machines are made from."""

    placements: tuple[Placement, ...]
    default_placement: Id
    flavors: tuple[Flavor, ...]
    default_flavor: Id
    image: Image

    def placement(self, name: str | None) -> Placement | None:
        """The placement of that id, the default for None; None when there is none of it."""
        wanted = name or self.default_placement
        return next((placement for placement in self.placements if placement.id == wanted), None)


class Plane(Thing):
    """A plane (`<plane>/plane.yaml`)."""

    grading: Annotated[
        Literal["mlps", "classified"], Field(description="等级保护 (mlps) or 分级保护 (classified).")
    ]
    protection: Annotated[Protection, Field(description="What segments are graded when they do not say.")]
    provisioned: StrictBool = True
    because: Annotated[Text | None, Field(description="Why a plane is declared only.")] = None
    cloud: Annotated[Id | None, Field(description="Its entry in clouds.yaml.")] = None
    members: tuple[Selector, ...]
    addresses: AddressSpace
    external: External | None = None
    access: Access | None = None
    projects: tuple[Named, ...] = ()
    backbone_project: Id | None = None
    compute: Compute | None = None
    accounts: tuple[Account, ...] = ()
    change_control: ChangeControl = ChangeControl()
    migration: Annotated[MovingRules, Field(description="What moves onto the platform keep.")] = MovingRules()
    state: Annotated[
        StateUrl | None,
        Field(description="Where the state lies, if not in the work directory: s3://… or postgres://…"),
    ] = None
    quotas: Annotated[
        dict[Id, Quota], Field(description="By project: a unit, county or platform project.")
    ] = {}

    @model_validator(mode="after")
    def _provisioned_is_whole(self) -> Self:
        if not self.provisioned:
            if self.because is None:
                raise fault("a plane that is declared only says why", "add `because`")
            return self
        for name in ("cloud", "external", "access", "backbone_project", "compute"):
            if getattr(self, name) is None:
                raise fault(
                    f"a provisioned plane needs `{name}`", f"declare `{name}`, or set `provisioned: false`"
                )
        return self


class Egress(Thing):
    """The one way from the plane to the internet (`<plane>/egress/<id>.yaml`)."""

    snat: StrictBool = True
    approved: Id
