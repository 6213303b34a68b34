"""A plan, the people who may sign it, and what they do with it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from govcloud.engine.approvals import approve
from govcloud.engine.folder import PlanFolder, read_plan
from govcloud.engine.plan import Plan, Step
from govcloud.engine.setting import tool_digest
from govcloud.evidence import APPROVER, AUTHOR, SIGNATURES, Trust
from govcloud.provider import Consequence
from unit.signing import Key

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=2)
STEP = Step("extranet/core", "extranet/core/net", "network", "create", "", Consequence.NONE, "digest")
PLAN = Plan(
    site="jiujiang",
    plane="extranet",
    made=NOW,
    expires=NOW + timedelta(days=7),
    author="alice",
    signatures=2,
    destroy=False,
    stacks=("extranet/core",),
    targets=(),
    topology="t" * 64,
    tool=tool_digest(),
    base={"extranet/core": "b"},
    steps=(STEP,),
)
ROLES = {"alice": (AUTHOR, APPROVER), "bob": (APPROVER,), "carol": (AUTHOR, APPROVER), "dave": (AUTHOR,)}


def made_keys(directory: Path) -> dict[str, Key]:
    """Everybody's key, a second one of alice's, and that of somebody whom nobody knows."""
    return {name: Key.made(directory, name) for name in (*ROLES, "stranger", "alice-2")}


def trusted(keys: dict[str, Key], directory: Path) -> Trust:
    """Who may do what: `ROLES`, and alice may approve with her second key."""
    lines = [keys[name].line(name, f'namespaces="{",".join(roles)}"') for name, roles in ROLES.items()]
    return trusting(directory, *lines, keys["alice-2"].line("alice", f'namespaces="{APPROVER}"'))


def trusting(directory: Path, *lines: str) -> Trust:
    """Whoever stands in these lines of allowed signers."""
    found = Trust(directory / "allowed_signers", directory / "revoked_keys")
    found.allowed_signers.write_text("".join(f"{line}\n" for line in lines))
    return found


def again(folder: PlanFolder) -> PlanFolder:
    """The folder as it lies there now."""
    return read_plan(folder.sealed.folder)


def approved(plan: PlanFolder, trust: Trust, *keys: Key) -> PlanFolder:
    """The plan, approved with these keys."""
    for key in keys:
        approve(again(plan), key.file, trust, LATER)
    return again(plan)


def put(folder: PlanFolder, name: str, signature: str) -> PlanFolder:
    """Lay a signature into a folder by hand, past everything that `approve` asks."""
    directory = folder.sealed.folder / SIGNATURES
    directory.mkdir(exist_ok=True)
    (directory / name).write_text(signature)
    return again(folder)
