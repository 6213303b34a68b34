"""A sealed folder is read whole and as it was sealed, or not at all."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from govcloud.errors import ToolkitError
from govcloud.evidence import MANIFEST, SIGNATURES, manifest, opened, seal
from unit.signing import flips

FILES = {"plan.json": b'{"steps": []}\n', "plan.html": "<p>财政局</p>\n".encode(), "empty": b""}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small folder, sealed."""
    path = tmp_path / "folder"
    path.mkdir()
    for name, content in FILES.items():
        (path / name).write_bytes(content)
    seal(path)
    return path


def signature(folder: Path, name: str, content: bytes = b"signed") -> Path:
    (folder / SIGNATURES).mkdir(exist_ok=True)
    (folder / SIGNATURES / name).write_bytes(content)
    return folder / SIGNATURES / name


def refused(folder: Path) -> str:
    with pytest.raises(ToolkitError) as caught:
        opened(folder)
    assert caught.value.remedy
    assert str(folder) in str(caught.value)
    return caught.value.what


def test_it_opens_as_it_was_sealed(folder: Path) -> None:
    sealed = opened(folder)
    assert sealed.files == FILES
    assert sealed.signatures == {}
    assert sealed.text == (folder / MANIFEST).read_bytes()
    assert sealed.digest == hashlib.sha256(sealed.text).hexdigest()


def test_the_manifest_names_every_file_with_its_size_and_digest(folder: Path) -> None:
    assert json.loads((folder / MANIFEST).read_text()) == {
        "format": 1,
        "files": {
            name: {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}
            for name, content in FILES.items()
        },
    }


def test_sealing_says_what_opening_says_and_sealing_again_changes_nothing(folder: Path) -> None:
    before = (folder / MANIFEST).read_bytes()
    assert seal(folder) == opened(folder)
    assert (folder / MANIFEST).read_bytes() == before


def test_the_digest_follows_from_the_files_alone(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "elsewhere"
    other.mkdir()
    for name, content in reversed(FILES.items()):
        (other / name).write_bytes(content)
    assert seal(other).digest == opened(folder).digest


def test_signatures_lie_beside_it_and_change_no_digest(folder: Path) -> None:
    before = opened(folder).digest
    signature(folder, "author.sig")
    sealed = opened(folder)
    assert sealed.signatures == {"author.sig": b"signed"}
    assert sealed.digest == before
    assert seal(folder).digest == before


def _missing(folder: Path) -> None:
    (folder / "plan.html").unlink()


def _extra(folder: Path) -> None:
    (folder / "more.txt").write_text("more")


def _changed(folder: Path) -> None:
    (folder / "plan.json").write_bytes(FILES["plan.json"].replace(b"steps", b"stops"))


def _renamed(folder: Path) -> None:
    (folder / "plan.html").rename(folder / "page.html")


def _swapped(folder: Path) -> None:
    (folder / "plan.html").write_bytes(FILES["plan.json"])
    (folder / "plan.json").write_bytes(FILES["plan.html"])


def _linked(folder: Path) -> None:
    (folder / "plan.json").rename(folder.parent / "plan.json")
    (folder / "plan.json").symlink_to(folder.parent / "plan.json")


def _linked_manifest(folder: Path) -> None:
    (folder / MANIFEST).rename(folder.parent / MANIFEST)
    (folder / MANIFEST).symlink_to(folder.parent / MANIFEST)


def _fifo(folder: Path) -> None:
    (folder / "plan.json").unlink()
    os.mkfifo(folder / "plan.json")


def _directory(folder: Path) -> None:
    (folder / "plan.json").unlink()
    (folder / "plan.json").mkdir()


def _directory_beside(folder: Path) -> None:
    (folder / "more").mkdir()


def _many(folder: Path) -> None:
    for number in range(manifest.FILES_AT_MOST):
        (folder / f"file-{number}").touch()


def _crlf(folder: Path) -> None:
    (folder / "plan.json").write_bytes(FILES["plan.json"].replace(b"\n", b"\r\n"))


def _crlf_manifest(folder: Path) -> None:
    (folder / MANIFEST).write_bytes((folder / MANIFEST).read_bytes().replace(b"\n", b"\r\n"))


def _respelled_manifest(folder: Path) -> None:
    (folder / MANIFEST).write_text(json.dumps(json.loads((folder / MANIFEST).read_text())))


def _manifest(text: str) -> Callable[[Path], None]:
    return lambda folder: [(folder / MANIFEST).write_text(text)][0] and None


@pytest.mark.parametrize(
    ("tamper", "what"),
    [
        pytest.param(_missing, "plan.html is missing", id="a file is missing"),
        pytest.param(_extra, "more.txt is not in the manifest", id="a file has come"),
        pytest.param(_changed, "plan.json has been changed", id="a file of the same size"),
        pytest.param(_crlf, "plan.json has been changed", id="its lines end otherwise"),
        pytest.param(
            _renamed, "plan.html is missing; page.html is not in the manifest", id="a file is renamed"
        ),
        pytest.param(
            _swapped, "plan.html has been changed; plan.json has been changed", id="two files are exchanged"
        ),
        pytest.param(_linked, "plan.json cannot be read", id="a link to the very same content"),
        pytest.param(_linked_manifest, "manifest.json cannot be read", id="the manifest is a link"),
        pytest.param(_fifo, "plan.json is not a regular file", id="a pipe, which nobody waits for"),
        pytest.param(_directory, "plan.json is not a regular file", id="a directory in a file's place"),
        pytest.param(_directory_beside, "more is not a regular file", id="a directory beside the files"),
        pytest.param(_many, "it holds 68 files", id="more files than any plan has"),
        pytest.param(_crlf_manifest, "the manifest itself has been changed", id="the manifest's lines"),
        pytest.param(
            _respelled_manifest, "the manifest itself has been changed", id="the same in other words"
        ),
        pytest.param(_manifest(""), "the manifest itself has been changed", id="an empty manifest"),
        pytest.param(
            _manifest("[]"), "the manifest itself has been changed", id="a manifest of another form"
        ),
        pytest.param(
            _manifest('{"files": 7}'), "the manifest itself has been changed", id="no list of files"
        ),
        pytest.param(_manifest("[" * 10**5), "the manifest itself has been changed", id="nested without end"),
    ],
)
def test_what_was_tampered_with_is_refused_and_named(
    folder: Path, tamper: Callable[[Path], None], what: str
) -> None:
    tamper(folder)
    assert refused(folder).startswith(what)


def test_a_folder_without_a_manifest_is_no_sealed_one(folder: Path) -> None:
    (folder / MANIFEST).unlink()
    assert "it has no manifest.json" in refused(folder)
    assert "it has no manifest.json" in refused(folder.parent / "nowhere")


@pytest.mark.parametrize(
    "name", [".hidden", "a b", "-rf", "名", "new\nline", os.fsdecode(b"\xff"), "x" * 101, "plan.json~", "~"]
)
def test_a_name_that_could_be_mistaken_is_refused_in_sealing_and_in_opening(folder: Path, name: str) -> None:
    (folder / name).write_text("text")
    assert refused(folder).startswith("there is a file of the name ")
    with pytest.raises(ToolkitError, match="there is a file of the name"):
        seal(folder)


def test_a_file_of_the_largest_size_is_read_and_one_byte_more_is_not(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(manifest, "FILE_LIMIT", 1000)
    (folder / "large").write_bytes(b"x" * 1000)
    seal(folder)
    assert len(opened(folder).files["large"]) == 1000
    (folder / "large").write_bytes(b"x" * 1001)
    assert refused(folder) == "large is larger than 1,000 bytes"


def test_a_huge_signature_is_refused_unread(folder: Path) -> None:
    signature(folder, "author.sig", b"x" * (manifest.SIGNATURE_LIMIT + 1))
    assert refused(folder) == "author.sig is larger than 16,384 bytes"


def test_signatures_are_as_strictly_read_as_files(folder: Path) -> None:
    file = signature(folder, "author.sig")
    file.rename(folder.parent / "author.sig")
    file.symlink_to(folder.parent / "author.sig")
    assert refused(folder).startswith("author.sig cannot be read")
    file.unlink()
    signature(folder, ".author.sig")
    assert refused(folder).startswith("there is a file of the name")


def test_a_directory_among_the_signatures_is_refused(folder: Path) -> None:
    (folder / SIGNATURES / "author.sig").mkdir(parents=True)
    assert refused(folder) == "author.sig is not a regular file"


@pytest.mark.parametrize("kind", ["file", "link", "dangling link"])
def test_signatures_that_are_no_directory_are_refused(folder: Path, kind: str) -> None:
    if kind == "file":
        (folder / SIGNATURES).write_text("signed")
    else:
        (folder / SIGNATURES).symlink_to(folder if kind == "link" else folder.parent / "nowhere")
    assert refused(folder) == "it is no directory"


def test_any_byte_of_any_file_turned_is_refused(folder: Path) -> None:
    tried = 0
    for name in (*FILES, MANIFEST):
        whole = (folder / name).read_bytes()
        for turned in (*flips(whole, 0x01), *flips(whole, 0x20), *flips(whole, 0x80)):
            (folder / name).write_bytes(turned)
            refused(folder)
            tried += 1
        (folder / name).write_bytes(whole)
    assert tried > 3 * sum(map(len, FILES.values()))
    assert opened(folder).files == FILES


def test_any_file_cut_short_or_lengthened_is_refused(folder: Path) -> None:
    for name in (*FILES, MANIFEST):
        whole = (folder / name).read_bytes()
        for other in (whole[:-1], whole + b"\n", whole + b"\0"):
            if other != whole:
                (folder / name).write_bytes(other)
                refused(folder)
        (folder / name).write_bytes(whole)
