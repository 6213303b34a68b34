"""What a bundle says of itself: for which site and machine it is, and every member with its size and SHA-256.

The manifest's text follows from what it says, byte for byte, so that no two texts say the same.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from govcloud.errors import ToolkitError

FORMAT = 1
NAMESPACE = "govcloud-bundle"
"""What signatures over bundles are made for; the allowed signers may name it."""
MANIFEST = "manifest.json"
SBOM = "sbom.cdx.json"
REQUIREMENTS = "wheels/requirements.txt"
PULUMI = "pulumi/bin/pulumi"
TOPS = (SBOM, "wheels", "pulumi", "images", "debian", "roles", "inventories", "schema", "docs")
"""What may lie at the top; what an installation adds beside them can therefore never be a member."""
NAME_LIMIT = 200
"""Characters; names of wheels are long."""
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+~@=-]*(/[A-Za-z0-9_][A-Za-z0-9_.+~@=-]*)*")
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
REMEDY = "take the archive as `govcloud bundle create` wrote it; if it is that, make it anew"


@dataclass(frozen=True)
class Member:
    """A file of the bundle: its path with `/`, its bytes' number and SHA-256."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Image:
    """The image file that a plane's machines start from: `source` is what the plane's inventory calls it."""

    plane: str
    source: str
    member: str


@dataclass(frozen=True)
class Manifest:
    """All that a bundle says of itself; `python` is a tag like `cp311`, `machine` what `uname -m` says."""

    site: str
    planes: tuple[str, ...]
    machine: str
    python: str
    created: str
    version: str
    pulumi: str
    images: tuple[Image, ...]
    members: tuple[Member, ...]

    @property
    def text(self) -> bytes:
        """The one text of this manifest: JSON, which signatures are made over."""
        document = {"format": FORMAT, **asdict(self)}
        return (json.dumps(document, ensure_ascii=True, indent=1, sort_keys=True) + "\n").encode()

    @property
    def digest(self) -> str:
        """SHA-256 of the manifest: the bundle's name among all others."""
        return hashlib.sha256(self.text).hexdigest()

    @property
    def size(self) -> int:
        """Bytes of all members."""
        return sum(member.size for member in self.members)

    def below(self, top: str) -> tuple[Member, ...]:
        """The members below a folder at the top."""
        return tuple(member for member in self.members if member.name.startswith(f"{top}/"))


def read_manifest(text: bytes, where: str) -> Manifest:
    """The manifest in a text that has been signed; ToolkitError where it is none, or not in its one form."""
    try:
        document = json.loads(text)
        if document["format"] != FORMAT:
            raise _fault(f"it is of format {document['format']!r:.20}, this govcloud knows {FORMAT}", where)
        manifest = _manifest(document, where)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _fault(f"its manifest cannot be read: {error!r:.120}", where) from error
    if manifest.text != text:
        raise _fault("its manifest is not in the form in which manifests are written", where)
    return manifest


def refused_name(name: str) -> str | None:
    """Why a member may not bear this name; None when it may."""
    if name.startswith("/"):
        return "it is absolute"
    if ".." in name.split("/"):
        return "it leads out of the folder"
    if not name.isascii() or len(name) > NAME_LIMIT or not _NAME.fullmatch(name):
        return f"it is not a plain path of at most {NAME_LIMIT} characters"
    return None if name.split("/")[0] in TOPS else "nothing of that kind belongs into a bundle"


def _manifest(document: Mapping[str, Any], where: str) -> Manifest:
    datetime.fromisoformat(_string(document["created"]))
    members = tuple(_member(item, where) for item in document["members"])
    _demand_apart(members, where)
    names = {member.name for member in members}
    images = tuple(_image(item, names, where) for item in document["images"])
    words = {name: _word(document[name]) for name in ("site", "machine", "python", "version", "pulumi")}
    planes = tuple(_word(plane) for plane in document["planes"])
    for needed in (SBOM, REQUIREMENTS, PULUMI):
        if needed not in names:
            raise _fault(f"its manifest has no {needed}", where)
    return Manifest(created=document["created"], planes=planes, images=images, members=members, **words)


def _member(item: Mapping[str, Any], where: str) -> Member:
    name, size, digest = _string(item["name"]), item["size"], _string(item["sha256"])
    if why := refused_name(name):
        raise _fault(f"its manifest names {name!r:.120}: {why}", where)
    if type(size) is not int or size < 0 or not _SHA256.fullmatch(digest):
        raise _fault(f"its manifest gives no size and SHA-256 for {name}", where)
    return Member(name, size, digest)


def _demand_apart(members: tuple[Member, ...], where: str) -> None:
    """No name twice, and none that is a folder of another."""
    names: set[str] = set()
    for member in members:
        if member.name in names:
            raise _fault(f"its manifest names {member.name} twice", where)
        names.add(member.name)
    for name in names:
        parts = name.split("/")
        for length in range(1, len(parts)):
            if (above := "/".join(parts[:length])) in names:
                raise _fault(f"its manifest names {above} as a file and as a folder", where)


def _image(item: Mapping[str, Any], names: set[str], where: str) -> Image:
    image = Image(_word(item["plane"]), _word(item["source"]), _string(item["member"]))
    if image.member not in names:
        raise _fault(f"the image of plane {image.plane} is not among its members", where)
    return image


def _string(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r:.40} is no text")
    return value


def _word(value: Any) -> str:
    if not _WORD.fullmatch(_string(value)):
        raise ValueError(f"{value!r:.80} is no plain word")
    return str(value)


def _fault(what: str, where: str) -> ToolkitError:
    return ToolkitError(what, where, REMEDY)
