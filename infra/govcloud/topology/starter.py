"""Starts the inventory of another city: a small site that is valid as it stands, to be filled."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from govcloud.errors import ToolkitError
from govcloud.topology import addresses, schema
from govcloud.topology.thing import Named

TEMPLATE = Path(__file__).parent / "templates" / "city"


def start(site_id: str, name_zh: str, directory: Path) -> list[Path]:
    """Write a small valid city into `directory` and return its files, schemas for editors among them.

    Raises ToolkitError when the directory holds anything, or when id or name would not be valid.
    """
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise ToolkitError(
            "is not an empty directory", str(directory), "name a directory that does not exist yet"
        )
    _named(site_id, name_zh)
    files = schema.export(directory / ".schema")
    for template in sorted(TEMPLATE.rglob("*.yaml")):
        file = directory / template.relative_to(TEMPLATE)
        file.parent.mkdir(parents=True, exist_ok=True)
        text = template.read_text(encoding="utf-8").replace("SITE_ID", site_id).replace("SITE_NAME", name_zh)
        file.write_text(text, encoding="utf-8")
        files.append(file)
    for plan in addresses.allocate(directory):
        plan.record()
        files.append(plan.file)
    return files


def _named(site_id: str, name_zh: str) -> None:
    try:
        Named(id=site_id, name_zh=name_zh)
    except ValidationError as error:
        context = error.errors()[0].get("ctx", {})
        what = context.get("what", f"`{site_id}` and `{name_zh}` cannot name a city")
        raise ToolkitError(what, remedy=context.get("remedy")) from error
