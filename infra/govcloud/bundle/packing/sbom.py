"""The bill of materials: CycloneDX 1.6 as JSON, one component for each thing that others have made."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import PurePosixPath

from cyclonedx.model import HashAlgorithm, HashType, Property
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL
from packaging.utils import parse_wheel_filename

from govcloud.bundle.contents import PULUMI, Member
from govcloud.bundle.packing.debian import SUITE, DebianPackage

_PULUMI_MODULE = ("github.com/pulumi/pulumi/pkg", "v3")
_SPACE = uuid.UUID("6f0f3c5e-0a53-5ba1-9ad2-0f5e3ac1b7d4")
"""Where the serial numbers come from: the same bundle has the same one."""


def bill_of_materials(
    site: str,
    version: str,
    pulumi: str,
    created: datetime,
    members: Iterable[Member],
    packages: Iterable[DebianPackage],
) -> str:
    """The SBOM of a bundle with these members, as JSON."""
    members = tuple(members)
    root = Component(
        name=f"govcloud-bundle-{site}", version=version, type=ComponentType.APPLICATION, bom_ref="bundle"
    )
    bom = Bom(serial_number=uuid.uuid5(_SPACE, "\n".join(f"{m.name} {m.sha256}" for m in members)))
    bom.metadata.timestamp = created
    bom.metadata.component = root
    bom.components.update(_components(members, {f"debian/{p.file}": p for p in packages}, pulumi))
    bom.register_dependency(root, bom.components)
    return JsonV1Dot6(bom).output_as_string(indent=1) + "\n"


def _components(
    members: Iterable[Member], packages: dict[str, DebianPackage], pulumi: str
) -> Iterator[Component]:
    for member in members:
        if member.name.endswith(".whl"):
            yield _wheel(member)
        elif member.name in packages:
            yield _debian(member, packages[member.name])
        elif member.name == PULUMI:
            url = PackageURL("golang", _PULUMI_MODULE[0], _PULUMI_MODULE[1], f"v{pulumi}")
            yield _component(member, "pulumi", pulumi, url, ComponentType.APPLICATION)
        elif member.name.startswith("images/"):
            name = re.sub(r"^[0-9a-f]+-", "", PurePosixPath(member.name).stem)
            yield _component(member, name, member.sha256[:16], None, ComponentType.OPERATING_SYSTEM)


def _wheel(member: Member) -> Component:
    name, version, _, _ = parse_wheel_filename(PurePosixPath(member.name).name)
    return _component(member, name, str(version), PackageURL("pypi", None, name, str(version)))


def _debian(member: Member, package: DebianPackage) -> Component:
    qualifiers = {"arch": package.architecture, "distro": SUITE}
    url = PackageURL("deb", "debian", package.name, package.version, qualifiers)
    return _component(member, package.name, package.version, url)


def _component(
    member: Member,
    name: str,
    version: str,
    url: PackageURL | None,
    kind: ComponentType = ComponentType.LIBRARY,
) -> Component:
    return Component(
        name=name,
        version=version,
        type=kind,
        bom_ref=member.name,
        purl=url,
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=member.sha256)],
        properties=[Property(name="govcloud:member", value=member.name)],
    )
