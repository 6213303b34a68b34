"""The small words of the inventory: identifiers, names, addresses, services, sizes, as checked types."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import AddressValueError, IPv4Address, IPv4Network, NetmaskValueError
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

ID_PATTERN = r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"
TIME_ZONE = "Asia/Shanghai"
"""The one in which the inventory's times of day are meant, and in which machines tell theirs."""
_SHELL = re.compile(r"[`$;|&<>'\"\\]")
_UNPRINTABLE = ("Cc", "Cf", "Zl", "Zp", "Cs", "Co", "Cn")
_SERVICE = re.compile(r"(tcp|udp)/([0-9]{1,5})(?:-([0-9]{1,5}))?|icmp")


class Protection(StrEnum):
    """What a segment or system is graded: MLPS (GB/T 22239-2019) levels, or a classified marking."""

    MLPS_1 = "mlps-1"
    MLPS_2 = "mlps-2"
    MLPS_3 = "mlps-3"
    MLPS_4 = "mlps-4"
    MLPS_5 = "mlps-5"
    SECRET = "secret"  # noqa: S105 -- 秘密, a marking, not a password
    """秘密"""
    CONFIDENTIAL = "confidential"
    """机密"""

    @property
    def classified(self) -> bool:
        """Whether this is a classified marking, under 分级保护 and not under MLPS."""
        return self in (Protection.SECRET, Protection.CONFIDENTIAL)


class Body(StrEnum):
    """The seven kinds of body that a city's units belong to."""

    PARTY_COMMITTEE = "party-committee"
    PEOPLES_CONGRESS = "peoples-congress"
    GOVERNMENT = "government"
    CPPCC = "cppcc"
    DISCIPLINE_INSPECTION = "discipline-inspection"
    COURT = "court"
    PROCURATORATE = "procuratorate"


@dataclass(frozen=True, order=True)
class Service:
    """A protocol and, for TCP and UDP, a range of ports, both ends included."""

    protocol: str
    first: int | None = None
    last: int | None = None

    def __str__(self) -> str:
        if self.first is None:
            return self.protocol
        ports = str(self.first) if self.first == self.last else f"{self.first}-{self.last}"
        return f"{self.protocol}/{ports}"


def fault(what: str, remedy: str) -> PydanticCustomError:
    """An error of a value, in words of ours, with its remedy."""
    return PydanticCustomError("govcloud", "{what}", {"what": what, "remedy": remedy})


def parse_service(text: str) -> Service | None:
    """`tcp/443`, `udp/10000-20000` or `icmp`; None when it is none of them."""
    match = _SERVICE.fullmatch(text)
    if not match:
        return None
    if text == "icmp":
        return Service("icmp")
    first = int(match[2])
    last = int(match[3] or first)
    return Service(match[1], first, last) if 0 < first <= last < 65536 else None


def _service(value: Any) -> Service:
    service = parse_service(value) if isinstance(value, str) else None
    if service is None:
        raise fault(f"`{value}` is no service", "write for example tcp/443, udp/10000-20000 or icmp")
    return service


def _identifier(value: Any) -> Any:
    if isinstance(value, str) and not re.fullmatch(ID_PATTERN, value):
        raise fault(
            f"{value!r} is no identifier",
            "use lower-case letters, digits and inner hyphens, at most 63; a Chinese name goes into name_zh",
        )
    return value


def _text(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if any(unicodedata.category(character) in _UNPRINTABLE for character in value):
        raise fault(f"{value!r} holds a newline or another control character", "write it on one line")
    if not value.strip() or len(value) > 300:
        raise fault("a text has 1 to 300 characters", "write one line that a person can read")
    return value


def _name(value: Any) -> Any:
    if not isinstance(_text(value), str):
        return value
    if found := _SHELL.search(value):
        raise fault(f"name {value!r} holds `{found[0]}`, which a shell would act on", "leave it out")
    if len(value) > 80:
        raise fault("a name has at most 80 characters", "write the name of the thing")
    return value


def _digits(value: str) -> None:
    wide = [character for character in value if character.isdigit() and not character.isascii()]
    if wide or any(character in "．／" for character in value):
        plain = unicodedata.normalize("NFKC", value)
        raise fault(f"address `{value}` is written with full-width characters", f"write {plain}")


def _network(value: Any) -> IPv4Network:
    if isinstance(value, IPv4Network):
        return value
    if not isinstance(value, str):
        raise fault(f"`{value}` is no IPv4 prefix", "write for example 10.36.4.0/24")
    _digits(value)
    try:
        return IPv4Network(value)
    except (AddressValueError, NetmaskValueError):
        raise fault(f"`{value}` is no IPv4 prefix", "write for example 10.36.4.0/24") from None
    except ValueError:
        base = IPv4Network(value, strict=False)
        raise fault(f"prefix `{value}` has host bits set", f"write {base}") from None


def _address(value: Any) -> IPv4Address:
    if isinstance(value, IPv4Address):
        return value
    refused = fault(f"`{value}` is no IPv4 address", "write for example 10.36.4.10")
    if not isinstance(value, str):
        raise refused
    _digits(value)
    try:
        return IPv4Address(value)
    except AddressValueError:
        raise refused from None


def _size(value: Any) -> int:
    match = re.fullmatch(r"([1-9][0-9]{0,6}) (MiB|GiB|TiB)", value) if isinstance(value, str) else None
    if match is None:
        raise fault(f"`{value}` is no size", "write a number and a unit: 512 MiB, 40 GiB, 2 TiB")
    return int(match[1]) * {"MiB": 1, "GiB": 1024, "TiB": 1024 * 1024}[match[2]]


def _duration(value: Any) -> int:
    match = re.fullmatch(r"([1-9][0-9]{0,4}) (s|min|h|d)", value) if isinstance(value, str) else None
    if match is None:
        raise fault(f"`{value}` is no duration", "write a number and a unit: 30 s, 5 min, 1 h, 2 d")
    return int(match[1]) * {"s": 1, "min": 60, "h": 3600, "d": 86400}[match[2]]


def _state_url(value: Any) -> Any:
    if not isinstance(value, str) or not re.fullmatch(r"(file|s3|postgres)://[!-~]{1,300}", value):
        raise fault(
            f"`{value}` is no place for state",
            "write s3://BUCKET/…, postgres://USER@HOST/DATABASE or file://…",
        )
    if re.match(r"[a-z0-9]+://[^/@]*:[^/@]*@|[^?]*\?(.*&)?(ssl)?password=", value):
        raise fault("the place of the state holds a password", "take it out; put it into a PGPASSFILE")
    return value


def _schema(**schema: Any) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", **schema})


Id = Annotated[str, BeforeValidator(_identifier), _schema(pattern=ID_PATTERN)]
NameZh = Annotated[str, BeforeValidator(_name), _schema(minLength=1, maxLength=80)]
Text = Annotated[str, BeforeValidator(_text), _schema(minLength=1, maxLength=300)]
"""One line that a person reads."""
RowId = Annotated[str, Field(pattern=r"^[A-Z][0-9]{1,2}$")]
Selector = Annotated[str, Field(pattern=r"^[A-Za-z0-9/*-]{1,150}$")]
"""Who is meant: `units/*`, `bodies/court`, `counties/xunyang`, `townships/xunyang/*`, `systems/portal`,
`machines/bastion`, `segments/management`, `internet`."""
Prefix = Annotated[IPv4Network, BeforeValidator(_network), _schema(format="ipv4network")]
Several = BeforeValidator(lambda value: [value] if isinstance(value, str) else value)
"""One word may stand for a list of one."""


def one_or_several() -> WithJsonSchema:
    """The schema of `Several`."""
    word = {"type": "string"}
    return WithJsonSchema({"anyOf": [word, {"type": "array", "items": word, "minItems": 1}]})


Address = Annotated[IPv4Address, BeforeValidator(_address), _schema(format="ipv4")]
ServiceWord = Annotated[
    Service, BeforeValidator(_service), _schema(pattern=r"^(tcp|udp)/[0-9]+(-[0-9]+)?$|^icmp$")
]
StateUrl = Annotated[str, BeforeValidator(_state_url), _schema(pattern=r"^(file|s3|postgres)://")]
Size = Annotated[int, BeforeValidator(_size), _schema(pattern=r"^[1-9][0-9]* (MiB|GiB|TiB)$")]
"""In MiB."""
Duration = Annotated[int, BeforeValidator(_duration), _schema(pattern=r"^[1-9][0-9]* (s|min|h|d)$")]
"""In seconds."""
