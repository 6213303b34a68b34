"""Approving a plan: what is signed is what its page shows, made by this tool, and not expired."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from govcloud.engine.folder import PAGE, PlanFolder
from govcloud.engine.page import plan_page
from govcloud.engine.setting import tool_digest
from govcloud.errors import ToolkitError
from govcloud.evidence import Approval, Trust, sign_as_approver
from govcloud.evidence.signatures import SignatureError


def demand_readable(folder: PlanFolder) -> None:
    """Refuse a plan whose page is not this tool's page of its steps: people read one, machines the other."""
    where = str(folder.sealed.folder)
    if folder.plan.tool != tool_digest():
        raise ToolkitError(
            f"another version of the tool made it ({folder.plan.tool})", where, "use that one, or plan again"
        )
    if plan_page(folder.plan).encode() != folder.sealed.files[PAGE]:
        raise ToolkitError(
            "its page does not show its steps", where, "plan again, and see who wrote this one"
        )


def approve(folder: PlanFolder, key: Path, trust: Trust, now: datetime) -> Approval:
    """Sign a plan that somebody else has made; what it bears then.

    Raises ToolkitError where the plan has expired, has no author's signature, or may not be signed with this
    key; the folder is left as it was.
    """
    if folder.plan.expires < now:
        raise SignatureError(
            f"it expired at {folder.plan.expires:%Y-%m-%d %H:%M} UTC", str(folder.sealed.folder), "plan again"
        )
    demand_readable(folder)
    return sign_as_approver(folder.sealed, key, trust, now)
