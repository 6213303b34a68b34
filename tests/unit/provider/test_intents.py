"""A create that was sent and not answered is remembered by the next run."""

from __future__ import annotations

from pathlib import Path

from govcloud.provider.intents import Intents


def test_an_unanswered_create_outlives_the_process(tmp_path: Path) -> None:
    path = tmp_path / "intents.jsonl"
    first = Intents(path)
    first.send("marker-a")
    first.send("marker-b")
    first.answer("marker-b")
    again = Intents(path)
    waiting = again.unanswered("marker-a")
    assert waiting is not None
    assert 0 < waiting <= 60
    assert again.unanswered("marker-b") is None


def test_a_half_written_last_line_is_a_create_that_was_not_sent(tmp_path: Path) -> None:
    path = tmp_path / "intents.jsonl"
    first = Intents(path)
    first.send("marker-a")
    with path.open("a") as stream:
        stream.write('{"sent": "marker-b", "a')
    assert Intents(path).unanswered("marker-a") is not None
    assert Intents(path).unanswered("marker-b") is None


def test_with_nothing_open_the_file_goes(tmp_path: Path) -> None:
    path = tmp_path / "intents.jsonl"
    intents = Intents(path)
    intents.send("marker-a")
    intents.answer("marker-a")
    intents.close()
    assert not path.exists()
