"""`govcloud drift`."""

from __future__ import annotations

from pathlib import Path

import click

from govcloud.cli.options import format_option, site_of, site_options
from govcloud.cli.output import Output, Shown
from govcloud.engine import Drift, Drifted, demand_known, each_plane, find_drift


@click.command()
@site_options
@format_option
def drift(inventory: Path, work: Path | None, planes: tuple[str, ...], output: Output) -> int:
    """Show where the clouds differ from the declaration, and what stands there that nobody has declared.

    Exits 3 when there is drift. Passwords cannot be read back, so they are not compared.

    \b
    Example:
      govcloud drift --plane extranet --format json
    """
    site = site_of(inventory, work, planes)
    with Shown() as progress:
        settings = site.settings()
        for setting in settings:
            demand_known(setting)
        found = each_plane(settings, lambda setting: find_drift(setting, progress))
    output.show({"drift": [_document(one) for one in found]}, "\n".join(_text(one) for one in found))
    return 3 if any(one.found for one in found) else 0


def _document(drift: Drift) -> dict[str, object]:
    return {
        "plane": drift.plane,
        "objects": drift.objects,
        "properties": drift.properties,
        "unreadable": drift.unreadable,
        "found": [one.document() for one in drift.found],
    }


def _text(drift: Drift) -> str:
    lines = [line for one in drift.found for line in _lines(one)]
    found = f"{len(drift.found)} differences" if drift.found else "no drift"
    lines.append(f"{drift.plane}: {found} in {drift.objects} objects, {drift.properties} properties compared")
    return "\n".join(lines)


def _lines(one: Drifted) -> list[str]:
    name = one.address or f"{one.name or 'unnamed'} {one.identifier}"
    about = f" {one.identifier}" if one.address and one.identifier else ""
    fields = [
        f"    {field.field}: {field.before} in the cloud, declared {field.after}" for field in one.fields
    ]
    return [f"{one.what}: {one.kind} {name}{about}", *fields, f"    remedy: {one.remedy}"]
