"""What is moved onto the platform: hosts of today, moves, and the rules that a plane's moves keep."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, StrictBool, StrictInt, WithJsonSchema, model_validator

from govcloud.topology.thing import Count, Part, Thing
from govcloud.topology.words import (
    Address,
    Duration,
    Id,
    Selector,
    Several,
    Size,
    Text,
    fault,
    one_or_several,
)

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
Engine = Literal["postgresql", "mariadb"]
"""MySQL is moved as MariaDB is."""


def _day(value: Any) -> Any:
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise fault(f"`{value}` is no day", "write for example 2026-12-31") from None


def _minute(value: Any) -> Any:
    if (
        not isinstance(value, str)
        or len(value) != 5
        or value[2] != ":"
        or not value.replace(":", "").isdecimal()
    ):
        raise fault(f"`{value}` is no time of day", 'write for example "22:00", with the quotes')
    hour, minute = int(value[:2]), int(value[3:])
    if hour > 23 or minute > 59:
        raise fault(f"`{value}` is no time of day", 'write for example "22:00", with the quotes')
    return hour * 60 + minute


Day = Annotated[date, BeforeValidator(_day), WithJsonSchema({"type": "string", "format": "date"})]
Minute = Annotated[
    int, BeforeValidator(_minute), WithJsonSchema({"type": "string", "pattern": r"^[0-2][0-9]:[0-5][0-9]$"})
]
"""A time of day of the site, in minutes from midnight."""
Path_ = Annotated[str, Field(pattern=r"^/([^/\x00-\x1f]+/?)+$", max_length=1000)]
Key = Annotated[str, Field(pattern=r"^(ssh-ed25519|ecdsa-sha2-nistp256|ssh-rsa) [A-Za-z0-9+/=]{40,1000}$")]

Account = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_$-]{0,62}$")]


class Login(Part):
    """How a host is entered: by the operator's key, and through a machine of the plane where one is named."""

    user: Annotated[str, Field(pattern=r"^[a-z_][a-z0-9_-]{0,31}$")]
    port: Annotated[StrictInt, Field(ge=1, le=65535)] = 22
    via: Annotated[Id | None, Field(description="The plane's machine that leads there.")] = None
    host_keys: Annotated[
        tuple[Key, ...],
        Several,
        Field(min_length=1, description="Public host keys, read at the host itself: they are checked."),
        one_or_several(),
    ]


class LegacyHost(Thing):
    """A server on which systems run today (`<plane>/hosts/<id>.yaml`)."""

    owner: Id
    address: Address
    login: Login
    transfer_ports: Annotated[
        tuple[Annotated[StrictInt, Field(ge=1024, le=65535)], ...],
        Field(
            description="TCP ports at which the platform's machines fetch its files directly, a tree at each;"
            " without any, files go through whoever runs the move."
        ),
    ] = ()


class Window(Part):
    """When a system may be cut over: on these days, from this time to that one, past midnight if need be."""

    days: Annotated[tuple[Weekday, ...], Several, Field(min_length=1), one_or_several()]
    begins: Annotated[Minute, Field(alias="from")]
    ends: Annotated[Minute, Field(alias="to")]

    @property
    def seconds(self) -> int:
        """How long it lasts."""
        return ((self.ends - self.begins) % (24 * 60) or 24 * 60) * 60


class Blackout(Part):
    """Days, both included, on which nothing is cut over: for everybody, or for systems of these owners."""

    first: Annotated[Day, Field(alias="from")]
    last: Annotated[Day, Field(alias="to")]
    because: Text
    owners: Annotated[tuple[Selector, ...], Several, Field(alias="for"), one_or_several()] = ()

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.last < self.first:
            raise fault(f"it ends on {self.last}, before it begins", "write its first day in `from`")
        return self


class MovingRules(Part):
    """What every move of a plane keeps (`migration` in `plane.yaml`)."""

    blackouts: tuple[Blackout, ...] = ()
    at_once: Annotated[Count, Field(description="How many systems are cut over in one window.")] = 1
    rehearsal_lasts: Annotated[Duration, Field(description="How old a rehearsal may be at the cutover.")] = (
        14 * 86400
    )
    return_within: Annotated[Duration, Field(description="For how long a move can be taken back.")] = (
        3 * 86400
    )
    signatures: Annotated[
        StrictInt, Field(ge=1, le=5, description="How many sign at the point of no return.")
    ] = 2
    rate: Annotated[
        Size | None, Field(description="What copying may take in a second; as fast as it goes without.")
    ] = None
    journal: Annotated[
        str | None,
        Field(
            pattern=r"^postgres(ql)?://[^/@:]+@[!-~]+$",
            description="The PostgreSQL that several workers share, without its password; else a file.",
        ),
    ] = None

    @property
    def bytes_per_second(self) -> int | None:
        """What copying may take; None without a limit."""
        return None if self.rate is None else self.rate * 1024 * 1024


class MovedDatabase(Part):
    """A database of the host, and the component of the system that takes it in."""

    engine: Engine
    name: Annotated[str, Field(min_length=1, max_length=63)]
    port: Annotated[StrictInt | None, Field(ge=1, le=65535)] = None
    component: Id = "database"
    logins: Annotated[
        tuple[Account, ...],
        Several,
        Field(description="Accounts by which the system uses it; without, the one of its own name."),
        one_or_several(),
    ] = ()

    @property
    def accounts(self) -> tuple[str, ...]:
        """The accounts that are let in on the platform, from the system's own machines."""
        return self.logins or (self.name,)


class MovedFiles(Part):
    """A directory of the host, and the component of the system that takes it in."""

    path: Path_
    component: Id = "files"
    without: Annotated[tuple[Text, ...], Field(description="Patterns of what stays behind.")] = ()


class Rewrite(Part):
    """A text in a file of the host, and what it becomes on the platform."""

    where: Annotated[Path_, Field(alias="in", description="A file of `configuration`, or the unit's.")]
    found: Annotated[str, Field(alias="from", min_length=1, max_length=1000)]
    becomes: Annotated[
        str,
        Field(
            alias="to",
            max_length=1000,
            description="May hold {database.host}, {database.port}, {database.name} and {system}.",
        ),
    ]


class MovedSite(Part):
    """A web site of the host, by its domain, and the component of the system that takes it in.

    Its virtual host comes along with its certificates; directories that have moved are found under their new
    names in all that comes.
    """

    domain: Annotated[str, Field(pattern=r"^[a-z0-9.-]{3,100}$")]
    component: Id = "web"
    unit: Annotated[
        str | None,
        Field(pattern=r"^[A-Za-z0-9:_.@-]{1,200}\.service$", description="The service behind it."),
    ] = None
    content: Annotated[tuple[Path_, ...], Field(description="Directories that it is served from.")] = ()
    configuration: Annotated[tuple[Path_, ...], Field(description="Files of settings, one by one.")] = ()
    rewrites: tuple[Rewrite, ...] = ()

    @model_validator(mode="after")
    def _rewrites_what_comes(self) -> Self:
        units = () if self.unit is None else (f"/{self.unit}",)
        for one in self.rewrites:
            if one.where not in self.configuration and not one.where.endswith(units):
                raise fault(
                    f"it rewrites {one.where}, which does not come along",
                    "name the file in `configuration`, or the unit's own file",
                )
        return self


class Accepted(Part):
    """Something that cannot be moved as it is, by its name in the assessment, and why it may stay."""

    what: Text
    because: Text


class Move(Thing):
    """The move of one system from the host on which it runs today (`<plane>/moves/<id>.yaml`)."""

    system: Id
    databases: tuple[MovedDatabase, ...] = ()
    files: tuple[MovedFiles, ...] = ()
    sites: tuple[MovedSite, ...] = ()
    whole_machine: Annotated[
        StrictBool, Field(description="Move the machine as it is, where its parts cannot be moved.")
    ] = False
    window: Window
    downtime: Annotated[Duration, Field(description="For how long its people may be unable to write.")]
    not_before: Day | None = None
    accepted: tuple[Accepted, ...] = ()
    reviewed: Id

    @model_validator(mode="after")
    def _moves_something(self) -> Self:
        parts = [*self.databases, *self.files, *self.sites]
        if bool(parts) == self.whole_machine:
            raise fault(
                "it moves either parts or the whole machine",
                "name `databases`, `files` and `sites`, or say `whole_machine: true`",
            )
        if self.downtime > self.window.seconds:
            raise fault(
                f"its window lasts {self.window.seconds} s, and its downtime may last {self.downtime} s",
                "make the window longer, or the downtime shorter",
            )
        return self


def database_name(move: Move, moved: MovedDatabase) -> str:
    """The name under which a moved database stands on the platform.

    The only one bears the system's name, as the platform's own databases do.
    """
    name = move.system.replace("-", "_")
    return name if len(move.databases) == 1 else f"{name}_{moved.name}"[:63]


__all__ = [
    "Accepted",
    "Blackout",
    "LegacyHost",
    "Login",
    "Move",
    "MovedDatabase",
    "MovedFiles",
    "MovedSite",
    "MovingRules",
    "Rewrite",
    "Window",
    "database_name",
]
