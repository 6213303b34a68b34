"""Equality evidence: what was compared at a release, sealed and signed, and computed again by an auditor."""

from govcloud.migrations.proving.proof import Proof, proof_page, read_proof, write_proof
from govcloud.migrations.proving.recomputing import unlike

__all__ = ["Proof", "proof_page", "read_proof", "unlike", "write_proof"]
