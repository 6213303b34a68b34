"""What the verbs about signatures share: whose signatures count for a plan."""

from __future__ import annotations

from pathlib import Path

from govcloud.engine import PlanFolder, WorkDirectory
from govcloud.evidence import Trust


def trust_for(
    folder: PlanFolder, work: Path | None, allowed_signers: Path | None, revoked_keys: Path | None
) -> Trust:
    """The allowed signers and revoked keys that were named, else those of the plan's plane at work."""
    plane = WorkDirectory((work or Path(".govcloud") / folder.plan.site).absolute()).plane(folder.plan.plane)
    return Trust(allowed_signers or plane.allowed_signers, revoked_keys or plane.revoked_keys)
