"""What the verbs about signatures share: whose signatures count for a plan or an order."""

from __future__ import annotations

from pathlib import Path

from govcloud.engine import WorkDirectory
from govcloud.evidence import Trust


def trust_for(
    site: str, plane: str, work: Path | None, allowed_signers: Path | None, revoked_keys: Path | None
) -> Trust:
    """The allowed signers and revoked keys that were named, else those of the plane at work."""
    at_work = WorkDirectory((work or Path(".govcloud") / site).absolute()).plane(plane)
    return Trust(allowed_signers or at_work.allowed_signers, revoked_keys or at_work.revoked_keys)
