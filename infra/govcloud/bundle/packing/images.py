"""The guest images in a bundle: the file that each plane's inventory declares."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from govcloud.engine import Site
from govcloud.errors import ToolkitError
from govcloud.lab import guest_image

LAB_SOURCE = "guest"
"""What the inventories call the image that this project builds itself."""
_DIGITS = 12


@dataclass(frozen=True)
class Offered:
    """A plane's image, and the member that holds it; planes with the same image share one."""

    plane: str
    source: str
    file: Path
    member: str


def offered_images(site: Site) -> Iterator[Offered]:
    """The image of each plane that is provisioned; ToolkitError where it is not at hand."""
    for name, plane in site.topology.planes.items():
        if plane.declaration.compute is None:
            continue
        source = plane.declaration.compute.image.source
        file = _file(site, name, source).resolve()
        with file.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        yield Offered(name, source, file, f"images/{digest[:_DIGITS]}-{source}{file.suffix}")


def _file(site: Site, plane: str, source: str) -> Path:
    """What lies ready in the plane's work, else the image that is built here."""
    work = site.plane_work(plane)
    if (ready := work.image_files.get(source)) is not None:
        return ready
    if source == LAB_SOURCE:
        return guest_image()
    images = work.root / "images"
    raise ToolkitError(f"plane {plane} has no image {source}", str(images), f"put {source}.qcow2 there")
