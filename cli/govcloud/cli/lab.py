"""`govcloud lab`."""

from __future__ import annotations

from pathlib import Path

import click

from govcloud.cli.options import format_option, site_of, site_options
from govcloud.cli.output import Output, Shown, table
from govcloud.lab import CLOUDS, CloudStatus, LabCloud, down, offer_image, status, up


@click.group()
def lab() -> None:
    """Bring up a real OpenStack for each plane on this machine.

    \b
    Example:
      govcloud lab up
    """


def _clouds(planes: tuple[str, ...]) -> list[LabCloud]:
    known = {cloud.plane: cloud for cloud in CLOUDS}
    unknown = [plane for plane in planes if plane not in known]
    if unknown:
        raise click.UsageError(f"the lab has no plane {', '.join(unknown)}; it has {', '.join(known)}")
    return [known[plane] for plane in planes] if planes else list(CLOUDS)


def _show(found: tuple[CloudStatus, ...], output: Output) -> None:
    document = [{"plane": s.cloud.plane, "ready": s.ready, "units": s.units} for s in found]
    rows = [
        (
            s.cloud.plane,
            "ready" if s.ready else "failed" if s.failed else "starting" if s.stands else "down",
            s.cloud.address,
            s.cloud.floating_range,
            ", ".join(s.failed),
        )
        for s in found
    ]
    output.show({"clouds": document}, table(rows, ("plane", "state", "APIs at", "floating", "failed")))


@lab.command("up")
@site_options
@format_option
def lab_up(inventory: Path, work: Path | None, planes: tuple[str, ...], output: Output) -> None:
    """Bring the clouds up; one that stands is left as it is.

    \b
    Example:
      govcloud lab up --plane extranet
    """
    site = site_of(inventory, work, planes)
    clouds = _clouds(planes)
    with Shown() as progress:
        found = up(site.work.root, clouds, progress)
    for cloud in clouds:
        offer_image(site.plane_work(cloud.plane).root / "images")
    _show(found, output)


@lab.command("status")
@site_options
@format_option
def lab_status(inventory: Path, work: Path | None, planes: tuple[str, ...], output: Output) -> int:
    """Say how the clouds do; exit 1 when one is not ready.

    \b
    Example:
      govcloud lab status --format json
    """
    found = status(_clouds(planes))
    _show(found, output)
    return 0 if all(one.ready for one in found) else 1


@lab.command("down")
@site_options
def lab_down(inventory: Path, work: Path | None, planes: tuple[str, ...]) -> None:
    """Take the clouds down and leave nothing behind.

    \b
    Example:
      govcloud lab down
    """
    with Shown() as progress:
        down(site_of(inventory, work, planes).work.root, _clouds(planes), progress)
