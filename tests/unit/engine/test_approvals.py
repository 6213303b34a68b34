"""Whose signatures a plan bears: its author's, and those of others who have read it, each of them once."""

from __future__ import annotations

import shutil
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from govcloud.engine.approvals import approve
from govcloud.engine.folder import PlanFolder, read_plan, write_plan
from govcloud.errors import ToolkitError
from govcloud.evidence import (
    APPROVER,
    AUTHOR,
    AUTHOR_FILE,
    SIGNATURES,
    Approval,
    Trust,
    approval_of,
    demand_approved,
    sign,
    sign_as_author,
)
from govcloud.evidence.signatures import SignatureError
from unit.engine.approving import LATER, NOW, PLAN, again, approved, made_keys, put, trusted, trusting
from unit.signing import Key


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Key]:
    return made_keys(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="module")
def trust(keys: dict[str, Key], tmp_path_factory: pytest.TempPathFactory) -> Trust:
    return trusted(keys, tmp_path_factory.mktemp("trust"))


@pytest.fixture
def folder(tmp_path: Path) -> PlanFolder:
    """A plan that nobody has signed."""
    return write_plan(PLAN, tmp_path)


@pytest.fixture
def plan(folder: PlanFolder, keys: dict[str, Key]) -> PlanFolder:
    """A plan that alice has made and signed."""
    sign_as_author(folder.sealed, keys["alice"].file)
    return again(folder)


def names(approval: Approval) -> tuple[str | None, tuple[str, ...]]:
    author = approval.author.principal if approval.author else None
    return author, tuple(sorted(one.principal for one in approval.approvers))


def refused(plan: PlanFolder, key: Key, trust: Trust, at: datetime = LATER) -> str:
    """Why a key may not approve; the folder is left as it was."""
    before = again(plan).sealed
    with pytest.raises(ToolkitError) as caught:
        approve(again(plan), key.file, trust, at)
    assert again(plan).sealed == before
    return caught.value.what


def test_a_plan_tells_who_made_it_and_who_has_read_it(
    plan: PlanFolder, keys: dict[str, Key], trust: Trust
) -> None:
    assert names(approval_of(plan.sealed, trust, LATER)) == ("alice", ())
    signed = approved(plan, trust, keys["bob"], keys["carol"])
    approval = demand_approved(signed.sealed, 2, trust, LATER)
    assert names(approval) == ("alice", ("bob", "carol"))
    assert {one.fingerprint for one in approval.approvers} == {
        keys[name].fingerprint for name in ("bob", "carol")
    }


def test_approving_tells_what_the_plan_bears_by_then(
    plan: PlanFolder, keys: dict[str, Key], trust: Trust
) -> None:
    assert names(approve(plan, keys["bob"].file, trust, LATER)) == ("alice", ("bob",))
    assert names(approve(again(plan), keys["carol"].file, trust, LATER)) == ("alice", ("bob", "carol"))


def test_two_who_sign_copies_bring_their_signatures_together(
    plan: PlanFolder, keys: dict[str, Key], trust: Trust, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(plan.sealed.folder, copy)
    approved(plan, trust, keys["bob"])
    approve(read_plan(copy), keys["carol"].file, trust, LATER)
    shutil.copytree(copy / SIGNATURES, plan.sealed.folder / SIGNATURES, dirs_exist_ok=True)
    assert names(demand_approved(again(plan).sealed, 2, trust, LATER)) == ("alice", ("bob", "carol"))


@pytest.mark.parametrize(
    ("who", "what"),
    [
        pytest.param("alice", "alice .* made it", id="the author's own key"),
        pytest.param("alice-2", "alice .* made it", id="another key of the author's name"),
        pytest.param("dave", "dave may not sign as govcloud-approver", id="who may only make plans"),
        pytest.param("stranger", "the key is unknown", id="whom nobody knows"),
    ],
)
def test_who_may_not_approve_is_refused_and_leaves_no_trace(
    plan: PlanFolder, keys: dict[str, Key], trust: Trust, who: str, what: str
) -> None:
    with pytest.raises(SignatureError, match=what) as caught:
        approve(plan, keys[who].file, trust, LATER)
    assert caught.value.exit_code == 4
    assert again(plan).sealed == plan.sealed


def test_the_author_s_key_under_another_name_is_still_the_author_s(
    plan: PlanFolder, keys: dict[str, Key], tmp_path: Path
) -> None:
    """Two lines of one key with two names: OpenSSH gives the first, and neither counts twice."""
    for order in (1, -1):
        lines = [keys["alice"].line("alice"), keys["alice"].line("mallory")][::order]
        assert "made it" in refused(plan, keys["alice"], trusting(tmp_path, *lines))
    roles = {"alice": AUTHOR, "mallory": APPROVER}
    lines = [keys["alice"].line(name, f'namespaces="{role}"') for name, role in roles.items()]
    refused(plan, keys["alice"], trusting(tmp_path, *lines))


def test_nobody_approves_twice(plan: PlanFolder, keys: dict[str, Key], trust: Trust) -> None:
    signed = approved(plan, trust, keys["bob"])
    assert "bob" in (told := refused(signed, keys["bob"], trust))
    assert "has signed it already" in told


def test_two_keys_of_one_name_are_one_approver(
    folder: PlanFolder, keys: dict[str, Key], trust: Trust
) -> None:
    sign_as_author(folder.sealed, keys["carol"].file)
    signed = approved(folder, trust, keys["alice"])
    assert "has signed it already" in refused(signed, keys["alice-2"], trust)


def test_one_signature_under_two_names_of_files_counts_once(
    plan: PlanFolder, keys: dict[str, Key], trust: Trust
) -> None:
    signed = approved(plan, trust, keys["bob"])
    (name,) = signed.sealed.signatures.keys() - {AUTHOR_FILE}
    copied = put(signed, "approver-copy.sig", signed.sealed.signatures[name].decode())
    with pytest.raises(SignatureError, match="has signed it already"):
        demand_approved(copied.sealed, 2, trust, LATER)


@pytest.mark.parametrize(("asked", "have"), [(1, 0), (2, 0), (2, 1), (3, 2)])
def test_fewer_approvals_than_are_asked_for_are_too_few(
    plan: PlanFolder, keys: dict[str, Key], trust: Trust, asked: int, have: int
) -> None:
    signed = approved(plan, trust, *[keys["bob"], keys["carol"]][:have])
    with pytest.raises(SignatureError, match=f"{asked} approvals are asked for, and it has {have}"):
        demand_approved(signed.sealed, asked, trust, LATER)
    assert len(demand_approved(signed.sealed, have, trust, LATER).approvers) == have


def test_a_plan_of_which_nobody_says_that_he_made_it_cannot_be_approved_nor_applied(
    folder: PlanFolder, keys: dict[str, Key], trust: Trust
) -> None:
    assert refused(folder, keys["bob"], trust) == "its author has not signed it"
    signed = put(folder, "approver-bob.sig", sign(folder.sealed.text, keys["bob"].file, APPROVER))
    with pytest.raises(SignatureError, match="its author has not signed it"):
        demand_approved(signed.sealed, 1, trust, LATER)


def test_where_no_signature_is_asked_for_none_is_needed(folder: PlanFolder, tmp_path: Path) -> None:
    assert demand_approved(folder.sealed, 0, trusting(tmp_path), LATER) == Approval(None, ())


def test_a_signature_that_nobody_asked_for_must_hold_all_the_same(
    folder: PlanFolder, keys: dict[str, Key], trust: Trust
) -> None:
    sign_as_author(folder.sealed, keys["stranger"].file)
    with pytest.raises(SignatureError, match="the key is unknown"):
        demand_approved(again(folder).sealed, 0, trust, LATER)


def test_an_approval_in_the_author_s_place_is_no_authorship(
    folder: PlanFolder, keys: dict[str, Key], trust: Trust
) -> None:
    forged = put(folder, AUTHOR_FILE, sign(folder.sealed.text, keys["alice"].file, APPROVER))
    with pytest.raises(SignatureError, match="alice may not sign as govcloud-author"):
        demand_approved(forged.sealed, 0, trust, LATER)


def test_who_may_not_make_plans_is_no_author(folder: PlanFolder, keys: dict[str, Key], trust: Trust) -> None:
    sign_as_author(folder.sealed, keys["bob"].file)
    with pytest.raises(SignatureError, match="bob may not sign as govcloud-author"):
        approval_of(again(folder).sealed, trust, LATER)


def test_a_plan_that_has_expired_is_not_signed_any_more(
    plan: PlanFolder, keys: dict[str, Key], trust: Trust
) -> None:
    last = PLAN.expires
    assert "expired at 2026-03-08 09:00 UTC" in refused(plan, keys["bob"], trust, last + timedelta(seconds=1))
    assert names(approve(plan, keys["bob"].file, trust, last)) == ("alice", ("bob",))


def test_an_approval_whose_key_has_expired_since_counts_no_more(
    plan: PlanFolder, keys: dict[str, Key], tmp_path: Path
) -> None:
    until = trusting(
        tmp_path, keys["alice"].line("alice"), keys["bob"].line("bob", 'valid-before="20260303"')
    )
    signed = approved(plan, until, keys["bob"])
    assert len(demand_approved(signed.sealed, 1, until, LATER).approvers) == 1
    with pytest.raises(SignatureError, match="the key has expired"):
        demand_approved(signed.sealed, 1, until, NOW + timedelta(days=5))


def test_an_approval_whose_key_was_revoked_since_counts_no_more(
    plan: PlanFolder, keys: dict[str, Key], tmp_path: Path
) -> None:
    revoking = trusting(tmp_path, keys["alice"].line("alice"), keys["bob"].line("bob"))
    signed = approved(plan, revoking, keys["bob"])
    revoking.revoked_keys.write_text(keys["bob"].public)
    with pytest.raises(SignatureError, match="the key of bob has been revoked"):
        demand_approved(signed.sealed, 1, revoking, LATER)
