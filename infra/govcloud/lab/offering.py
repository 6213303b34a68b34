"""Handing the lab's guest image to whoever provisions a plane."""

from __future__ import annotations

from pathlib import Path

from govcloud.lab.image import guest_image


def offer_image(images: Path) -> Path:
    """Link the guest image, built on first use, as `guest` into a plane's `images` directory."""
    image = guest_image()
    images.mkdir(parents=True, exist_ok=True, mode=0o700)
    link = images / f"guest{image.suffix}"
    link.unlink(missing_ok=True)
    link.symlink_to(image)
    return link
