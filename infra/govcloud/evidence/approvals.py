"""Who stands for a sealed folder: its author's signature, and those of others who have read it.

Roles are OpenSSH's namespaces: an allowed signer's line says what its key may sign (`namespaces="…"`), and
ssh-keygen holds it to that. See decision 0012 for what a signature binds.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from govcloud.errors import ToolkitError
from govcloud.evidence.manifest import SIGNATURES, Sealed
from govcloud.evidence.signatures import SignatureError, Signer, Trust, sign
from govcloud.local import private_directory, write_private

AUTHOR = "govcloud-author"
"""The namespace in which an author signs what he has made."""
APPROVER = "govcloud-approver"
"""The namespace in which others sign that they have read it."""
AUTHOR_FILE = "author.sig"


@dataclass(frozen=True)
class Approval:
    """Whose signatures a folder bears; `author` is None where it bears none of its author."""

    author: Signer | None
    approvers: tuple[Signer, ...]


def sign_as_author(sealed: Sealed, key: Path) -> None:
    """Sign what has just been made; nothing is asked of the allowed signers yet."""
    _keep(sealed, AUTHOR_FILE, sign(sealed.text, key, AUTHOR))


def sign_as_approver(sealed: Sealed, key: Path, trust: Trust, now: datetime) -> Approval:
    """Sign what somebody else has made; what it bears then.

    Raises SignatureError where it has no author's signature, or may not be signed with this key; the folder
    is left as it was.
    """
    signature = sign(sealed.text, key, APPROVER)
    signer = trust.signer(sealed.text, signature.encode(), APPROVER, now)
    before = approval_of(sealed, trust, now)
    if before.author is None:
        raise _unsigned(sealed)
    _demand_others(before.author, (*before.approvers, signer), str(sealed.folder))
    name = hashlib.sha256(signer.fingerprint.encode()).hexdigest()[:16]
    _keep(sealed, f"approver-{name}.sig", signature)
    return Approval(before.author, (*before.approvers, signer))


def approval_of(sealed: Sealed, trust: Trust, now: datetime) -> Approval:
    """Whose signatures a folder bears, every one of them checked: one that does not hold is an error.

    Approvers stand by their names: the files are named after keys, and no signature says when it was made.
    """
    author: Signer | None = None
    approvers: list[Signer] = []
    for name, signature in sorted(sealed.signatures.items()):
        if name == AUTHOR_FILE:
            author = trust.signer(sealed.text, signature, AUTHOR, now)
        elif name.startswith("approver-") and name.endswith(".sig"):
            approvers.append(trust.signer(sealed.text, signature, APPROVER, now))
        else:
            raise SignatureError(
                f"{name} is no signature of it", str(sealed.folder), "take it out of the folder"
            )
    approvers.sort(key=lambda one: one.principal)
    if author is not None:
        _demand_others(author, tuple(approvers), str(sealed.folder))
    return Approval(author, tuple(approvers))


def demand_approved(sealed: Sealed, asked: int, trust: Trust, now: datetime) -> Approval:
    """Refuse what has not been signed by its author and as many others as are asked for."""
    if asked == 0 and not sealed.signatures:
        return Approval(None, ())
    approval = approval_of(sealed, trust, now)
    if asked and approval.author is None:
        raise _unsigned(sealed)
    if len(approval.approvers) < asked:
        raise SignatureError(
            f"{asked} approvals are asked for, and it has {len(approval.approvers)}",
            str(sealed.folder),
            f"have it read and signed: `govcloud approve {sealed.folder.name}`",
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


def _unsigned(sealed: Sealed) -> ToolkitError:
    return SignatureError(
        "its author has not signed it", str(sealed.folder), "plan again with --key, your own key"
    )


def _keep(sealed: Sealed, name: str, signature: str) -> None:
    write_private(private_directory(sealed.folder / SIGNATURES) / name, signature)
