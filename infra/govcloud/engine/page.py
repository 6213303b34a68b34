"""The plan as a page for the person who must sign it: consequences first, then counts, then each change."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from govcloud.engine.plan import Plan
from govcloud.provider import Consequence


def plan_page(plan: Plan) -> str:
    """One HTML page that needs nothing beside it."""
    environment = Environment(
        loader=PackageLoader("govcloud.engine"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    environment.filters["show"] = _show
    grave = [step for step in plan.steps if step.consequence is not Consequence.NONE]
    grave.sort(key=lambda step: (list(Consequence).index(step.consequence) * -1, step.address))
    table = {stack: Counter(step.operation for step in plan.of_stack(stack)) for stack in plan.stacks}
    kinds = Counter((step.kind, step.operation) for step in plan.steps)
    return environment.get_template("plan.html.j2").render(
        plan=plan,
        grave=grave,
        table={stack: counts for stack, counts in table.items() if counts},
        kinds=sorted(kinds.items()),
    )


def _show(value: Any) -> str:
    if value is None:
        return "—"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
