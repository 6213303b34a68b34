"""The plan as a page for the person who must sign it: consequences first, then counts, then each change."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from govcloud.engine.plan import OPERATIONS, Plan
from govcloud.provider import Consequence


def plan_page(plan: Plan) -> str:
    """One HTML page that needs nothing beside it."""
    return _rendered("plan.html.j2", plan, escaped=True)


def plan_summary(plan: Plan, digest: str) -> str:
    """What a merge request shows of a plan, in Markdown: consequences and counts, not each change."""
    return _rendered("plan.md.j2", plan, escaped=False, digest=digest)


def _rendered(template: str, plan: Plan, *, escaped: bool, **more: str) -> str:
    environment = Environment(
        loader=PackageLoader("govcloud.engine"),
        autoescape=escaped,  # noqa: S701 - Markdown's cells have a filter of their own
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    environment.filters |= {"show": _show, "cell": _cell}
    grave = [step for step in plan.steps if step.consequence is not Consequence.NONE]
    grave.sort(key=lambda step: (list(Consequence).index(step.consequence) * -1, step.address))
    reached = Counter(name for step in grave for name in step.interrupts)
    table = {stack: Counter(step.operation for step in plan.of_stack(stack)) for stack in plan.stacks}
    kinds = Counter((step.kind, step.operation) for step in plan.steps)
    return environment.get_template(template).render(
        plan=plan,
        grave=grave,
        reached=sorted(reached),
        table={stack: counts for stack, counts in table.items() if counts},
        kinds=sorted(kinds.items()),
        operations=OPERATIONS,
        **more,
    )


def _cell(text: str) -> str:
    """A text that stays in its cell: of what is written there, nothing is Markdown's or HTML's."""
    return re.sub(r"([\\`*_{}\[\]<>()#|!])", r"\\\1", " ".join(text.split()))


def _show(value: Any) -> str:
    if value is None:
        return "—"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
