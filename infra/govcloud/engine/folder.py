"""A plan on disk: a folder with the steps for machines and a page for the person who must sign it."""

from __future__ import annotations

import json
from pathlib import Path

from govcloud.engine.page import plan_page
from govcloud.engine.plan import Plan, from_document
from govcloud.errors import ToolkitError, Where
from govcloud.local import private_directory, write_private

STEPS = "plan.json"
PAGE = "plan.html"
SIZE_LIMIT = 64 * 1024 * 1024


def write_plan(plan: Plan, plans: Path) -> Path:
    """Write the plan into a folder of its own below `plans`, and return the folder."""
    stem = f"{plan.made:%Y%m%dT%H%M%SZ}-{plan.plane}{'-destroy' if plan.destroy else ''}"
    folder = plans / stem
    number = 1
    while folder.exists():
        number += 1
        folder = plans / f"{stem}-{number}"
    private_directory(folder)
    write_private(folder / PAGE, plan_page(plan))
    write_private(folder / STEPS, json.dumps(plan.document(), ensure_ascii=False, indent=1) + "\n")
    return folder


def read_plan(folder: Path) -> Plan:
    """The plan in a folder."""
    path = folder / STEPS
    if not path.is_file():
        raise ToolkitError(f"{folder} is no plan folder: it has no {STEPS}", remedy="name what `plan` wrote")
    if path.stat().st_size > SIZE_LIMIT:
        raise ToolkitError("the file is too large for a plan", Where(path), "plan again")
    try:
        return from_document(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, KeyError, TypeError) as error:
        raise ToolkitError(f"it is no plan: {error}", Where(path), "plan again") from error
