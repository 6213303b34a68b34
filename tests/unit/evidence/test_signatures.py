"""A signature holds for one text, one purpose, one moment and one known key; everything else is refused."""

from __future__ import annotations

import base64
import string
from datetime import UTC, datetime
from pathlib import Path

import pytest

from govcloud.errors import ToolkitError
from govcloud.evidence import Signer, Trust, fingerprint_of, sign
from govcloud.evidence.signatures import SignatureError
from unit.signing import Key, flips, keygen

TEXT = b'{"files": {}, "format": 1}\n'
NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
PURPOSE = "govcloud-approver"
KINDS = {"ed25519": ("ed25519",), "ecdsa": ("ecdsa", "-b", "384"), "rsa": ("rsa", "-b", "2048")}


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Key]:
    """One key of each kind, and one that nobody knows."""
    directory = tmp_path_factory.mktemp("keys")
    made = {name: Key.made(directory, name, *kind) for name, kind in KINDS.items()}
    return made | {"stranger": Key.made(directory, "stranger")}


@pytest.fixture
def key(keys: dict[str, Key]) -> Key:
    return keys["ed25519"]


@pytest.fixture
def trust(tmp_path: Path) -> Trust:
    """Nobody is allowed, and nothing revoked, until a test says so."""
    return Trust(tmp_path / "allowed_signers", tmp_path / "revoked_keys")


def allow(trust: Trust, *lines: str) -> Trust:
    trust.allowed_signers.write_text("".join(f"{line}\n" for line in lines))
    return trust


def signed(key: Key, text: bytes = TEXT, purpose: str = PURPOSE) -> bytes:
    return sign(text, key.file, purpose).encode()


def why(trust: Trust, signature: bytes, text: bytes = TEXT, at: datetime = NOW) -> str:
    with pytest.raises(SignatureError) as caught:
        trust.signer(text, signature, PURPOSE, at)
    assert caught.value.exit_code == 4
    assert caught.value.remedy
    return caught.value.what


@pytest.mark.parametrize("kind", KINDS)
def test_a_known_key_s_signature_tells_name_and_fingerprint(
    keys: dict[str, Key], trust: Trust, kind: str
) -> None:
    key = keys[kind]
    allow(trust, "# the plane's", "", keys["stranger"].line("other"), key.line("alice"))
    assert trust.signer(TEXT, signed(key), PURPOSE, NOW) == Signer("alice", key.fingerprint)


@pytest.mark.parametrize("kind", KINDS)
def test_a_fingerprint_is_the_one_that_openssh_prints(keys: dict[str, Key], kind: str) -> None:
    blob = base64.b64decode(keys[kind].public.split()[1])
    assert fingerprint_of(blob) == keys[kind].fingerprint


def test_a_key_that_nobody_recorded_is_unknown(keys: dict[str, Key], trust: Trust, key: Key) -> None:
    allow(trust, key.line("alice"))
    told = why(trust, signed(keys["stranger"]))
    assert told.endswith("the key is unknown")
    assert keys["stranger"].fingerprint in told


@pytest.mark.parametrize(
    ("option", "holds"),
    [
        ('valid-before="20260401"', True),
        ('valid-before="20260201"', False),
        ('valid-after="20260201"', True),
        ('valid-after="20260401"', False),
        ('valid-after="20260201",valid-before="20260401"', True),
        ('valid-after="20260101",valid-before="20260201"', False),
    ],
)
def test_a_key_counts_while_its_line_says_that_it_is_valid(
    trust: Trust, key: Key, option: str, holds: bool
) -> None:
    allow(trust, key.line("alice", option))
    if holds:
        assert trust.signer(TEXT, signed(key), PURPOSE, NOW).principal == "alice"
    else:
        assert why(trust, signed(key)).endswith("the key has expired, or is not valid yet")


def test_validity_is_asked_for_the_moment_that_counts_in_whatever_zone_it_is_told(
    trust: Trust, key: Key
) -> None:
    allow(trust, key.line("alice", 'valid-before="20260301170500Z"'))
    before = datetime.fromisoformat("2026-03-02T01:04:00+08:00")
    after = datetime.fromisoformat("2026-03-02T01:06:00+08:00")
    assert trust.signer(TEXT, signed(key), PURPOSE, before).principal == "alice"
    assert why(trust, signed(key), at=after).endswith("the key has expired, or is not valid yet")


def test_a_key_that_was_recorded_anew_counts_by_its_new_line(trust: Trust, key: Key) -> None:
    allow(trust, key.line("alice", 'valid-before="20260201"'), key.line("alice", 'valid-before="20270201"'))
    assert trust.signer(TEXT, signed(key), PURPOSE, NOW).principal == "alice"


@pytest.mark.parametrize("form", ["public keys", "KRL"])
def test_a_revoked_key_counts_no_more(keys: dict[str, Key], trust: Trust, key: Key, form: str) -> None:
    allow(trust, key.line("alice"), keys["ecdsa"].line("bob"))
    if form == "KRL":
        keygen("-q", "-k", "-f", str(trust.revoked_keys), f"{key.file}.pub")
    else:
        trust.revoked_keys.write_text(f"# lost in March\n{key.public}\n")
    assert "the key of alice has been revoked" in why(trust, signed(key))
    assert trust.signer(TEXT, signed(keys["ecdsa"]), PURPOSE, NOW).principal == "bob"


def test_an_empty_list_of_revoked_keys_revokes_nothing(trust: Trust, key: Key) -> None:
    allow(trust, key.line("alice"))
    trust.revoked_keys.touch()
    assert trust.signer(TEXT, signed(key), PURPOSE, NOW).principal == "alice"


@pytest.mark.parametrize("content", ["SSHKRL\n\0cut short", "no keys at all\n", None])
def test_a_list_of_revoked_keys_that_cannot_be_read_lets_nobody_through(
    trust: Trust, key: Key, content: str | None
) -> None:
    allow(trust, key.line("alice"))
    if content is None:
        trust.revoked_keys.symlink_to(trust.revoked_keys.parent / "not mounted")
    else:
        trust.revoked_keys.write_text(content)
    assert why(trust, signed(key)).endswith("or revoked_keys cannot be read")


def test_a_signature_for_another_purpose_does_not_hold(trust: Trust, key: Key) -> None:
    allow(trust, key.line("alice"))
    assert "alice may not sign as govcloud-approver" in why(trust, signed(key, purpose="govcloud-author"))


@pytest.mark.parametrize("purpose", [PURPOSE, "govcloud-author"])
def test_a_key_signs_for_the_purposes_that_its_line_names(trust: Trust, key: Key, purpose: str) -> None:
    allow(trust, key.line("alice", f'namespaces="git,{purpose}"'))
    if purpose == PURPOSE:
        assert trust.signer(TEXT, signed(key), PURPOSE, NOW).principal == "alice"
    else:
        assert "alice may not sign as govcloud-approver" in why(trust, signed(key))


def test_purposes_may_stand_in_two_lines_of_one_name(trust: Trust, key: Key) -> None:
    lines = [key.line("alice", f'namespaces="{purpose}"') for purpose in ("govcloud-author", PURPOSE)]
    allow(trust, *lines)
    assert trust.signer(TEXT, signed(key), PURPOSE, NOW).principal == "alice"


def test_of_several_names_in_a_line_the_first_counts(trust: Trust, key: Key) -> None:
    allow(trust, key.line("alice@city,alice@county"))
    assert trust.signer(TEXT, signed(key), PURPOSE, NOW).principal == "alice@city"


def test_a_signature_over_another_text_does_not_hold(trust: Trust, key: Key) -> None:
    allow(trust, key.line("alice"))
    assert why(trust, signed(key, TEXT + b"\n")).endswith("it is not alice's signature of this very content")
    assert "does not hold" in why(trust, signed(key), b"")


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (None, "there is no such file"),
        ("", "it names nobody"),
        ("\n  \n", "it names nobody"),
        ("# alice ssh-ed25519 AAAA\n   # bob\n", "it names nobody"),
        ("alice\n", "the key is unknown"),
        ("alice ssh-ed25519 AAAA\n", "the key is unknown"),
    ],
)
def test_where_nobody_is_allowed_no_signature_holds(
    trust: Trust, key: Key, content: str | None, what: str
) -> None:
    if content is not None:
        trust.allowed_signers.write_text(content)
    assert what in why(trust, signed(key))


def test_a_key_that_is_commented_out_is_unknown(trust: Trust, key: Key) -> None:
    allow(trust, f"# {key.line('alice')}", "bob ssh-ed25519 AAAA")
    assert why(trust, signed(key)).endswith("the key is unknown")


@pytest.mark.parametrize("kind", KINDS)
def test_any_byte_of_a_signature_turned_is_refused(keys: dict[str, Key], trust: Trust, kind: str) -> None:
    allow(trust, keys[kind].line("alice"))
    whole = signed(keys[kind])
    # 1 turns a letter of base64 into another; of the longer ones every 13th goes through ssh-keygen.
    for other in (*flips(whole, 0x01, 1 if kind == "ed25519" else 13), *flips(whole, 0x80)):
        why(trust, other)


@pytest.mark.parametrize("purpose", ["a", "ab", "abc"])
def test_bits_that_base64_does_not_need_are_refused(trust: Trust, key: Key, purpose: str) -> None:
    """Padding leaves bits that decode to nothing: the same signature could be written in several ways."""
    allow(trust, key.line("alice"))
    whole = sign(TEXT, key.file, purpose)
    assert trust.signer(TEXT, whole.encode(), purpose, NOW)
    head, _, tail = whole.partition("\n-----END")
    body, padding = head.rstrip("="), head[len(head.rstrip("=")) :]
    letters = string.ascii_uppercase + string.ascii_lowercase + string.digits + "+/"
    others = [f"{body[:-1]}{letter}{padding}\n-----END{tail}" for letter in letters if letter != body[-1]]
    same = [one for one in others if _blob(one) == _blob(whole)]
    assert len(same) == {0: 0, 1: 3, 2: 15}[len(padding)]
    for one in same:
        with pytest.raises(SignatureError, match="it is no OpenSSH signature"):
            trust.signer(TEXT, one.encode(), purpose, NOW)


def _blob(armored: str) -> bytes:
    return base64.b64decode("".join(armored.split("\n")[1:-2]))


def test_bits_are_left_over_for_some_purpose(key: Key) -> None:
    ends = {sign(TEXT, key.file, purpose).split("\n")[-3].count("=") for purpose in ("a", "ab", "abc")}
    assert ends == {0, 1, 2}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("\n", "\r\n", id="CRLF"),
        pytest.param("SIGNATURE-----\n", "SIGNATURE-----", id="no newline at an end"),
        pytest.param("-----BEGIN", "\n-----BEGIN", id="an empty line before it"),
        pytest.param("-----BEGIN", "a word\n-----BEGIN", id="a word before it"),
        pytest.param("END SSH SIGNATURE-----\n", "END SSH SIGNATURE-----\n\n", id="an empty line behind it"),
        pytest.param("END SSH SIGNATURE-----\n", "END SSH SIGNATURE-----\nmore\n", id="a word behind it"),
        pytest.param("SSH SIGNATURE", "OPENSSH PRIVATE KEY", id="another kind of armor"),
        pytest.param("U1NIU0lH", "U1NI U0lH", id="a space"),
        pytest.param("U1NIU0lH", "U1NI\nU0lH", id="folded elsewhere"),
        pytest.param("U1NIU0lH", "VVNIU0lH", id="another magic"),
    ],
)
def test_a_signature_in_any_other_form_is_none(trust: Trust, key: Key, old: str, new: str) -> None:
    allow(trust, key.line("alice"))
    whole = signed(key)
    other = whole.replace(old.encode(), new.encode())
    assert other != whole
    assert why(trust, other) == "it is no OpenSSH signature"


@pytest.mark.parametrize(
    "content", [b"", b"\n", b"\0" * 400, b"-----BEGIN SSH SIGNATURE-----\n", b"U1NIU0lH"]
)
def test_what_is_no_signature_is_refused(trust: Trust, key: Key, content: bytes) -> None:
    allow(trust, key.line("alice"))
    assert why(trust, content) == "it is no OpenSSH signature"


def test_every_beginning_of_a_signature_is_refused(trust: Trust, key: Key) -> None:
    allow(trust, key.line("alice"))
    whole = signed(key)
    for length in range(len(whole)):
        why(trust, whole[:length])


def test_signing_without_a_key_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ToolkitError, match="there is no key") as caught:
        sign(TEXT, tmp_path / "nowhere", PURPOSE)
    assert caught.value.remedy == "name your own key with --key"


def test_signing_with_what_is_no_key_says_what_ssh_keygen_said(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("no key\n")
    (tmp_path / "key").chmod(0o600)
    with pytest.raises(ToolkitError, match=r"ssh-keygen did not sign: .*key"):
        sign(TEXT, tmp_path / "key", PURPOSE)
