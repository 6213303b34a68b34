"""A plan on disk: a sealed folder with the steps for machines and a page for the person who must sign it."""

from __future__ import annotations

import json
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from govcloud.engine.page import plan_page
from govcloud.engine.plan import Plan, from_document
from govcloud.errors import ToolkitError, Where
from govcloud.evidence import Sealed, opened, seal
from govcloud.local import private_directory, write_private

STEPS = "plan.json"
PAGE = "plan.html"
FILES = frozenset({STEPS, PAGE})


@dataclass(frozen=True)
class PlanFolder:
    """A plan with the sealed folder that it was read from."""

    plan: Plan
    sealed: Sealed

    @property
    def digest(self) -> str:
        """What the plan is called by, and what is signed: SHA-256 of the folder's manifest."""
        return self.sealed.digest


def write_plan(plan: Plan, plans: Path) -> PlanFolder:
    """Write the plan into a folder of its own below `plans`, whole or not at all."""
    stem = f"{plan.made:%Y%m%dT%H%M%SZ}-{plan.plane}{'-destroy' if plan.destroy else ''}"
    aside = Path(tempfile.mkdtemp(prefix=".", dir=private_directory(plans)))
    try:
        write_private(aside / PAGE, plan_page(plan))
        write_private(aside / STEPS, json.dumps(plan.document(), ensure_ascii=False, indent=1) + "\n")
        seal(aside)
        folder = _placed(aside, plans / stem)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise
    return read_plan(folder)


def _placed(aside: Path, wanted: Path) -> Path:
    """Give the folder its name, with a number behind it where another has that already."""
    number = 1
    while True:
        folder = wanted if number == 1 else wanted.with_name(f"{wanted.name}-{number}")
        try:
            # A directory takes the place of an empty one only: of two at once, one goes on.
            return aside.rename(folder)
        except OSError as error:
            if not folder.exists():
                raise ToolkitError(
                    f"the plan cannot be written: {error.strerror}", str(folder), "make room, then plan again"
                ) from error
            number += 1


def read_plan(folder: Path) -> PlanFolder:
    """The plan in a folder, as it was sealed; nothing is said of signatures."""
    sealed = opened(folder)
    if sealed.files.keys() != FILES:
        names = ", ".join(sorted(sealed.files))
        raise ToolkitError(f"it is no plan folder: it holds {names}", str(folder), "name what `plan` wrote")
    try:
        plan = from_document(json.loads(sealed.files[STEPS].decode("utf-8")))
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise ToolkitError(f"it is no plan: {error}", Where(folder / STEPS), "plan again") from error
    return PlanFolder(plan, sealed)
