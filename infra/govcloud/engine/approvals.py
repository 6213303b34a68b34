"""Who stands for a plan: its author's signature, and those of others who have read it.

Roles are OpenSSH's namespaces: an allowed signer's line says what its key may sign (`namespaces="…"`), and
ssh-keygen holds it to that. See decision 0012 for what a signature binds.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from govcloud.engine.folder import PAGE, PlanFolder
from govcloud.engine.page import plan_page
from govcloud.engine.setting import tool_digest
from govcloud.errors import ToolkitError
from govcloud.evidence import SIGNATURES, Signer, Trust, sign
from govcloud.evidence.signatures import SignatureError
from govcloud.local import private_directory, write_private

AUTHOR = "govcloud-author"
"""The namespace in which a plan's author signs it."""
APPROVER = "govcloud-approver"
"""The namespace in which others sign that they have read it."""
AUTHOR_FILE = "author.sig"


@dataclass(frozen=True)
class Approval:
    """Whose signatures a plan bears; `author` is None where it bears none of its author."""

    author: Signer | None
    approvers: tuple[Signer, ...]


def sign_as_author(folder: PlanFolder, key: Path) -> None:
    """Sign a plan that has just been made; nothing is asked of the allowed signers yet."""
    _keep(folder, AUTHOR_FILE, sign(folder.sealed.text, key, AUTHOR))


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
    signature = sign(folder.sealed.text, key, APPROVER)
    signer = trust.signer(folder.sealed.text, signature.encode(), APPROVER, now)
    before = approval_of(folder, trust, now)
    if before.author is None:
        raise _unsigned(folder)
    _demand_others(before.author, (*before.approvers, signer), str(folder.sealed.folder))
    name = hashlib.sha256(signer.fingerprint.encode()).hexdigest()[:16]
    _keep(folder, f"approver-{name}.sig", signature)
    return Approval(before.author, (*before.approvers, signer))


def approval_of(folder: PlanFolder, trust: Trust, now: datetime) -> Approval:
    """Whose signatures a plan bears, every one of them checked: one that does not hold is an error.

    Approvers stand by their names: the files are named after keys, and no signature says when it was made.
    """
    author: Signer | None = None
    approvers: list[Signer] = []
    for name, signature in sorted(folder.sealed.signatures.items()):
        if name == AUTHOR_FILE:
            author = trust.signer(folder.sealed.text, signature, AUTHOR, now)
        elif name.startswith("approver-") and name.endswith(".sig"):
            approvers.append(trust.signer(folder.sealed.text, signature, APPROVER, now))
        else:
            raise SignatureError(
                f"{name} is no signature of a plan", str(folder.sealed.folder), "take it out of the folder"
            )
    approvers.sort(key=lambda one: one.principal)
    if author is not None:
        _demand_others(author, tuple(approvers), str(folder.sealed.folder))
    return Approval(author, tuple(approvers))


def demand_approved(folder: PlanFolder, asked: int, trust: Trust, now: datetime) -> Approval:
    """Refuse a plan that has not been signed by its author and as many others as are asked for."""
    if asked == 0 and not folder.sealed.signatures:
        return Approval(None, ())
    approval = approval_of(folder, trust, now)
    if asked and approval.author is None:
        raise _unsigned(folder)
    if len(approval.approvers) < asked:
        raise SignatureError(
            f"{asked} approvals are asked for, and it has {len(approval.approvers)}",
            str(folder.sealed.folder),
            f"have it read and signed: `govcloud approve {folder.sealed.folder.name}`",
        )
    return approval


def _demand_others(author: Signer, approvers: tuple[Signer, ...], where: str) -> None:
    """Four eyes are two people: neither a name nor a key counts twice."""
    seen = [author]
    for one in approvers:
        for other in seen:
            if one.principal == other.principal or one.fingerprint == other.fingerprint:
                what = "made it" if other is author else "has signed it already"
                raise SignatureError(
                    f"{one.principal} ({one.fingerprint}) {what}",
                    where,
                    "somebody else has to read and sign it",
                )
        seen.append(one)


def _unsigned(folder: PlanFolder) -> ToolkitError:
    return SignatureError(
        "its author has not signed it", str(folder.sealed.folder), "plan again with --key, your own key"
    )


def _keep(folder: PlanFolder, name: str, signature: str) -> None:
    write_private(private_directory(folder.sealed.folder / SIGNATURES) / name, signature)
