"""What is sent of a file: what the asker lacks, by the digests that he has, whichever function made them."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from govcloud.migrations.files.agent import digesting
from govcloud.migrations.files.agent.digesting import FUNCTIONS, HOLE, digest_by, is_of, letter_of
from govcloud.migrations.files.agent.reading import Sender
from govcloud.migrations.files.agent.wire import CHUNK, LENGTH, SMALL, Frames, Tree, frames, text


@pytest.fixture
def chunks(tmp_path: Path) -> list[bytes]:
    """A file of five chunks and a bit, of which the third is a hole."""
    made = [os.urandom(CHUNK), os.urandom(CHUNK), b"", os.urandom(CHUNK), os.urandom(CHUNK), b"the rest"]
    with (tmp_path / "file").open("wb") as stream:
        for number, content in enumerate(made):
            stream.seek(number * CHUNK)
            stream.write(content)
    return made


def sent(folder: Path, known: list[str] | None) -> tuple[bytes, dict[str, Any], list[tuple[bytes, bytes]]]:
    sink = io.BytesIO()
    descriptor = os.open(folder / "file", os.O_RDONLY)
    try:
        sender = Sender(Tree(os.fsencode(folder)), Frames(sink))  # type: ignore[arg-type]
        kind, told = sender.send(descriptor, known)
    finally:
        os.close(descriptor)
    sink.seek(0)
    return kind, told, [(letter, bytes(payload)) for letter, payload in frames(sink)]


def by(letter: str, chunks: list[bytes]) -> list[str]:
    return [digest_by(letter, one) if one else HOLE for one in chunks]


def test_all_of_a_new_file_is_sent_in_order(tmp_path: Path, chunks: list[bytes]) -> None:
    kind, told, said = sent(tmp_path, None)
    assert kind == b"E"
    assert told["still"]
    assert [letter for letter, _ in said] == [b"D", b"D", b"Z", b"D", b"D", b"D"]
    assert [payload for letter, payload in said if letter == b"D"] == [one for one in chunks if one]
    assert told["digests"] == by(told["digests"][0][0], chunks)


@pytest.mark.parametrize("letter", sorted(FUNCTIONS))
def test_nothing_of_a_file_is_sent_that_is_as_it_was(
    letter: str, tmp_path: Path, chunks: list[bytes]
) -> None:
    known = by(letter, chunks)
    kind, told, said = sent(tmp_path, known)
    assert (kind, said) == (b"U", [])
    assert told["digests"] == known


@pytest.mark.parametrize("letter", sorted(FUNCTIONS))
def test_one_changed_chunk_is_all_that_is_sent(letter: str, tmp_path: Path, chunks: list[bytes]) -> None:
    known = by(letter, [*chunks[:3], os.urandom(CHUNK), *chunks[4:]])
    kind, told, said = sent(tmp_path, known)
    assert kind == b"E"
    assert [one for one, _ in said] == [b"S", b"S", b"Z", b"D", b"S", b"S"]
    assert said[3][1] == chunks[3]
    assert all(is_of(chunks[0], payload[12:].decode()) for _, payload in said[:1])
    assert told["digests"] == by(letter, chunks)


def test_a_file_that_became_shorter_while_it_was_read_is_not_said_to_be_whole(
    tmp_path: Path, chunks: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    pieces = Sender.looked

    def shrinking(self: Sender, descriptor: int, *more: Any) -> Iterator[tuple[int, bytes, str]]:
        os.truncate(tmp_path / "file", CHUNK + 5)
        yield from pieces(self, descriptor, *more)

    monkeypatch.setattr(Sender, "looked", shrinking)
    _, told, _ = sent(tmp_path, None)
    assert not told["still"]


def test_digests_are_compared_by_the_function_that_made_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digesting, "FASTEST", ["s"])
    assert letter_of(None) == letter_of([]) == letter_of([HOLE]) == "s"
    assert letter_of([HOLE, "b00"]) == "b"
    # Digests of another time, without a letter, are nobody's.
    assert letter_of(["00"]) == "s"
    assert not is_of(b"x", digest_by("b", b"y"))
    assert is_of(b"x", digest_by("b", b"x"))


def answered(folder: Path, known: list[str] | None) -> list[tuple[bytes, bytes]]:
    """What is sent when `small` is asked for."""
    sink = io.BytesIO()
    asked = {"entry": {"path": text(b"small")}, "digests": known}
    Sender(Tree(os.fsencode(folder)), Frames(sink)).answer(json.dumps(asked).encode())  # type: ignore[arg-type]
    sink.seek(0)
    return [(letter, bytes(payload)) for letter, payload in frames(sink)]


@pytest.mark.parametrize("content", [b"", b"a decision", os.urandom(SMALL)])
def test_a_small_file_goes_in_one_frame(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "small").write_bytes(content)
    ((letter, frame),) = answered(tmp_path, None)
    length = LENGTH.unpack_from(frame)[0]
    told = json.loads(frame[LENGTH.size : LENGTH.size + length])["told"]
    assert letter == b"W"
    assert frame[LENGTH.size + length :] == content
    assert told["size"] == len(content)
    assert all(is_of(content, one) for one in told["digests"])
    assert len(told["digests"]) == bool(content)


@pytest.mark.parametrize("kept", ["larger", "hole", "there", "gone"])
def test_any_other_file_is_told_piece_by_piece(tmp_path: Path, kept: str) -> None:
    with (tmp_path / "small").open("wb") as stream:
        stream.write(b"" if kept == "hole" else b"x" * (SMALL + 1 if kept == "larger" else SMALL))
        if kept == "hole":
            stream.truncate(SMALL)
    if kept == "gone":
        (tmp_path / "small").unlink()
    letters = [letter for letter, _ in answered(tmp_path, ["s0"] if kept == "there" else None)]
    assert letters == {"gone": [b"F", b"X"], "hole": [b"F", b"Z", b"E"]}.get(kept, [b"F", b"D", b"E"])


def test_what_changes_while_it_is_read_is_not_said_to_be_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "small").write_bytes(b"a decision")
    pieces = Sender.looked

    def changing(self: Sender, descriptor: int, *more: Any) -> Iterator[tuple[int, bytes, str]]:
        with (tmp_path / "small").open("ab") as stream:
            stream.write(b"!")
        yield from pieces(self, descriptor, *more)

    monkeypatch.setattr(Sender, "looked", changing)
    (*_, (letter, told)) = answered(tmp_path, None)
    assert letter == b"E"
    assert not json.loads(told)["still"]
