"""A bundle that is not exactly what was signed is refused with the reason, and nothing is installed of it."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from govcloud.bundle import base_python, install, verify
from govcloud.bundle.archive import BLOCK, header
from govcloud.bundle.contents import MANIFEST, NAMESPACE, PULUMI, SBOM
from govcloud.errors import ToolkitError
from govcloud.evidence import Trust, sign
from govcloud.evidence.signatures import SignatureError
from govcloud.progress import Silent
from unit.bundle.building import CONTENTS, LONG, NOW, Keys, Pieces, block, manifest_of, pieces

A = "docs/a.md"
Change = Callable[[Pieces], Pieces]


def _instead(head: bytes, content: bytes = b"", of: str = A) -> Change:
    """That header and content in the place of a member."""
    return lambda good: good.replaced(of, (head, content))


def _beside(head: bytes, content: bytes = b"") -> Change:
    """That header and content before a member."""
    return lambda good: good.replaced(A, (head, content), good.members[good.at(A)])


CHANGES: dict[str, tuple[Change, str]] = {
    "symbolic link": (_instead(block(A, type=tarfile.SYMTYPE, linkname="/etc/passwd")), "is a symbolic link"),
    "hard link": (_instead(block(A, type=tarfile.LNKTYPE, linkname=SBOM)), "is a link"),
    "character device": (_instead(block(A, type=tarfile.CHRTYPE, devmajor=1)), "is a device"),
    "block device": (_instead(block(A, type=tarfile.BLKTYPE, devmajor=8)), "is a device"),
    "pipe": (_instead(block(A, type=tarfile.FIFOTYPE)), "is a pipe"),
    "folder": (_beside(block("docs", type=tarfile.DIRTYPE)), "is a folder"),
    "sparse file": (
        _instead(block(A, 5, type=tarfile.GNUTYPE_SPARSE), b"small"),
        "of a kind that no bundle has",
    ),
    "extension of 8 GiB": (_beside(block("././@PaxHeader", 2**33, type=tarfile.XHDTYPE)), "of a kind that"),
    "old file type": (_instead(block(A, 5, type=tarfile.AREGTYPE), b"small"), "of a kind that no bundle has"),
    "absolute name": (_beside(block("/etc/cron.d/x", 2), b"x\n"), "'/etc/cron.d/x': it is absolute"),
    "name that leads out": (_beside(block("docs/../../x", 2), b"x\n"), "it leads out of the folder"),
    "name of an installed file": (
        _beside(block("venv/bin/python", 2), b"x\n"),
        "nothing of that kind belongs",
    ),
    "long name that leads out": (_beside(block("../" * 50 + "x", 2), b"x\n"), "it leads out of the folder"),
    "long name not in it": (_beside(block("docs/" + "x" * 120, 2), b"x\n"), "xxx is not in the manifest"),
    "extra member": (_beside(block("docs/more.md", 2), b"x\n"), "docs/more.md is not in the manifest"),
    "member twice": (_beside(header(SBOM, 2), b"{}"), f"{SBOM} stands in it twice"),
    "missing member": (lambda good: good.replaced(A), f"{A} is missing; docs/A.MD stands in its place"),
    "missing last member": (lambda good: good.replaced("wheels/zeros.whl"), "wheels/zeros.whl is missing"),
    "missing long name": (lambda good: good.replaced(LONG), f"{LONG} is missing"),
    "changed member": (_instead(header(A, 5), b"smelt"), f"{A} has been changed"),
    "shorter member": (_instead(header(A, 4), b"smal"), f"{A} has 4 bytes instead of 5"),
    "huge member": (_instead(header(A, 2**40), b"small"), "has 1,099,511,627,776 bytes instead of 5"),
    "huge long name": (
        _instead(header(LONG, 2**40), of=LONG),
        f"the header of {LONG} is not as it was written",
    ),
    "rights in a header": (_instead(block(A, 5, mode=0o4755), b"small"), "is not as it was written"),
    "padding": (_instead(header(A, 5), b"small" + b"!"), f"something stands behind {A}"),
    "no header": (_instead(b"\xff" * BLOCK), f"where {A} should begin stands no header"),
    "nothing after the signature": (lambda good: replace(good, members=()), f"{SBOM} is missing"),
    "something after the end": (lambda good: replace(good, end=good.end + b"x"), "something follows its end"),
    "a member after the last": (
        lambda good: replace(good, end=block("docs/z.md") + good.end),
        "docs/z.md is not in",
    ),
    "one block of the end": (lambda good: replace(good, end=good.end[:BLOCK]), "it is cut off"),
}


def _refused(archive: Path, trust: Trust, tmp_path: Path) -> ToolkitError:
    """The error of `verify`; `install` says the same and leaves nothing behind."""
    with pytest.raises(ToolkitError) as seen:
        verify(archive, trust, NOW, Silent())
    prefix = tmp_path / "prefix"
    with pytest.raises(ToolkitError) as again:
        install(archive, prefix, trust, NOW, Silent(), python=base_python())
    assert str(again.value) == str(seen.value)
    assert not prefix.exists()
    assert seen.value.remedy
    return seen.value


@pytest.mark.parametrize("name", CHANGES)
def test_an_archive_that_was_changed(name: str, good: Pieces, keys: Keys, tmp_path: Path) -> None:
    change, reason = CHANGES[name]
    path = tmp_path / "bad.tar"
    path.write_bytes(change(good).archive)
    assert reason in _refused(path, keys.trust, tmp_path).what


@pytest.mark.parametrize("part", [0.0, 0.01, 0.2, 0.5, 0.9, 0.999])
def test_an_archive_that_was_cut_off(part: float, good: Pieces, keys: Keys, tmp_path: Path) -> None:
    path = tmp_path / "bad.tar"
    path.write_bytes(good.archive[: int(len(good.archive) * part)])
    assert "it is cut off" in _refused(path, keys.trust, tmp_path).what


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_bit_that_was_flipped(data: st.DataObject, good: Pieces, keys: Keys, tmp_path: Path) -> None:
    content = bytearray(good.archive)
    content[data.draw(st.integers(0, len(content) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    path = tmp_path / "bad.tar"
    path.write_bytes(content)
    with pytest.raises(ToolkitError):
        verify(path, keys.trust, NOW, Silent())


def test_something_that_is_no_archive(keys: Keys, tmp_path: Path) -> None:
    path = tmp_path / "bad.tar"
    path.write_bytes(b"PK\x03\x04" + b"\x01" * 4096)
    assert f"where {MANIFEST} should begin stands no header" in _refused(path, keys.trust, tmp_path).what
    assert "there is no such file" in _refused(tmp_path / "none.tar", keys.trust, tmp_path).what


def test_a_manifest_that_is_too_large_is_not_read(keys: Keys, tmp_path: Path) -> None:
    path = tmp_path / "bad.tar"
    path.write_bytes(header(MANIFEST, 2**40) + bytes(BLOCK))
    assert "has 1,099,511,627,776 bytes instead of" in _refused(path, keys.trust, tmp_path).what


def _signed(good: Pieces, key: Path, namespace: str = NAMESPACE) -> bytes:
    return sign(good.text, key, namespace).encode()


SIGNATURES: dict[str, tuple[Callable[[Pieces, Keys], tuple[bytes, ...]], str]] = {
    "none": (lambda good, keys: (), "nobody has signed it"),
    "a foreign key's": (lambda good, keys: (_signed(good, keys.foreign),), "the key is unknown"),
    "one more, a foreign key's": (
        lambda good, keys: (*good.signatures, _signed(good, keys.foreign)),
        "the key is unknown",
    ),
    "for another purpose": (lambda good, keys: (_signed(good, keys.known, "file"),), "may not sign as"),
    "no signature": (lambda good, keys: (b"-----BEGIN\n",), "it is no OpenSSH signature"),
}


@pytest.mark.parametrize("name", SIGNATURES)
def test_signatures_that_do_not_hold(name: str, good: Pieces, keys: Keys, tmp_path: Path) -> None:
    signatures, reason = SIGNATURES[name]
    path = tmp_path / "bad.tar"
    path.write_bytes(replace(good, signatures=signatures(good, keys)).archive)
    error = _refused(path, keys.trust, tmp_path)
    assert isinstance(error, SignatureError) and error.exit_code == 4
    assert reason in error.what


def test_a_signature_of_another_manifest(good: Pieces, keys: Keys, tmp_path: Path) -> None:
    path = tmp_path / "bad.tar"
    path.write_bytes(replace(good, text=manifest_of(CONTENTS, site="elsewhere").text).archive)
    assert isinstance(_refused(path, keys.trust, tmp_path), SignatureError)


def test_a_key_that_was_revoked(archive: Path, keys: Keys, tmp_path: Path) -> None:
    revoked = Trust(keys.trust.allowed_signers, keys.folder / "known.pub")
    assert isinstance(_refused(archive, revoked, tmp_path), SignatureError)


def _other(**other: Any) -> bytes:
    document = json.loads(manifest_of(CONTENTS).text)
    return (json.dumps({**document, **other}, indent=1, sort_keys=True) + "\n").encode()


def _member(**other: Any) -> bytes:
    document = json.loads(manifest_of(CONTENTS).text)
    document["members"][2].update(other)
    return _other(members=document["members"])


MANIFESTS: dict[str, tuple[bytes, str]] = {
    "a name that leads out": (_member(name="../x"), "'../x': it leads out of the folder"),
    "an absolute name": (_member(name="/x"), "'/x': it is absolute"),
    "a hidden name": (_member(name="docs/.x"), "it is not a plain path"),
    "a name with a control character": (_member(name="docs/x\n"), "it is not a plain path"),
    "a name of no kind": (_member(name="venv/pyvenv.cfg"), "nothing of that kind belongs into a bundle"),
    "a name twice": (_member(name=SBOM), f"names {SBOM} twice"),
    "a file that is a folder": (_member(name="docs/A.MD/x"), "names docs/A.MD as a file and as a folder"),
    "a negative size": (_member(size=-1), "gives no size and SHA-256 for docs/a.md"),
    "a size that is none": (_member(size=True), "gives no size and SHA-256 for docs/a.md"),
    "a digest that is none": (_member(sha256="0" * 63), "gives no size and SHA-256 for docs/a.md"),
    "a key too many": (_other(more=1), "not in the form in which manifests are written"),
    "another form": (manifest_of(CONTENTS).text + b"\n", "not in the form in which manifests are written"),
    "another format": (_other(format=2), "it is of format 2, this govcloud knows 1"),
    "a site that is no word": (_other(site="../etc"), "its manifest cannot be read"),
    "an image that is none": (
        _other(images=[{"plane": "x", "source": "guest", "member": "docs/none"}]),
        "the image of plane x is not among its members",
    ),
    "an image outside": (
        _other(images=[{"plane": "..", "source": "guest", "member": "docs/a.md"}]),
        "its manifest cannot be read",
    ),
    "no JSON": (b"{", "its manifest cannot be read"),
    "no object": (b"[]\n", "its manifest cannot be read"),
    "nesting without end": (b"[" * 100_000, "its manifest cannot be read"),
    "no Pulumi": (
        manifest_of({name: content for name, content in CONTENTS.items() if name != PULUMI}).text,
        f"its manifest has no {PULUMI}",
    ),
}


@pytest.mark.parametrize("name", MANIFESTS)
def test_a_signed_manifest_that_is_hostile_all_the_same(name: str, keys: Keys, tmp_path: Path) -> None:
    text, reason = MANIFESTS[name]
    path = tmp_path / "bad.tar"
    path.write_bytes(pieces(keys, text=text).archive)
    assert reason in _refused(path, keys.trust, tmp_path).what
