"""Lines by which content goes from host to host, past the tool: who listens, and how both know each other."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from govcloud.migrations.files.places import Place

End = dict[str, Any]
"""What an agent is told of its end of a line."""
ALWAYS = (datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
"""A key lasts as long as its line; a host whose clock is off is to take it all the same."""


def line_between(source: Place, target: Place) -> tuple[End, End] | None:
    """What both agents are told, the source's first; None where neither place has ports to listen at.

    The keys are made anew for every line, and kept nowhere.
    """
    listener = source if source.ports else target
    if not listener.ports:
        return None
    way = {"address": listener.host.login.address, "ports": list(listener.ports)}
    ours, theirs = _pair(), _pair()
    return (
        {**way, **ours, "other": theirs["certificate"], "listens": listener is source},
        {**way, **theirs, "other": ours["certificate"], "listens": listener is target},
    )


def _pair() -> dict[str, str]:
    """A key, and the certificate by which the other side knows its holder."""
    key = generate_private_key(SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "govcloud")])
    made = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
    made = made.serial_number(x509.random_serial_number())
    certificate = made.not_valid_before(ALWAYS[0]).not_valid_after(ALWAYS[1]).sign(key, SHA256())
    return {
        "key": key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
        "certificate": certificate.public_bytes(Encoding.PEM).decode(),
    }
