"""What two others have approved is this very folder: any byte, file or signature of another is refused."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from govcloud.engine.approvals import approve, demand_readable
from govcloud.engine.folder import PAGE, STEPS, PlanFolder, read_plan, write_plan
from govcloud.engine.page import plan_page
from govcloud.errors import ToolkitError
from govcloud.evidence import (
    AUTHOR_FILE,
    MANIFEST,
    SIGNATURES,
    Trust,
    approval_of,
    demand_approved,
    seal,
    sign_as_author,
)
from govcloud.evidence.signatures import SignatureError
from unit.engine.approving import LATER, PLAN, STEP, again, approved, made_keys, put, trusted
from unit.signing import Key, flips


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Key]:
    return made_keys(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="module")
def trust(keys: dict[str, Key], tmp_path_factory: pytest.TempPathFactory) -> Trust:
    return trusted(keys, tmp_path_factory.mktemp("trust"))


@pytest.fixture
def signed(tmp_path: Path, keys: dict[str, Key], trust: Trust) -> PlanFolder:
    """A plan of alice's that bob and carol have approved."""
    folder = write_plan(PLAN, tmp_path)
    sign_as_author(folder.sealed, keys["alice"].file)
    return approved(folder, trust, keys["bob"], keys["carol"])


def refused(path: Path, trust: Trust) -> str:
    """Why a folder cannot be applied where two approvals are asked for."""
    with pytest.raises(ToolkitError) as caught:
        demand_approved(read_plan(path).sealed, 2, trust, LATER)
    return caught.value.what


def test_the_folder_as_it_was_approved_is_good(signed: PlanFolder, trust: Trust) -> None:
    demand_readable(signed)
    assert len(demand_approved(signed.sealed, 2, trust, LATER).approvers) == 2


@pytest.mark.parametrize("name", [STEPS, PAGE, MANIFEST])
def test_any_byte_turned_of_any_file_is_refused(signed: PlanFolder, trust: Trust, name: str) -> None:
    file = signed.sealed.folder / name
    whole = file.read_bytes()
    for turned in flips(whole):
        file.write_bytes(turned)
        refused(signed.sealed.folder, trust)
    file.write_bytes(whole)
    assert again(signed) == signed


def test_any_byte_turned_of_any_signature_is_refused(signed: PlanFolder, trust: Trust) -> None:
    """One in eleven: every byte of a signature by itself is turned in the tests of signatures."""
    for name in signed.sealed.signatures:
        file = signed.sealed.folder / SIGNATURES / name
        whole = file.read_bytes()
        for turned in flips(whole, step=11):
            file.write_bytes(turned)
            refused(signed.sealed.folder, trust)
        file.write_bytes(whole)
    assert again(signed) == signed


@pytest.mark.parametrize("step", [None, replace(STEP, identifier="7"), replace(STEP, operation="delete")])
def test_other_steps_under_the_same_signatures_are_refused(
    signed: PlanFolder, trust: Trust, tmp_path: Path, step: object
) -> None:
    steps = () if step is None else (step,)
    other = write_plan(replace(PLAN, steps=steps), tmp_path)  # type: ignore[arg-type]
    shutil.copytree(signed.sealed.folder / SIGNATURES, other.sealed.folder / SIGNATURES)
    demand_readable(again(other))
    assert "signature of this very content" in refused(other.sealed.folder, trust)


def test_signatures_of_two_plans_cannot_be_mixed(
    signed: PlanFolder, keys: dict[str, Key], trust: Trust, tmp_path: Path
) -> None:
    other = write_plan(replace(PLAN, steps=()), tmp_path)
    sign_as_author(other.sealed, keys["alice"].file)
    for name, signature in signed.sealed.signatures.items():
        if name != AUTHOR_FILE:
            put(other, name, signature.decode())
    assert "signature of this very content" in refused(other.sealed.folder, trust)


def test_a_plan_that_was_written_anew_word_for_word_is_the_same(
    signed: PlanFolder, trust: Trust, tmp_path: Path
) -> None:
    """What is signed is what the folder says, not where it lies or what it is called."""
    other = write_plan(PLAN, tmp_path / "elsewhere")
    shutil.copytree(signed.sealed.folder / SIGNATURES, other.sealed.folder / SIGNATURES)
    assert len(demand_approved(again(other).sealed, 2, trust, LATER).approvers) == 2


@pytest.mark.parametrize("name", ["notes.txt", "approver-x", "approver.sig", "Author.sig", "author.sig.old"])
def test_a_foreign_file_among_the_signatures_is_refused(signed: PlanFolder, trust: Trust, name: str) -> None:
    with pytest.raises(SignatureError, match=f"{name} is no signature of it"):
        approval_of(put(signed, name, "text").sealed, trust, LATER)


def test_an_approval_that_was_taken_away_is_missing(signed: PlanFolder, trust: Trust) -> None:
    (name, *_) = sorted(signed.sealed.signatures.keys() - {AUTHOR_FILE})
    (signed.sealed.folder / SIGNATURES / name).unlink()
    assert refused(signed.sealed.folder, trust) == "2 approvals are asked for, and it has 1"


def test_an_authorship_that_was_taken_away_is_missing(signed: PlanFolder, trust: Trust) -> None:
    (signed.sealed.folder / SIGNATURES / AUTHOR_FILE).unlink()
    assert refused(signed.sealed.folder, trust) == "its author has not signed it"


def _other_page(folder: Path) -> None:
    (folder / PAGE).write_text(plan_page(replace(PLAN, steps=())))


def _nicer_page(folder: Path) -> None:
    page = (folder / PAGE).read_text()
    assert "<h2>Changes" in page
    (folder / PAGE).write_text(page.replace("<h2>Changes", "<h2>No changes"))


def _other_steps(folder: Path) -> None:
    document = json.loads((folder / STEPS).read_text())
    document["steps"][0]["operation"] = "delete"
    (folder / STEPS).write_text(json.dumps(document))


@pytest.mark.parametrize("tamper", [_other_page, _nicer_page, _other_steps])
def test_a_page_that_does_not_show_the_steps_is_not_approved_whoever_sealed_it(
    tmp_path: Path, keys: dict[str, Key], trust: Trust, tamper: Callable[[Path], None]
) -> None:
    folder = write_plan(PLAN, tmp_path)
    tamper(folder.sealed.folder)
    seal(folder.sealed.folder)
    sign_as_author(again(folder).sealed, keys["alice"].file)
    for demand in (
        lambda: approve(again(folder), keys["bob"].file, trust, LATER),
        lambda: demand_readable(again(folder)),
    ):
        with pytest.raises(ToolkitError, match="its page does not show its steps"):
            demand()


def test_a_plan_of_another_tool_is_neither_approved_nor_read(
    tmp_path: Path, keys: dict[str, Key], trust: Trust
) -> None:
    folder = write_plan(replace(PLAN, tool="0.0.1+0"), tmp_path)
    sign_as_author(folder.sealed, keys["alice"].file)
    with pytest.raises(ToolkitError, match=r"another version of the tool made it \(0\.0\.1\+0\)"):
        approve(again(folder), keys["bob"].file, trust, LATER)


@pytest.mark.parametrize("name", [STEPS, PAGE])
def test_a_sealed_folder_that_holds_other_files_is_no_plan(
    signed: PlanFolder, trust: Trust, name: str
) -> None:
    (signed.sealed.folder / name).rename(signed.sealed.folder / f"other-{name}")
    seal(signed.sealed.folder)
    assert refused(signed.sealed.folder, trust).startswith("it is no plan folder")


@pytest.mark.parametrize(
    "text", ["[]", '{"format": 2}', "[" * 10**5, '{"format": 2, "signatures": 1e999}', "\udcff"], ids=len
)
def test_a_sealed_folder_whose_steps_are_none_is_no_plan(signed: PlanFolder, trust: Trust, text: str) -> None:
    (signed.sealed.folder / STEPS).write_bytes(text.encode(errors="surrogateescape"))
    seal(signed.sealed.folder)
    assert refused(signed.sealed.folder, trust).startswith("it is no plan: ")
