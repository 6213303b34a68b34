"""A plane's own certificate authority: it vouches for the plane's servers, and for nothing else.

No plane shares it with another. Keys stay in the plane's private directory; a machine gets its own alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from govcloud.errors import ToolkitError, Where
from govcloud.local import private_directory, write_private

AUTHORITY_DAYS = 3650
SERVER_DAYS = 365
RENEW_DAYS = 60
"""A server's certificate that ends within so many days is made anew."""


class Authority:
    """The authority whose files lie in `directory`; made on first use."""

    def __init__(self, directory: Path, name: str, now: datetime | None = None) -> None:
        self._directory = private_directory(directory)
        self._now = now or datetime.now(UTC)
        if not self.file.exists():
            self._found(name)
        self._key, self._certificate = self._read(self._own), self._read_certificate(self.file)

    @property
    def file(self) -> Path:
        """The authority's certificate, which its machines verify others by."""
        return self._directory / "authority.pem"

    @property
    def _own(self) -> Path:
        return self._directory / "authority.key"

    def server_file(self, machine: str) -> Path:
        """Where a machine's key and certificate lie, in one private file."""
        return self._directory / f"server-{machine}.pem"

    def vouch(self, machine: str, names: Sequence[str], addresses: Sequence[IPv4Address]) -> Path:
        """The machine's file, with a certificate for exactly these names and addresses that still lasts."""
        path = self.server_file(machine)
        wanted = [*map(x509.DNSName, names), *map(x509.IPAddress, addresses)]
        if not path.exists() or not self._lasts(self._read_certificate(path), wanted):
            key = generate_private_key(SECP256R1())
            certificate = self._issue(key, machine, wanted)
            write_private(path, _pem(key) + certificate.public_bytes(Encoding.PEM).decode())
        return path

    def _lasts(self, certificate: x509.Certificate, wanted: list[x509.GeneralName]) -> bool:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        return (
            list(names) == wanted
            and certificate.issuer == self._certificate.subject
            and certificate.not_valid_after_utc - self._now > timedelta(days=RENEW_DAYS)
        )

    def _found(self, name: str) -> None:
        key = generate_private_key(SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        certificate = (
            self._begin(subject, subject, key, AUTHORITY_DAYS)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signs_certificates=True), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .sign(key, SHA256())
        )
        write_private(self._own, _pem(key))
        write_private(self.file, certificate.public_bytes(Encoding.PEM).decode())

    def _issue(
        self, key: EllipticCurvePrivateKey, machine: str, names: list[x509.GeneralName]
    ) -> x509.Certificate:
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, machine)])
        begun = self._begin(subject, self._certificate.subject, key, SERVER_DAYS)
        return (
            begun.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .add_extension(self._identifier(), critical=False)
            .sign(self._key, SHA256())
        )

    def _identifier(self) -> x509.AuthorityKeyIdentifier:
        return x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())

    def _begin(
        self, subject: x509.Name, issuer: x509.Name, key: EllipticCurvePrivateKey, days: int
    ) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder(issuer, subject, key.public_key(), x509.random_serial_number())
            .not_valid_before(self._now - timedelta(hours=1))
            .not_valid_after(self._now + timedelta(days=days))
        )

    def _read(self, path: Path) -> EllipticCurvePrivateKey:
        try:
            key = load_pem_private_key(path.read_bytes(), None)
        except (OSError, ValueError) as error:
            raise ToolkitError(
                f"the authority's key cannot be read: {error}", Where(path), _REMEDY
            ) from error
        if not isinstance(key, EllipticCurvePrivateKey):
            raise ToolkitError("it is no elliptic-curve key", Where(path), _REMEDY)
        return key

    def _read_certificate(self, path: Path) -> x509.Certificate:
        try:
            return x509.load_pem_x509_certificate(path.read_bytes())
        except ValueError as error:
            raise ToolkitError(f"it is no certificate: {error}", Where(path), _REMEDY) from error


_REMEDY = "restore the file; or remove the directory, and configure gives every machine a new authority"


def _pem(key: EllipticCurvePrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )
