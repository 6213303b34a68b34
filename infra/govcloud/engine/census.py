"""Counting what stands, by asking the cloud: exactly one object for each address, or an error."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from govcloud.engine.plan import Plan
from govcloud.engine.setting import Setting
from govcloud.errors import ToolkitError
from govcloud.provider import KINDS, Session

NAMED_AT_MOST = 20


@dataclass(frozen=True)
class Census:
    """How many declared objects stand in one plane's cloud, by stack and by kind, and which do not."""

    plane: str
    by_stack: Counter[str]
    by_kind: Counter[str]
    wrong: tuple[str, ...]

    @property
    def total(self) -> int:
        """All objects that stand."""
        return self.by_stack.total()


def take_census(setting: Setting) -> Census:
    """Look for every declared object of the plane in fresh, complete lists."""
    by_stack: Counter[str] = Counter()
    by_kind: Counter[str] = Counter()
    wrong = []
    with setting.running("census", setting.state()) as (session, _):
        for address, declared in setting.declared.items():
            found = _count(session, address, declared.kind)
            if found == 1:
                by_stack[address.rpartition("/")[0]] += 1
                by_kind[declared.kind] += 1
            else:
                wrong.append(f"{address} ({found})")
    return Census(setting.plane, by_stack, by_kind, tuple(wrong))


def demand_standing(setting: Setting, plan: Plan) -> int:
    """Count one object for each address that the plan was to make stand, none for those it deleted."""
    expected = {step.address: step.kind for step in plan.steps if step.operation != "delete"}
    with setting.running("census", setting.state()) as (session, _):
        counted = {address: _count(session, address, kind) for address, kind in expected.items()}
        wrong = [f"{address} ({number})" for address, number in counted.items() if number != 1]
        wrong += [
            f"{step.address} (still there)"
            for step in plan.steps
            if step.operation == "delete"
            and KINDS[step.kind].listed
            and session.snapshot.one(KINDS[step.kind], step.identifier) is not None
        ]
    if wrong:
        raise ToolkitError(
            f"the cloud is not what the plan was to make it: {', '.join(wrong[:NAMED_AT_MOST])}",
            f"cloud {setting.plane}",
            "plan again and read what it finds",
        )
    return len(expected)


def _count(session: Session, address: str, name: str) -> int:
    """How many objects stand for an address."""
    return len(session.standing(address, KINDS[name]))
