"""OpenSSH signatures (`ssh-keygen -Y`) over a text, made for one purpose and checked against allowed signers.

The verdict is ssh-keygen's; what is read here of keys and signers only tells people why it was refused.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from govcloud.errors import ToolkitError, Where

MAGIC = b"SSHSIG"
BEGIN, END = "-----BEGIN SSH SIGNATURE-----", "-----END SSH SIGNATURE-----"
WIDTH = 70
SECONDS = 30
"""How long ssh-keygen may take; a key on a token waits for a touch, hence not less."""


class SignatureError(ToolkitError):
    """A signature that is missing or does not hold."""

    exit_code = 4


@dataclass(frozen=True)
class Signer:
    """Who has signed: the name that the allowed signers give the key, and the key's fingerprint."""

    principal: str
    fingerprint: str


def sign(text: bytes, key: Path, namespace: str) -> str:
    """An armored signature by a key file: a private key, or the public half of one that an agent holds."""
    if not key.is_file():
        raise ToolkitError(f"there is no key {key}", remedy="name your own key with --key")
    done = _keygen(["-Y", "sign", "-f", str(key), "-n", namespace], text)
    if done.returncode != 0:
        raise ToolkitError(f"ssh-keygen did not sign: {_said(done)}", str(key), "see that the key is yours")
    return done.stdout.decode()


def fingerprint_of(public_key: bytes) -> str:
    """`SHA256:…` of a public key's blob, as OpenSSH prints it."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(public_key).digest()).decode().rstrip("=")


@dataclass(frozen=True)
class Trust:
    """Whose signatures count: OpenSSH's allowed signers, and keys that were revoked."""

    allowed_signers: Path
    revoked_keys: Path

    def signer(self, text: bytes, signature: bytes, namespace: str, at: datetime) -> Signer:
        """Who signed `text` for `namespace`; SignatureError says why it does not hold at `at`."""
        key = _key_in(signature)
        fingerprint = fingerprint_of(key)
        self._demand_signers()
        with tempfile.TemporaryDirectory(prefix="govcloud-") as directory:
            file = Path(directory) / "signature"
            file.write_bytes(signature)
            moment = f"-Overify-time={at.astimezone(UTC):%Y%m%d%H%M%SZ}"
            common = ["-f", str(self.allowed_signers), "-s", str(file), moment]
            found = _keygen(["-Y", "find-principals", *common], b"")
            principals = found.stdout.decode().split("\n")[0].strip() if found.returncode == 0 else ""
            if not principals:
                raise self._refused(fingerprint, self._why_unknown(key))
            principal = principals.split(",")[0]
            verify = ["-Y", "verify", *common, "-I", principal, "-n", namespace]
            done = _keygen(verify, text)
            if done.returncode != 0:
                raise self._refused(fingerprint, self._why_not(_said(done), principal, namespace))
            if not self._stands(verify, text):
                why = f"the key of {principal} has been revoked, or {self.revoked_keys.name} cannot be read"
                raise self._refused(fingerprint, why)
        return Signer(principal, fingerprint)

    def _stands(self, verify: Sequence[str], text: bytes) -> bool:
        """Whether a good signature's key is not revoked; asked apart, since ssh-keygen does not say so."""
        # Also a link that leads nowhere is a list, which cannot be read: then nobody's signature counts.
        if not os.path.lexists(self.revoked_keys):
            return True
        return _keygen([*verify, "-r", str(self.revoked_keys)], text).returncode == 0

    def _demand_signers(self) -> None:
        if not self.allowed_signers.is_file():
            what = "there is no such file, so nobody's signature counts"
        elif not self._lines():
            what = "it names nobody, so nobody's signature counts"
        else:
            return
        raise SignatureError(
            what, Where(self.allowed_signers), "write the allowed signers of the plane there"
        )

    def _lines(self) -> list[str]:
        lines = self.allowed_signers.read_text(encoding="utf-8", errors="replace").splitlines()
        return [line for line in lines if line.strip() and not line.lstrip().startswith("#")]

    def _why_unknown(self, key: bytes) -> str:
        blob = base64.b64encode(key).decode()
        if any(blob in line for line in self._lines()):
            return "the key has expired, or is not valid yet"
        return "the key is unknown"

    def _why_not(self, said: str, principal: str, namespace: str) -> str:
        if "not permitted for use in signature namespace" in said or "namespace" in said:
            return f"{principal} may not sign as {namespace}, or signed something else than that"
        if "expired" in said:
            return f"the key of {principal} has expired"
        return f"it is not {principal}'s signature of this very content"

    def _refused(self, fingerprint: str, why: str) -> SignatureError:
        return SignatureError(
            f"the signature by {fingerprint} does not hold: {why}",
            Where(self.allowed_signers),
            "have it signed by somebody who may, with the key that is recorded",
        )


def _key_in(signature: bytes) -> bytes:
    """The public key that a signature names; one in any other form than ssh-keygen writes is refused.

    The form is checked because ssh-keygen reads past bytes that it does not need: a folder of which any byte
    has been changed is not the one that was approved.
    """
    try:
        lines = signature.decode("ascii").split("\n")
        blob = base64.b64decode("".join(lines[1:-2]), validate=True)
    except (UnicodeDecodeError, binascii.Error):
        blob = b""
    text = base64.b64encode(blob).decode()
    folded = [text[i : i + WIDTH] for i in range(0, len(text), WIDTH)]
    if not blob.startswith(MAGIC) or "\n".join([BEGIN, *folded, END, ""]).encode() != signature:
        raise SignatureError("it is no OpenSSH signature", "signatures", "have it signed again")
    length = int.from_bytes(blob[10:14])
    return blob[14 : 14 + length]


def _keygen(arguments: Sequence[str], text: bytes) -> subprocess.CompletedProcess[bytes]:
    program = shutil.which("ssh-keygen")
    if program is None:
        raise ToolkitError("there is no ssh-keygen", remedy="install OpenSSH's client")
    try:
        return subprocess.run(
            [program, *arguments], input=text, capture_output=True, check=False, timeout=SECONDS
        )
    except subprocess.TimeoutExpired as error:
        raise ToolkitError(
            f"ssh-keygen did not end within {SECONDS} s", remedy="see what it waits for"
        ) from error


def _said(done: subprocess.CompletedProcess[bytes]) -> str:
    text = (done.stderr + b" " + done.stdout).decode(errors="replace")
    return re.sub(r"\s+", " ", text).strip()[:300]
