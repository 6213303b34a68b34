"""Evidence that others can check: sealed folders, signatures over them, and a chain of what was done."""

from govcloud.evidence.approvals import (
    APPROVER,
    AUTHOR,
    AUTHOR_FILE,
    Approval,
    approval_of,
    demand_approved,
    sign_as_approver,
    sign_as_author,
)
from govcloud.evidence.chain import Chain, Entry
from govcloud.evidence.manifest import MANIFEST, SIGNATURES, Sealed, opened, seal
from govcloud.evidence.signatures import Signer, Trust, fingerprint_of, sign
from govcloud.evidence.writing import write_sealed

__all__ = [
    "APPROVER",
    "AUTHOR",
    "AUTHOR_FILE",
    "MANIFEST",
    "SIGNATURES",
    "Approval",
    "Chain",
    "Entry",
    "Sealed",
    "Signer",
    "Trust",
    "approval_of",
    "demand_approved",
    "fingerprint_of",
    "opened",
    "seal",
    "sign",
    "sign_as_approver",
    "sign_as_author",
    "write_sealed",
]
