"""What a run leaves behind for the next: creates without an answer, and how far a stack came."""

from __future__ import annotations

from pathlib import Path

import pytest

from govcloud.engine.journal import (
    INTENTS,
    JOURNAL,
    Progressed,
    StackLog,
    intents_of,
    note_progress,
    open_creates,
    progressed,
    sent_now,
)
from govcloud.engine.leases import boot
from govcloud.engine.stores.files import Files
from govcloud.errors import ToolkitError
from govcloud.provider import Sent

CORE, CITY = "city/extranet/core/net#0123456789", "city/extranet/city/net#0123456789"


@pytest.fixture
def store(tmp_path: Path) -> Files:
    return Files(tmp_path)


def test_a_create_is_known_to_the_next_run_until_it_is_answered(store: Files) -> None:
    run = intents_of(store)
    run.send(CORE)
    assert list(open_creates(store)) == [CORE]
    remaining = intents_of(store).unanswered(CORE)
    assert remaining is not None
    assert remaining > 0
    run.answer(CORE)
    run.close()
    assert open_creates(store) == {}
    assert intents_of(store).unanswered(CORE) is None


def test_each_stack_has_a_record_of_its_own_and_none_where_nothing_is_open(store: Files) -> None:
    run = intents_of(store)
    run.send(CORE)
    run.send(CITY)
    assert store.names(INTENTS) == [f"{INTENTS}extranet/city.json", f"{INTENTS}extranet/core.json"]
    run.answer(CITY)
    run.close()
    assert store.names(INTENTS) == [f"{INTENTS}extranet/core.json"]
    assert list(open_creates(store)) == [CORE]


def test_a_create_is_kept_with_its_moment_and_its_machine_s_start(store: Files) -> None:
    log = StackLog(store, "extranet/core")
    log.save({CORE: Sent(12.5, "another start")})
    assert log.load() == {CORE: Sent(12.5, "another start")}
    assert sent_now().boot == boot()


def test_a_stack_without_a_record_has_nothing_open(store: Files) -> None:
    assert StackLog(store, "extranet/core").load() == {}
    StackLog(store, "extranet/core").save({})
    assert open_creates(store) == {}


@pytest.mark.parametrize("state", [None, "digest"])
def test_how_far_a_stack_came_is_kept(store: Files, state: str | None) -> None:
    assert progressed(store, "extranet/core") is None
    note_progress(store, "extranet/core", "plan", state)
    assert progressed(store, "extranet/core") == Progressed("plan", state)
    assert progressed(store, "extranet/city") is None


def test_the_last_word_on_a_stack_counts(store: Files) -> None:
    note_progress(store, "extranet/core", "one", "digest")
    note_progress(store, "extranet/core", "two", None)
    assert progressed(store, "extranet/core") == Progressed("two", None)


@pytest.mark.parametrize("content", ["", "[]", "7", "null", '{"cut', '{"marker": 7}', '{"marker": {}}'])
def test_a_record_that_is_not_whole_is_an_error_that_names_it_and_never_nothing(
    store: Files, content: str
) -> None:
    for name in (f"{INTENTS}extranet/core.json", f"{JOURNAL}extranet/core.json"):
        store.write(name, content.encode())
        with pytest.raises(ToolkitError, match="the record is not whole") as caught:
            open_creates(store) if name.startswith(INTENTS) else progressed(store, "extranet/core")
        assert str(caught.value.where).endswith(name)
