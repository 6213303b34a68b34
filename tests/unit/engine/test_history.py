"""The history keeps every plan whole, in the order in which they were applied."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from govcloud.engine.folder import PlanFolder, write_plan
from govcloud.engine.history import PLANS, History
from govcloud.engine.stores.files import Files
from govcloud.errors import ToolkitError
from govcloud.evidence import Approval, Signer
from unit.engine.approving import PLAN, put

APPROVAL = Approval(Signer("alice", "SHA256:a"), (Signer("bob", "SHA256:b"), Signer("carol", "SHA256:c")))
NOBODY = Approval(None, ())


@pytest.fixture
def store(tmp_path: Path) -> Files:
    return Files(tmp_path / "state")


@pytest.fixture
def history(store: Files) -> History:
    return History(store)


@pytest.fixture
def folder(tmp_path: Path) -> PlanFolder:
    return put(write_plan(PLAN, tmp_path), "author.sig", "signed")


def test_an_empty_history_asks_for_nothing_and_knows_no_plan(history: History) -> None:
    assert list(history.entries()) == []
    assert history.signatures_asked() == 0
    assert history.applied("d" * 64) is None


def test_a_plan_is_kept_whole_before_it_is_applied(
    history: History, store: Files, folder: PlanFolder
) -> None:
    history.begun(folder, APPROVAL, 2)
    place = f"{PLANS}{folder.digest}/"
    kept = {name.removeprefix(place): store.read(name) for name in store.names(place)}
    path = folder.sealed.folder
    assert kept == {file.relative_to(path).as_posix(): file.read_bytes() for file in path.rglob("*.*")}
    assert set(kept) == {"manifest.json", "plan.html", "plan.json", "signatures/author.sig"}


def test_its_entry_says_what_was_begun_and_who_stands_for_it(history: History, folder: PlanFolder) -> None:
    said = history.begun(folder, APPROVAL, 2).said
    assert said["what"] == "begun"
    assert (said["plan"], said["site"], said["plane"]) == (folder.digest, "jiujiang", "extranet")
    assert (said["tool"], said["counts"], said["signatures_asked"]) == (PLAN.tool, {"create": 1}, 2)
    assert said["author"] == {"principal": "alice", "fingerprint": "SHA256:a"}
    assert [one["principal"] for one in said["approvers"]] == ["bob", "carol"]
    assert datetime.fromisoformat(said["at"]).tzinfo == UTC


def test_of_an_unsigned_plan_the_author_s_own_word_is_kept(history: History, folder: PlanFolder) -> None:
    assert history.begun(folder, NOBODY, 0).said["author"] == "alice"


def test_a_plan_that_is_resumed_is_kept_once_and_noted_again(
    history: History, store: Files, folder: PlanFolder
) -> None:
    history.begun(folder, APPROVAL, 2)
    before = store.names(PLANS)
    history.begun(folder, APPROVAL, 2)
    assert store.names(PLANS) == before
    assert [entry.said["what"] for entry in history.entries()] == ["begun", "begun"]


def test_a_plan_is_applied_when_that_is_noted_and_not_when_it_is_begun(
    history: History, store: Files, folder: PlanFolder
) -> None:
    history.begun(folder, APPROVAL, 2)
    history.note("failed", plan=folder.digest, errors=1)
    assert History(store).applied(folder.digest) is None
    entry = history.note("applied", plan=folder.digest, standing=7)
    assert History(store).applied(folder.digest) == entry
    assert History(store).applied("another") is None


def test_signatures_are_asked_for_as_they_were_for_the_last_plan(
    history: History, store: Files, tmp_path: Path
) -> None:
    for asked in (0, 2, 1):
        other = write_plan(replace(PLAN, author=f"author {asked}"), tmp_path)
        history.begun(other, NOBODY, asked)
        history.note("applied", plan=other.digest, standing=0)
        assert History(store).signatures_asked() == asked


def test_what_was_done_before_a_run_is_read_once(history: History, folder: PlanFolder) -> None:
    assert history.signatures_asked() == 0
    history.begun(folder, APPROVAL, 2)
    assert history.signatures_asked() == 0


def test_a_history_that_was_rewritten_answers_nothing(
    history: History, store: Files, folder: PlanFolder
) -> None:
    history.begun(folder, APPROVAL, 2)
    history.note("applied", plan=folder.digest, standing=7)
    first = next(store.root.rglob("00000001.json"))
    first.write_bytes(first.read_bytes().replace(b'"signatures_asked": 2', b'"signatures_asked": 0'))
    for question in (lambda: list(history.entries()), history.signatures_asked, lambda: history.applied("x")):
        with pytest.raises(ToolkitError, match="the chain is broken"):
            question()
