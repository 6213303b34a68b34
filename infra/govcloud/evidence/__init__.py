"""Evidence that others can check: sealed folders, signatures over them, and a chain of what was done."""

from govcloud.evidence.chain import Chain, Entry
from govcloud.evidence.manifest import MANIFEST, SIGNATURES, Sealed, opened, seal
from govcloud.evidence.signatures import Signer, Trust, fingerprint_of, sign

__all__ = [
    "MANIFEST",
    "SIGNATURES",
    "Chain",
    "Entry",
    "Sealed",
    "Signer",
    "Trust",
    "fingerprint_of",
    "opened",
    "seal",
    "sign",
]
