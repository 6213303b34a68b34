"""Making a bundle on a connected machine: gather, write down, sign, write out."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import BinaryIO

from govcloud.bundle.archive import CHUNK, Writer
from govcloud.bundle.contents import (
    MANIFEST,
    NAMESPACE,
    PULUMI,
    REQUIREMENTS,
    SBOM,
    Image,
    Manifest,
    Member,
    refused_name,
)
from govcloud.bundle.fitting import Target, base_python, target_of
from govcloud.bundle.packing.debian import DebianPackage, repository
from govcloud.bundle.packing.images import Offered, offered_images
from govcloud.bundle.packing.installer import write_installer
from govcloud.bundle.packing.project import checkout, inventory_files, own_wheel, project_files
from govcloud.bundle.packing.sbom import bill_of_materials
from govcloud.bundle.packing.wheels import pins, wheels
from govcloud.bundle.verifying import signature_name
from govcloud.engine import Site
from govcloud.errors import ToolkitError
from govcloud.evidence import sign
from govcloud.progress import Progress
from govcloud.toolchain import VERSION, find_pulumi
from govcloud.topology import Topology


@dataclass(frozen=True)
class Created:
    """A bundle's archive, the program that installs it where nothing is yet, and what it says of itself."""

    archive: Path
    installer: Path
    manifest: Manifest


@dataclass(frozen=True)
class _Gathered:
    """Files by the names that they bear in the bundle, and what is known of some."""

    target: Target
    files: dict[str, Path]
    packages: tuple[DebianPackage, ...]
    images: tuple[Offered, ...]


def create(
    site: Site, output: Path | None, keys: Sequence[Path], now: datetime, progress: Progress
) -> Created:
    """Write an archive, signed with each key, and its installer beside it.

    `output` None names it after site, Python and machine. A ToolkitError leaves what was there before.
    """
    with tempfile.TemporaryDirectory(prefix="govcloud-bundle-") as directory:
        gathered = _gather(site, checkout(), Path(directory), progress)
        manifest = _manifest(site.topology, gathered, Path(directory), now, progress)
        archive = output or Path(f"govcloud-{manifest.site}-{manifest.python}-{manifest.machine}.tar")
        _write(archive, manifest, gathered.files, keys, progress)
    return Created(archive, write_installer(archive, keys), manifest)


def _gather(site: Site, root: Path, aside: Path, progress: Progress) -> _Gathered:
    """Everything at hand: what is not yet in the cache is downloaded or built now."""
    topology = site.topology  # an inventory with faults is told before anything is downloaded
    target = target_of(base_python())
    pulumi = find_pulumi(progress).binary.resolve()
    with _step(progress, "Python packages"):
        found = [*wheels(root, target), own_wheel(root, aside)]
        (aside / "requirements.txt").write_text(pins(found), encoding="utf-8")
    with _step(progress, "Debian packages"):
        debian = repository()
    with _step(progress, "guest images"):
        images = tuple(offered_images(site))
    files = {
        REQUIREMENTS: aside / "requirements.txt",
        PULUMI: pulumi,
        **{f"wheels/{wheel.name}": wheel for wheel in found},
        **{f"debian/{path.name}": path for path in debian.folder.iterdir()},
        **{image.member: image.file for image in images},
        **dict(project_files(root)),
        **dict(inventory_files(site.inventory, topology.site.id, tuple(topology.planes))),
    }
    return _Gathered(target, files, debian.packages, images)


def _manifest(
    topology: Topology, gathered: _Gathered, aside: Path, now: datetime, progress: Progress
) -> Manifest:
    """The manifest of what was gathered; the bill of materials is made for it and gathered too."""
    site, own, created = topology.site.id, version("govcloud"), now.astimezone(UTC).replace(microsecond=0)
    members = _members(gathered.files, progress)
    text = bill_of_materials(site, own, VERSION, created, members, gathered.packages)
    gathered.files[SBOM] = bill = aside / SBOM
    bill.write_text(text, encoding="utf-8")
    return Manifest(
        site=site,
        planes=tuple(topology.planes),
        machine=gathered.target.machine,
        python=gathered.target.python,
        created=created.isoformat(),
        version=own,
        pulumi=VERSION,
        images=tuple(Image(image.plane, image.source, image.member) for image in gathered.images),
        members=(_member(SBOM, bill), *members),
    )


@contextlib.contextmanager
def _step(progress: Progress, name: str) -> Iterator[None]:
    progress.step(name)
    yield
    progress.done(name)


def _members(files: dict[str, Path], progress: Progress) -> tuple[Member, ...]:
    with _step(progress, "digest"):
        return tuple(_member(name, path) for name, path in sorted(files.items()))


def _member(name: str, path: Path) -> Member:
    if why := refused_name(name):
        raise ToolkitError(f"it cannot be packed as {name}: {why}", str(path), "give it another name")
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
        return Member(name, stream.tell(), digest)


def _write(
    output: Path, manifest: Manifest, files: dict[str, Path], keys: Sequence[Path], progress: Progress
) -> None:
    text = manifest.text
    signatures = [sign(text, key, NAMESPACE).encode() for key in keys]
    with beside(output) as stream:
        writer = Writer(stream)
        writer.text(MANIFEST, text)
        for number, signature in enumerate(signatures, 1):
            writer.text(signature_name(number), signature)
        with _step(progress, "write the bundle"):
            for number, member in enumerate(manifest.members, 1):
                with files[member.name].open("rb") as source:
                    writer.member(member, source)
                progress.count("write the bundle", number, len(manifest.members))
        writer.end()


@contextlib.contextmanager
def beside(output: Path) -> Iterator[BinaryIO]:
    """A private file beside the output, which takes its place when it is whole."""
    output.parent.mkdir(parents=True, exist_ok=True)
    aside = output.with_name(f".{output.name}.partial")
    with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT, 0o600), "wb", CHUNK) as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ToolkitError(
                "another run writes it", str(output), "wait for it, or name another"
            ) from error
        try:
            stream.truncate()
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
            aside.replace(output)
        except BaseException:
            aside.unlink(missing_ok=True)
            raise
