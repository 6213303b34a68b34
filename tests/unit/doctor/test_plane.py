"""A plane's own files: what lies open, what is held, and what killed runs have left."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from govcloud.doctor import plane
from govcloud.doctor.finding import Finding, State, attempt
from govcloud.engine import PlaneWork, Store, open_store, workdir
from govcloud.engine.journal import intents_of
from govcloud.engine.leases import Leases
from govcloud.stacks import Resource, Stack

LOCK = {"pid": 4711, "username": "operator", "hostname": "bridge", "timestamp": "2026-03-01T09:00:00Z"}


@pytest.fixture
def work(tmp_path: Path) -> PlaneWork:
    (tmp_path / "extranet").mkdir(mode=0o700)
    return PlaneWork(tmp_path / "extranet", "extranet")


@pytest.fixture
def store(work: PlaneWork) -> Store:
    return open_store(None, work.state)


def _put(file: Path, text: str = "x", mode: int = 0o600) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    file.chmod(mode)
    return file


def _only(found: object) -> Finding:
    (one,) = found  # type: ignore[misc]
    return one


def test_missing_credentials_are_wrong_and_the_remedy_names_the_file(work: PlaneWork) -> None:
    found = _only(plane.credentials(work))
    assert found.state is State.WRONG
    assert str(work.clouds_file) in found.remedy


@pytest.mark.parametrize(
    ("mode", "state"), [(0o600, State.OK), (0o400, State.OK), (0o640, State.WRONG), (0o604, State.WRONG)]
)
def test_credentials_are_their_owner_s_alone(work: PlaneWork, mode: int, state: State) -> None:
    _put(work.clouds_file, mode=mode)
    assert _only(plane.credentials(work)).state is state


@pytest.mark.parametrize(
    "name",
    ["secrets.yaml", "passphrase", "ssh/operator", "authority/authority.key", "configure/secrets.json"],
)
def test_each_secret_file_that_lies_open_is_named(work: PlaneWork, name: str) -> None:
    _put(work.root / "secrets.yaml")
    file = _put(work.root / name, "hunter2", 0o644)
    found = _only(plane.secrets(work))
    assert found.state is State.WRONG
    assert str(file) in found.seen and "644" in found.seen
    assert found.remedy == f"chmod 600 {file}"
    assert "hunter2" not in found.seen


def test_a_public_key_may_be_read_by_all(work: PlaneWork) -> None:
    _put(work.root / "ssh/operator.pub", mode=0o644)
    _put(work.root / "ssh/operator")
    assert _only(plane.secrets(work)).state is State.OK


def test_a_held_lease_is_told_with_its_holder_and_is_no_fault(store: Store) -> None:
    with Leases(store, ["extranet/core", "extranet/city"], "apply"):
        found = _only(plane.lease(store))
    assert found.state is State.NOTE
    assert "apply, process" in found.seen and "extranet/city, extranet/core" in found.seen


def test_a_lease_that_was_let_go_of_is_held_by_nobody(store: Store) -> None:
    with Leases(store, ["extranet/core"], "apply"):
        pass
    assert _only(plane.lease(store)).state is State.OK


def test_looking_at_a_lease_takes_it_from_nobody(store: Store) -> None:
    with Leases(store, ["extranet/core"], "apply") as held:
        list(plane.lease(store))
        held.demand()
    list(plane.lease(store))
    with Leases(store, ["extranet/core"], "adopt"):
        assert "adopt, process" in _only(plane.lease(store)).seen


def test_a_pulumi_lock_without_a_run_is_stale_and_told_with_its_owner(work: PlaneWork, store: Store) -> None:
    _put(work.root / "state/.pulumi/locks/organization/city/extranet.core/1.json", json.dumps(LOCK))
    found = _only(plane.locks(work, "city", store))
    assert found.state is State.NOTE
    assert "extranet/core by operator on bridge, process 4711" in found.seen


def test_a_pulumi_lock_of_a_run_that_goes_on_is_well(work: PlaneWork, store: Store) -> None:
    _put(work.root / "state/.pulumi/locks/organization/city/extranet.core/1.json", json.dumps(LOCK))
    with Leases(store, ["extranet/core"], "apply"):
        assert _only(plane.locks(work, "city", store)).state is State.OK
    with Leases(store, ["extranet/city"], "apply"):
        assert _only(plane.locks(work, "city", store)).state is State.NOTE


@pytest.mark.parametrize("text", ["", "{", "[]", '{"pid": 1}'])
def test_a_lock_that_cannot_be_read_is_still_told(work: PlaneWork, store: Store, text: str) -> None:
    _put(work.root / "state/.pulumi/locks/organization/city/extranet.core/1.json", text)
    assert "extranet/core" in _only(plane.locks(work, "city", store)).seen


def test_a_create_without_an_answer_is_told_when_its_run_is_dead(store: Store) -> None:
    intents = intents_of(store)
    intents.send("city/extranet/core/answered#0123456789")
    intents.answer("city/extranet/core/answered#0123456789")
    intents.send("city/extranet/core/open#0123456789")
    found = _only(plane.intents(store))
    assert found.state is State.NOTE
    assert "1 sent and not answered" in found.seen and "core/open#" in found.seen
    assert "answered#" not in found.seen


def test_a_create_of_a_run_that_goes_on_is_well(store: Store) -> None:
    intents_of(store).send("city/extranet/core/open#0123456789")
    with Leases(store, ["extranet/core"], "apply"):
        assert _only(plane.intents(store)).state is State.OK


def test_a_torn_state_is_wrong(work: PlaneWork, store: Store) -> None:
    file = _put(work.root / "state/.pulumi/stacks/city/extranet.core.json", '{"checkpoint"')
    found = _only(plane.state("city", store))
    assert found.state is State.WRONG
    assert str(file) in found.seen and found.remedy


def _image(source: str) -> Stack:
    return Stack("extranet", "extranet/core", (Resource("image", "image-guest", {"source": source}),))


def test_an_image_has_its_file(work: PlaneWork) -> None:
    _put(work.root / "images/guest.qcow2")
    assert _only(plane.images(work, [_image("guest")])).state is State.OK


def test_an_image_without_its_file_is_wrong(work: PlaneWork) -> None:
    assert "is missing" in _only(plane.images(work, [_image("guest")])).seen


def test_an_image_whose_link_leads_nowhere_is_wrong(work: PlaneWork) -> None:
    (work.root / "images").mkdir()
    (work.root / "images/guest.qcow2").symlink_to("/nonexistent/guest.qcow2")
    found = _only(plane.images(work, [_image("guest")]))
    assert found.state is State.WRONG
    assert "leads nowhere" in found.seen


def test_a_directory_that_may_not_be_read_is_never_an_empty_one(
    work: PlaneWork, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Root may read everything, so the refusal is made here."""

    def refused(directory: Path) -> list[Path]:
        raise PermissionError(13, "Permission denied", str(directory))

    (work.root / "state").mkdir()
    for module in (plane, workdir):
        monkeypatch.setattr(module, "listed", refused)
    monkeypatch.setattr(os, "scandir", refused)
    checks = {
        "secrets": lambda: plane.secrets(work),
        "locks": lambda: plane.locks(work, "city", store),
        "state": lambda: plane.state("city", store),
        "images": lambda: plane.images(work, [_image("guest")]),
    }
    found = [one for name, check in checks.items() for one in attempt("plane", name, check)]
    assert [one.state for one in found] == [State.UNKNOWN] * len(checks)


def test_looking_makes_nothing(tmp_path: Path) -> None:
    work = PlaneWork(tmp_path / "extranet", "extranet")
    store = open_store(None, work.state)
    for check in (plane.credentials, plane.secrets):
        list(check(work))
    for look in (plane.lease, plane.intents):
        list(look(store))
    list(plane.locks(work, "city", store))
    list(plane.state("city", store))
    list(plane.images(work, [_image("guest")]))
    assert list(tmp_path.iterdir()) == []
