"""The matrix: every kind, created, changed field by field, replaced, listed, adopted, killed, deleted.

A case is a file in `tests/cases/kinds`; what is tested of it follows from the kind's own declaration, and
every assertion asks the API.
"""

from __future__ import annotations

import copy
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import openstack
import pytest
import yaml
from openstack.connection import Connection

from govcloud.engine.drift import drift_of
from govcloud.provider import KINDS, Declared, Session
from integration.provider.asking import ask, attribute
from integration.provider.world import SUBJECT, World, addressed

CASES = Path(__file__).parents[2] / "cases" / "kinds"
LOADED = {path.stem: yaml.safe_load(path.read_text()) for path in sorted(CASES.glob("*.yaml"))}
CHILD = Path(__file__).with_name("child.py")
EVERY_KIND = pytest.mark.parametrize("name", sorted(KINDS))


class Subject:
    """One object of a kind under test, declared, made and asked for."""

    def __init__(self, world: World, connection: Connection, name: str, label: str) -> None:
        self.world, self.connection, self.kind = world, connection, KINDS[name]
        self.case = LOADED[name]
        self.inputs: dict[str, Any] = copy.deepcopy(self.case["create"])
        self.address = f"{SUBJECT}{name.replace('_', '-')}-{label}"
        self.identifier = ""

    def session(self) -> Session:
        """A run that knows the declaration and the cloud, and nothing from before."""
        return self.world.session({self.address: Declared(self.kind.name, addressed(self.inputs))})

    def create(self) -> str:
        """Create in a run of its own."""
        self.identifier = self.session().create(self.address, self.kind)
        return self.identifier

    def ask(self) -> Any:
        """What the API says of it."""
        return ask(self.connection, self.kind.name, self.identifier)

    def expect(self, attributes: dict[str, Any]) -> None:
        """Hold attributes against what the API says."""
        found = self.ask()
        assert found is not None, "the API does not know it"
        for path, wanted in attributes.items():
            wanted = self.world.ids.get(addressed(wanted), wanted) if isinstance(wanted, str) else wanted
            if isinstance(wanted, list):
                wanted = [self.world.ids.get(addressed(w), w) if isinstance(w, str) else w for w in wanted]
            value = attribute(found, path)
            if isinstance(value, list) and isinstance(wanted, list) and path != "dns_nameservers":
                assert sorted(map(str, value)) == sorted(map(str, wanted)), path
            else:
                assert value == wanted, path

    def standing(self) -> int:
        """How many objects of the cloud stand for it."""
        session = self.session()
        if self.kind.listed:
            return len(session.standing(self.address, self.kind))
        return int(self.ask() is not None)

    def remove(self) -> None:
        """Delete it in a run of its own."""
        if self.identifier:
            self.world.undeclared().delete(self.address, self.kind, self.identifier)


@pytest.fixture
def subject(world: World, connection: Connection, name: str, request: pytest.FixtureRequest) -> Any:
    """A subject of the kind `name`, gone again when its test is over."""
    made = Subject(world, connection, name, request.node.originalname.removeprefix("test_").replace("_", "-"))
    yield made
    made.remove()


def test_every_kind_has_a_case_and_every_field_a_change() -> None:
    for name, kind in KINDS.items():
        case = LOADED[name]
        said = {*case["changes"], *case.get("fixed", {})}
        assert {field.name for field in kind.fields} == said, name


@EVERY_KIND
def test_created_listed_and_unchanged(subject: Subject, name: str) -> None:
    subject.create()
    assert subject.ask() is not None
    assert subject.standing() == 1
    again = subject.session().difference(subject.address, subject.kind, subject.identifier, subject.inputs)
    assert not again, [change.field.name for change in again.changes]


@EVERY_KIND
def test_each_field_changed(subject: Subject, name: str) -> None:
    subject.create()
    for field, change in subject.case["changes"].items():
        before, old = copy.deepcopy(subject.inputs), subject.identifier
        subject.inputs |= {field: change["to"], **change.get("with", {})}
        for gone in change.get("without", []):
            subject.inputs.pop(gone, None)
        session = subject.session()
        found = session.difference(subject.address, subject.kind, old, addressed(before))
        changed = {c.field.name for c in found.changes}
        assert field in changed, f"{field}: not seen"
        assert changed <= {field, *change.get("with", {}), *change.get("without", [])}, field
        _demand_drift(subject, session, old, changed, addressed(change.get("also", [])))
        declared = subject.kind.field(field)
        assert declared is not None
        assert found.replaces or not declared.change.replaces, field
        if found.replaces:
            _replace(subject, session, old, delete_first=found.delete_first)
        else:
            session.update(subject.address, subject.kind, old, addressed(before))
            assert subject.identifier == old
        subject.expect(change.get("api", {}))
        if change.get("login"):
            _demand_login(subject)
        after = subject.session().difference(
            subject.address, subject.kind, subject.identifier, addressed(subject.inputs)
        )
        assert not after, (field, [(c.field.name, c.live, c.wanted) for c in after.changes])


def _demand_drift(
    subject: Subject, session: Session, identifier: str, changed: set[str], also: list[str]
) -> None:
    """Drift shows these very fields, and nothing else of anything; what cannot be read it cannot show.

    What has no list is asked for by its key, so that another key is another object.
    """
    if not subject.kind.listed and changed & set(subject.kind.natural_key):
        return
    shown = changed - {field.name for field in subject.kind.fields if field.write_only}
    held = {**subject.world.ids, subject.address: identifier}
    found = {one.address or one.identifier: one for one in drift_of(session, "extranet", held, {}).found}
    assert set(found) == ({subject.address} if shown else set()) | set(also), found
    if shown:
        assert {one.field for one in found[subject.address].fields} == shown


def _replace(subject: Subject, session: Session, old: str, delete_first: bool) -> None:
    """As the engine does it: deletion first where two cannot stand, else last."""
    if delete_first:
        session.delete(subject.address, subject.kind, old)
    subject.identifier = session.create(subject.address, subject.kind)
    if not delete_first:
        session.delete(subject.address, subject.kind, old)
    if old != subject.identifier and not subject.case.get("always_there"):
        assert ask(subject.connection, subject.kind.name, old) is None, "the old one still stands"


def _demand_login(subject: Subject) -> None:
    """The password that was written opens the door."""
    auth = {**subject.connection.config.config["auth"]}
    for key in ("project_name", "project_domain_name", "project_id"):
        auth.pop(key, None)
    auth |= {
        "username": subject.inputs["name"],
        "password": subject.inputs["password"],
        "user_domain_name": "Default",
    }
    assert openstack.connect(auth=auth, region_name="RegionOne", load_envvars=False).authorize()


@EVERY_KIND
def test_deleted_and_deleted_again(subject: Subject, name: str) -> None:
    subject.create()
    subject.remove()
    if not subject.case.get("always_there"):
        assert subject.ask() is None
        assert subject.standing() == 0
    subject.remove()


@EVERY_KIND
def test_adopted_when_a_run_lost_its_state(subject: Subject, name: str) -> None:
    first = subject.create()
    assert subject.session().create(subject.address, subject.kind) == first
    assert subject.standing() == 1


@EVERY_KIND
def test_made_again_after_it_had_gone(subject: Subject, world: World, name: str) -> None:
    """The engine creates first, then deletes by the old id, which an id made of a key gives to the new object."""
    old = subject.create()
    world.undeclared().delete(subject.address, subject.kind, old)
    session = subject.session()
    if not subject.case.get("always_there"):
        assert session.difference(subject.address, subject.kind, old, addressed(subject.inputs)).missing
    subject.identifier = session.create(subject.address, subject.kind)
    session.delete(subject.address, subject.kind, old)
    assert subject.ask() is not None
    assert subject.standing() == 1


@EVERY_KIND
def test_killed_while_creating(subject: Subject, world: World, name: str, tmp_path: Path) -> None:
    """The create is on its way when the process is killed; the next run ends with exactly one object."""
    journal = f"killed-{name}"
    intents = world.folder / journal / ".govcloud/intents/extranet/subject.json"
    order = {
        "clouds": world.clouds,
        "folder": str(world.folder),
        "journal": journal,
        "address": subject.address,
        "kind": subject.kind.name,
        "inputs": addressed(subject.inputs),
        "ids": world.ids,
    }
    (tmp_path / "order.json").write_text(json.dumps(order))
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    child = subprocess.Popen([sys.executable, str(CHILD), str(tmp_path / "order.json")], env=environment)
    deadline = time.monotonic() + 120
    while not intents.exists():
        assert child.poll() is None or intents.exists(), "the child ended before it sent"
        assert time.monotonic() < deadline
        time.sleep(0.002)
    time.sleep(0.02)
    child.send_signal(signal.SIGKILL)
    child.wait()
    declared = {subject.address: Declared(subject.kind.name, addressed(subject.inputs))}
    subject.identifier = world.session(declared, journal).create(subject.address, subject.kind)
    assert subject.ask() is not None
    assert subject.standing() == 1


def test_a_forged_marker_is_not_adopted(world: World, connection: Connection) -> None:
    """A tenant who writes our marker on a network of another project gets an error, not our trust."""
    subject = Subject(world, connection, "network", "forged")
    marker = subject.session().references.marker(subject.address)
    forged = connection.network.create_network(
        name="forged", description=marker, project_id=world.ids[addressed("world/other-project")]
    )
    try:
        with pytest.raises(Exception, match="claims to be"):
            subject.create()
    finally:
        connection.network.delete_network(forged)
