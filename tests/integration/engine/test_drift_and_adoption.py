"""Drift is all of it and nothing else; a lost state is rebuilt from what stands."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from openstack.connection import Connection

from govcloud.engine import Drift, SecretSource, Setting, Site, adopt, find_drift
from govcloud.engine.drift import CHANGED, COPIED, FOREIGN, MISSING, ORPHANED
from govcloud.engine.state import held_in
from govcloud.errors import ToolkitError
from govcloud.progress import Silent
from integration.conftest import ROOT, StandingLab, apply, plan
from integration.engine.by_hand import HANDS

PLANES = pytest.mark.parametrize("plane", ["extranet", "classified"])
NETWORK = "extranet/city/city-court-network"


@pytest.fixture
def setting(applied: dict[str, Setting]) -> Setting:
    return applied["extranet"]


@pytest.fixture
def cloud(lab: StandingLab) -> Connection:
    return lab.connect("extranet")


def _drift(setting: Setting) -> Drift:
    return find_drift(setting, Silent())


def _shown(setting: Setting) -> set[tuple[str, str, str]]:
    return {(one.what, one.kind, one.address or one.name) for one in _drift(setting).found}


@PLANES
def test_an_untouched_site_has_no_drift(applied: dict[str, Setting], plane: str) -> None:
    found = _drift(applied[plane])
    assert found.found == ()
    assert found.objects == len(applied[plane].declared)
    assert found.properties > 3 * found.objects
    assert found.unreadable == len([one for one in applied[plane].declared.values() if one.kind == "user"])


def test_one_object_of_each_kind_changed_by_hand_is_all_that_is_shown(
    setting: Setting, cloud: Connection
) -> None:
    held = held_in(setting.state())
    for hand in HANDS:
        hand.act(cloud, held[f"extranet/{hand.name}"])
    found = {one.address: one for one in _drift(setting).found if one.address}
    assert set(found) == {f"extranet/{hand.name}" for hand in HANDS}
    for hand in HANDS:
        one = found[f"extranet/{hand.name}"]
        assert one.what == (CHANGED if hand.field else MISSING), hand
        assert [field.field for field in one.fields] == ([hand.field] if hand.field else [])
        assert one.where.partition(":")[0].endswith(".yaml")
    # What a hand made besides: the policy that lets a group be held on to.
    assert {(one.what, one.kind) for one in _drift(setting).found if not one.address} <= {
        (FOREIGN, "rbac_policy")
    }
    apply(plan(setting), setting)
    for policy in cloud.network.rbac_policies(target_project_id=cloud.current_project_id):
        cloud.network.delete_rbac_policy(policy)
    assert _drift(setting).found == ()


@pytest.fixture
def court(setting: Setting) -> str:
    """A project of ours."""
    return held_in(setting.state())["extranet/city/city-court-project"]


def test_what_nobody_declared_in_a_project_of_ours_is_foreign(
    setting: Setting, cloud: Connection, court: str
) -> None:
    network = cloud.network.create_network(name="shadow", project_id=court)
    subnet = cloud.network.create_subnet(
        name="shadow", network_id=network.id, ip_version=4, cidr="192.0.2.0/24", project_id=court
    )
    port = cloud.network.create_port(name="shadow", network_id=network.id, project_id=court)
    group = cloud.network.create_security_group(name="shadow", project_id=court)
    rule = cloud.network.create_security_group_rule(
        security_group_id=held_in(setting.state())["extranet/city/city-court-group"],
        direction="ingress",
        ether_type="IPv4",
        protocol="tcp",
        port_range_min=22,
        port_range_max=22,
        project_id=court,
    )
    try:
        assert _shown(setting) == {
            (FOREIGN, "network", "shadow"),
            (FOREIGN, "subnet", "shadow"),
            (FOREIGN, "port", "shadow"),
            (FOREIGN, "security_group", "shadow"),
            (FOREIGN, "security_group_rule", ""),
        }
    finally:
        cloud.network.delete_security_group_rule(rule)
        cloud.network.delete_security_group(group)
        cloud.network.delete_port(port)
        cloud.network.delete_subnet(subnet)
        cloud.network.delete_network(network)
    assert _drift(setting).found == ()


def test_our_marker_in_no_stack_is_an_orphan_and_a_second_one_is_a_copy(
    setting: Setting, cloud: Connection, court: str
) -> None:
    network = held_in(setting.state())[NETWORK]
    marker = cloud.network.get_network(network).description
    orphan = cloud.network.create_network(
        name="left", project_id=court, description="minimal/extranet/city/gone-network#0123456789"
    )
    copy = cloud.network.create_network(name="copy", project_id=court, description=marker)
    try:
        assert _shown(setting) == {
            (ORPHANED, "network", "extranet/city/gone-network"),
            (COPIED, "network", NETWORK),
        }
    finally:
        cloud.network.delete_network(orphan)
        cloud.network.delete_network(copy)


def test_what_has_lost_its_marker_is_changed_and_not_missing(setting: Setting, cloud: Connection) -> None:
    network = held_in(setting.state())[NETWORK]
    cloud.network.update_network(network, description="mine now")
    (found,) = _drift(setting).found
    assert (found.what, found.address, [one.field for one in found.fields]) == (CHANGED, NETWORK, ["marker"])
    apply(plan(setting), setting)
    assert _drift(setting).found == ()


# -- adoption ----------------------------------------------------------------------------------


@pytest.fixture
def stateless(setting: Setting, tmp_path: Path) -> Setting:
    """The same plane at work elsewhere, with its secrets and without its state."""
    work = replace(setting.work, root=tmp_path / "work")
    ignored = shutil.ignore_patterns("state", "pulumi", "plans")
    shutil.copytree(setting.work.root, work.root, ignore=ignored, symlinks=True)
    return replace(setting, work=work)


def test_a_lost_state_is_rebuilt_and_the_next_plan_is_empty(setting: Setting, stateless: Setting) -> None:
    done = adopt(stateless, Silent())
    assert sum(done.by_stack.values()) == len(setting.declared)
    assert done.absent == ()
    assert held_in(stateless.state()) == held_in(setting.state())
    assert not plan(stateless)
    again = adopt(stateless, Silent())
    assert again.by_stack == {}


def test_what_does_not_stand_is_left_to_the_next_plan(
    setting: Setting, stateless: Setting, cloud: Connection
) -> None:
    rule = "extranet/city/city-court-group-intra"
    network = held_in(setting.state())[NETWORK]
    cloud.network.delete_security_group_rule(held_in(setting.state())[rule])
    cloud.network.update_network(network, name="by hand")
    done = adopt(stateless, Silent())
    assert done.absent == (rule,)
    assert cloud.network.get_network(network).name == "by hand"
    steps = {step.address: step.operation for step in plan(stateless).steps}
    assert steps == {rule: "create", NETWORK: "update"}
    apply(plan(setting), setting)
    assert not plan(setting)


def test_a_forged_marker_is_refused_and_no_state_is_written(
    setting: Setting, stateless: Setting, cloud: Connection
) -> None:
    network = held_in(setting.state())[NETWORK]
    marker = cloud.network.get_network(network).description
    cloud.network.update_network(network, description="")
    forged = cloud.network.create_network(
        name="forged", description=marker, project_id=cloud.current_project_id
    )
    try:
        with pytest.raises(ToolkitError, match=f"network {forged.id} claims to be {NETWORK}"):
            adopt(stateless, Silent())
        assert held_in(stateless.state()) == {}
    finally:
        cloud.network.delete_network(forged)
        apply(plan(setting), setting)
    assert not plan(setting)


def test_a_secret_is_rotated_by_name(
    setting: Setting, stateless: Setting, lab: StandingLab, cloud: Connection
) -> None:
    adopt(stateless, Silent())
    before = SecretSource(stateless.work, stateless.secrets).value("security-auditor-password")
    SecretSource(stateless.work, stateless.secrets).rotate("security-auditor-password")
    rotated = replace(stateless)
    made = plan(rotated)
    assert [(step.address, [c.field for c in step.changes]) for step in made.steps] == [
        ("extranet/core/security-auditor-user", ["password"])
    ]
    assert "(secret)" in str(made.steps[0].changes)
    apply(made, rotated)
    after = SecretSource(rotated.work, rotated.secrets).value("security-auditor-password")
    assert after != before
    assert not plan(rotated)


@pytest.fixture
def existing(cloud: Connection, court: str) -> Iterator[str]:
    """A network that was there before us; its id."""
    network = cloud.network.create_network(name="was here before", project_id=court)
    yield network.id
    if not cloud.network.get_network(network.id).description:
        cloud.network.delete_network(network.id)


def test_an_object_that_the_inventory_names_is_taken_over(
    small_site: Site, setting: Setting, stateless: Setting, cloud: Connection, existing: str, tmp_path: Path
) -> None:
    held = held_in(setting.state())
    for part in ("group-intra", "interface", "subnet", "network"):
        _remove(cloud, part, held[f"extranet/city/city-court-{part}"])
    inventory = tmp_path / "minimal"
    shutil.copytree(ROOT / "inventories" / "minimal", inventory)
    (inventory / "extranet/adoptions").mkdir()
    (inventory / "extranet/adoptions/old-court.yaml").write_text(
        "id: old-court\nname_zh: 法院旧网\nresource: city/city-court-network\n"
        f"existing: {existing}\nbecause: it stood before the platform\n"
    )
    site = Site(inventory, stateless.work.root.parent)
    named = replace(site.setting("extranet", setting.pulumi_root), work=stateless.work)
    adopt(named, Silent())
    assert held_in(named.state())[NETWORK] == existing
    steps = {step.address: step for step in plan(named).steps}
    assert {change.field for change in steps[NETWORK].changes} == {"name", "marker"}
    apply(plan(named), named)
    assert cloud.network.get_network(existing).description.startswith(f"minimal/{NETWORK}#")
    assert not plan(named)
    # The original's state still names the network that was removed: what stands now is adopted into it.
    shutil.rmtree(setting.work.state)
    shutil.copytree(named.work.state, setting.work.state)
    assert not plan(setting)


def _remove(cloud: Connection, part: str, identifier: str) -> None:
    if part == "group-intra":
        cloud.network.delete_security_group_rule(identifier)
    elif part == "interface":
        router, subnet = identifier.split("/")
        cloud.network.remove_interface_from_router(router, subnet_id=subnet)
    elif part == "subnet":
        cloud.network.delete_subnet(identifier)
    else:
        cloud.network.delete_network(identifier)
