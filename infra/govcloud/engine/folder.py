"""A plan on disk: a sealed folder with the steps for machines and a page for the person who must sign it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from govcloud.engine.page import plan_page
from govcloud.engine.plan import Plan, from_document
from govcloud.errors import ToolkitError, Where
from govcloud.evidence import Sealed, opened, write_sealed

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
    steps = json.dumps(plan.document(), ensure_ascii=False, indent=1) + "\n"
    return read_plan(write_sealed({PAGE: plan_page(plan), STEPS: steps}, plans, stem).folder)


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
