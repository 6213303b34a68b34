"""`govcloud migrate`: moves departments' live systems onto the platform; each verb has a file of its own."""

from __future__ import annotations

from govcloud.cli.lazy import lazy_group

VERBS = {
    "assess": "Look at hosts of today, and say what can be moved.",
    "plan": "Say which systems move on which night, and for how long they stop.",
    "run": "Copy a system while people work with it, and let its changes follow.",
    "rehearse": "Hold the whole night on a clone, and measure it.",
    "order": "Write the order for a night, for others to sign.",
    "cutover": "Cut a system over, as a signed order says.",
    "verify": "Compare both sides in full, and write the evidence.",
    "rollback": "Take a released system back, with what was written since.",
    "finalize": "End a move, with the ledger of what stays behind.",
    "abandon": "Give a copy up, and take away what it made.",
    "status": "Show how far each move has come.",
}


@lazy_group("govcloud.cli.migrate", VERBS)
def migrate() -> None:
    """Move departments' live systems onto the platform.

    \b
    Example:
      govcloud migrate assess legacy-court --plane extranet
      govcloud migrate plan --plane extranet
    """
