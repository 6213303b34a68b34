"""Plan and apply over real clouds: what was planned stands, nothing else is planned, and drift is seen exactly."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from openstack.connection import Connection

from govcloud.engine import Setting, apply_plan, read_plan, take_census, write_plan
from govcloud.errors import ToolkitError
from govcloud.progress import Silent
from integration.conftest import StandingLab, apply, plan

PLANES = pytest.mark.parametrize("plane", ["extranet", "classified"])


@PLANES
def test_everything_declared_stands_once(applied: dict[str, Setting], plane: str) -> None:
    census = take_census(applied[plane])
    assert census.wrong == ()
    assert census.total == len(applied[plane].declared)


@PLANES
def test_a_second_plan_finds_nothing(applied: dict[str, Setting], plane: str) -> None:
    found = plan(applied[plane])
    assert not found, [(step.address, step.operation) for step in found.steps]


@PLANES
def test_no_secret_lies_in_plain_in_the_state_or_the_plans(applied: dict[str, Setting], plane: str) -> None:
    work = applied[plane].work
    secrets = [line.split(": ")[1] for line in (work.root / "secrets.yaml").read_text().splitlines()]
    assert secrets
    write_plan(plan(applied[plane]), work.plans)
    files = [path for path in work.root.rglob("*") if path.is_file() and path.name != "secrets.yaml"]
    for path in files:
        content = path.read_bytes()
        assert not [secret for secret in secrets if secret.encode() in content], path


def _named(connection: Connection, setting: Setting, kind: str) -> Any:
    """The first declared object of a kind, as the API has it, by its marker."""
    address = next(a for a, declared in setting.declared.items() if declared.kind == kind)
    marker = f"{setting.site}/{address}#"
    lists: dict[str, Callable[[], Any]] = {
        "network": connection.network.networks,
        "subnet": connection.network.subnets,
        "router": connection.network.routers,
        "port": connection.network.ports,
        "security_group": connection.network.security_groups,
        "address_group": connection.network.address_groups,
        "project": connection.identity.projects,
        "user": connection.identity.users,
    }
    return address, next(o for o in lists[kind]() if (o.description or "").startswith(marker))


HAND = {
    "network": ("name", lambda c, o: c.network.update_network(o, name="by-hand")),
    "subnet": ("dns_nameservers", lambda c, o: c.network.update_subnet(o, dns_nameservers=["192.0.2.53"])),
    "router": ("name", lambda c, o: c.network.update_router(o, name="by-hand")),
    "port": ("name", lambda c, o: c.network.update_port(o, name="by-hand")),
    "security_group": ("name", lambda c, o: c.network.update_security_group(o, name="by-hand")),
    "address_group": ("name", lambda c, o: c.network.update_address_group(o, name="by-hand")),
    "project": ("enabled", lambda c, o: c.identity.update_project(o, is_enabled=False)),
    "user": ("enabled", lambda c, o: c.identity.update_user(o, is_enabled=False)),
}


def test_one_field_of_each_kind_changed_by_hand_is_all_that_a_plan_shows(
    applied: dict[str, Setting], lab: StandingLab
) -> None:
    setting, connection = applied["extranet"], lab.connect("extranet")
    expected = {}
    for kind, (field, change) in HAND.items():
        address, found = _named(connection, setting, kind)
        change(connection, found)
        expected[address] = [field]
    made = plan(setting)
    assert {step.address: [c.field for c in step.changes] for step in made.steps} == expected
    assert {step.operation for step in made.steps} == {"update"}
    apply(made, setting)
    assert not plan(setting)


def test_what_was_deleted_by_hand_is_created_again(applied: dict[str, Setting], lab: StandingLab) -> None:
    setting, connection = applied["extranet"], lab.connect("extranet")
    rule = next(
        r for r in connection.network.security_group_rules() if (r.description or "").startswith(setting.site)
    )
    connection.network.delete_security_group_rule(rule)
    made = plan(setting)
    assert [(step.kind, step.operation, step.note) for step in made.steps] == [
        ("security_group_rule", "create", "it has gone from the cloud")
    ]
    apply(made, setting)
    assert not plan(setting)


def test_a_lost_state_is_adopted_from_the_cloud(applied: dict[str, Setting]) -> None:
    setting = applied["classified"]
    stack = next(s.name for s in setting.stacks if "county" in s.name)
    for path in (setting.work.state / ".pulumi" / "stacks" / setting.site).glob(
        f"{stack.replace('/', '.')}.json*"
    ):
        path.unlink()
    made = plan(setting)
    assert {step.stack for step in made.steps} == {stack}
    assert {step.operation for step in made.steps} == {"adopt"}
    before = take_census(setting).total
    apply(made, setting)
    assert take_census(setting).total == before
    assert not plan(setting)


def test_what_the_plan_does_not_hold_is_refused_before_any_call(
    applied: dict[str, Setting], lab: StandingLab
) -> None:
    setting, connection = applied["extranet"], lab.connect("extranet")
    address, network = _named(connection, setting, "network")
    connection.network.update_network(network, name="by-hand")
    made = plan(setting)
    assert [step.address for step in made.steps] == [address]
    emptied = replace(made, steps=(replace(made.steps[0], inputs="0" * 64),))
    with pytest.raises(ToolkitError) as caught:
        apply(emptied, setting)
    assert any("is not in the plan" in error.what for error in caught.value.parts())
    assert connection.network.get_network(network.id).name == "by-hand"
    apply(made, setting)
    assert connection.network.get_network(network.id).name != "by-hand"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"site": "another"}, "for site another"),
        ({"expires": datetime(2020, 1, 1, tzinfo=UTC)}, "expired"),
        ({"tool": "other"}, "another version of the tool"),
        ({"topology": "other"}, "the declaration has changed"),
    ],
)
def test_a_plan_for_something_else_is_refused(
    applied: dict[str, Setting], change: dict[str, Any], reason: str
) -> None:
    setting = applied["classified"]
    made = plan(setting)
    with pytest.raises(ToolkitError) as caught:
        apply(replace(made, **change), setting)
    assert reason in str(caught.value)


def test_a_plan_read_from_its_folder_is_the_plan(applied: dict[str, Setting], tmp_path: Path) -> None:
    made = plan(applied["classified"], destroy=True)
    folder = write_plan(made, tmp_path)
    assert read_plan(folder) == made
    assert json.loads((folder / "plan.json").read_text())["counts"] == {"delete": len(made.steps)}


def test_two_runs_on_one_plane_do_not_both_write(applied: dict[str, Setting]) -> None:
    setting = applied["classified"]
    made = plan(setting)
    with setting.work.lease("another"), pytest.raises(ToolkitError, match="another run works on classified"):
        apply_plan(made, setting, Silent(), datetime.now(UTC) + timedelta(seconds=1))
