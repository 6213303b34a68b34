"""`govcloud init`."""

from __future__ import annotations

from pathlib import Path

import click

from govcloud.topology.starter import start


@click.command()
@click.argument("site_id")
@click.argument("directory", type=click.Path(path_type=Path))
@click.option("--name", "name_zh", required=True, help="The city's name.")
def init(site_id: str, directory: Path, name_zh: str) -> None:
    """Start the inventory of another city: small, valid, to be filled.

    \b
    Example:
      govcloud init yichun inventories/yichun --name 宜春
    """
    files = start(site_id, name_zh, directory)
    click.echo(f"{len(files)} files in {directory}; next: govcloud topology validate --inventory {directory}")
