"""The reader: every value has its line, and nothing in a file can do harm."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from govcloud.errors import ToolkitError, Where
from govcloud.topology.document import MAX_BYTES, read


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "thing.yaml"


def test_every_value_knows_its_line(file: Path) -> None:
    file.write_text("# a comment\nid: x\nparts:\n  - {a: 1}\n  -\n    b: 2\n", encoding="utf-8")
    document = read(file)
    assert document.value == {"id": "x", "parts": [{"a": 1}, {"b": 2}]}
    assert document.where("parts", 0, "a") == Where(file, 4)
    assert document.where("parts", 1, "b") == Where(file, 6)


def test_the_place_of_what_is_missing_is_that_of_what_holds_it(file: Path) -> None:
    file.write_text("id: x\nparts:\n  - {a: 1}\n", encoding="utf-8")
    assert read(file).where("parts", 0, "c", "d") == Where(file, 3)


@pytest.mark.parametrize("word", ["on", "yes", "no", "2012-03-19", "12:30", "010", "1e3", "0x1f", ".5"])
def test_words_that_yaml_would_reinterpret_stay_words(file: Path, word: str) -> None:
    file.write_text(f"key: {word}\n", encoding="utf-8")
    assert read(file).value == {"key": word}


def test_a_key_may_be_on(file: Path) -> None:
    file.write_text("on: https\n", encoding="utf-8")
    assert read(file).value == {"on": "https"}


@pytest.mark.parametrize(("text", "value"), [("true", True), ("7", 7), ("-7", -7), ("", None), ('"7"', "7")])
def test_plain_scalars_have_types(file: Path, text: str, value: object) -> None:
    file.write_text(f"key: {text}\n", encoding="utf-8")
    assert read(file).value == {"key": value}


def test_a_file_of_the_largest_size_is_read_and_one_byte_more_is_not(file: Path) -> None:
    start = "key: "
    file.write_text(start + "x" * (MAX_BYTES - len(start)), encoding="utf-8")
    assert len(read(file).value["key"]) == MAX_BYTES - len(start)
    file.write_text(start + "x" * (MAX_BYTES - len(start) + 1), encoding="utf-8")
    with pytest.raises(ToolkitError, match="large"):
        read(file)


def test_an_alias_bomb_is_refused_at_its_first_anchor(file: Path) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    file.write_text("\n".join(lines), encoding="utf-8")
    started = time.monotonic()
    with pytest.raises(ToolkitError, match="anchors and aliases"):
        read(file)
    assert time.monotonic() - started < 5


def test_nesting_of_any_depth_is_an_error_and_not_a_crash(file: Path) -> None:
    file.write_text("[" * 200_000, encoding="utf-8")
    with pytest.raises(ToolkitError, match="nested deeper"):
        read(file)


def test_what_is_no_regular_file_is_not_opened(file: Path) -> None:
    os.mkfifo(file)
    with pytest.raises(ToolkitError, match="not a regular file"):
        read(file)


@pytest.mark.parametrize(
    "tag", ["!!python/object/apply:os.system [id]", "!!binary aGk=", "!secret x", "!!str x"]
)
def test_no_tag_is_taken(file: Path, tag: str) -> None:
    file.write_text(f"key: {tag}\n", encoding="utf-8")
    with pytest.raises(ToolkitError, match="tag"):
        read(file)
