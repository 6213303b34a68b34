"""What was approved is what is applied, in the world that it was approved for, or nothing is."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from openstack.connection import Connection

from govcloud.engine import (
    History,
    PlanFolder,
    Setting,
    Site,
    apply_plan,
    approve,
    new_key,
    public_half,
    read_plan,
    write_plan,
)
from govcloud.engine.state import held_in
from govcloud.errors import ToolkitError
from govcloud.evidence import Trust, sign_as_author
from govcloud.progress import Silent
from govcloud.topology.addresses import allocate
from govcloud.topology.plane import ChangeControl
from integration.conftest import ROOT, StandingLab, apply, plan

NETWORK = "extranet/city/city-court-network"
OTHER = "extranet/city/city-finance-bureau-network"
RULE = "extranet/city/city-court-group-intra"


@pytest.fixture
def setting(applied: dict[str, Setting]) -> Setting:
    return applied["extranet"]


@pytest.fixture
def cloud(lab: StandingLab) -> Connection:
    return lab.connect("extranet")


def _id(setting: Setting, address: str) -> str:
    return held_in(setting.state())[address]


def _planned(setting: Setting) -> PlanFolder:
    return write_plan(plan(setting), setting.work.plans)


def _applied(folder: PlanFolder, setting: Setting) -> int:
    return apply_plan(folder, setting, Silent(), datetime.now(UTC)).standing


@pytest.fixture
def drifted(setting: Setting, cloud: Connection) -> Iterator[str]:
    """A network that was renamed by hand; its id. In the end all is as declared again."""
    network = _id(setting, NETWORK)
    cloud.network.update_network(network, name="by hand")
    yield network
    apply(plan(setting), setting)
    assert not plan(setting)


def test_an_object_that_moved_again_is_left_alone(setting: Setting, cloud: Connection, drifted: str) -> None:
    folder = _planned(setting)
    cloud.network.update_network(drifted, name="by another hand")
    with pytest.raises(ToolkitError, match=f"{NETWORK} has been changed since the plan was made"):
        _applied(folder, setting)
    assert cloud.network.get_network(drifted).name == "by another hand"


def test_one_object_that_moved_keeps_all_others_from_being_touched(
    setting: Setting, cloud: Connection, drifted: str
) -> None:
    other = _id(setting, OTHER)
    cloud.network.update_network(other, name="by hand")
    folder = _planned(setting)
    cloud.network.update_network(other, is_admin_state_up=False)
    with pytest.raises(ToolkitError, match=OTHER):
        _applied(folder, setting)
    assert cloud.network.get_network(drifted).name == "by hand"


def test_a_plan_whose_stack_another_run_has_written_is_refused(setting: Setting, cloud: Connection) -> None:
    rule = _id(setting, RULE)
    cloud.network.delete_security_group_rule(rule)
    late = _planned(setting)
    _applied(_planned(setting), setting)
    with pytest.raises(ToolkitError, match="its state has changed since the plan was made"):
        _applied(late, setting)
    assert not plan(setting)


def test_what_somebody_made_meanwhile_with_our_marker_is_refused(setting: Setting, cloud: Connection) -> None:
    rule = cloud.network.get_security_group_rule(_id(setting, RULE))
    cloud.network.delete_security_group_rule(rule)
    folder = _planned(setting)
    assert [(step.address, step.operation) for step in folder.plan.steps] == [(RULE, "create")]
    made = cloud.network.create_security_group_rule(
        security_group_id=rule.security_group_id,
        direction=rule.direction,
        ether_type=rule.ether_type,
        remote_group_id=rule.remote_group_id,
        description=rule.description,
    )
    with pytest.raises(ToolkitError, match=rf"{RULE} has been made \({made.id}\) since"):
        _applied(folder, setting)
    adopting = plan(setting)
    assert [(step.address, step.operation) for step in adopting.steps] == [(RULE, "adopt")]
    apply(adopting, setting)
    assert not plan(setting)


def test_a_plan_is_applied_once(setting: Setting, cloud: Connection, drifted: str) -> None:
    folder = _planned(setting)
    _applied(folder, setting)
    cloud.network.update_network(drifted, name="by hand")
    done = apply_plan(folder, setting, Silent(), datetime.now(UTC))
    assert done.done == {}
    assert cloud.network.get_network(drifted).name == "by hand"


# -- signatures --------------------------------------------------------------------------------


@pytest.fixture
def signed(setting: Setting, tmp_path: Path) -> tuple[Setting, dict[str, Path]]:
    """The plane asking for two signatures, and the keys of an author and two others."""
    keys = {name: new_key(tmp_path / name, name) for name in ("author", "first", "second")}
    roles = {"author": "govcloud-author", "first": "govcloud-approver", "second": "govcloud-approver"}
    lines = [f'{name} namespaces="{roles[name]}" {public_half(key)}\n' for name, key in keys.items()]
    # The history with its two signatures is this test's own: a copy of the plane's work.
    work = replace(setting.work, root=tmp_path / "work")
    shutil.copytree(setting.work.root, work.root, symlinks=True)
    work.allowed_signers.write_text("".join(lines))
    return replace(setting, work=work, control=ChangeControl(signatures=2)), keys


def _sign(folder: PlanFolder, setting: Setting, key: Path) -> PlanFolder:
    trust = Trust(setting.work.allowed_signers, setting.work.revoked_keys)
    approve(folder, key, trust, datetime.now(UTC))
    return read_plan(folder.sealed.folder)


def test_without_the_signatures_that_are_asked_for_nothing_is_touched(
    signed: tuple[Setting, dict[str, Path]], cloud: Connection, drifted: str
) -> None:
    setting, keys = signed
    folder = _planned(setting)
    with pytest.raises(ToolkitError, match="its author has not signed it") as unsigned:
        _applied(folder, setting)
    assert unsigned.value.exit_code == 4
    sign_as_author(folder.sealed, keys["author"])
    folder = _sign(read_plan(folder.sealed.folder), setting, keys["first"])
    with pytest.raises(ToolkitError, match="2 approvals are asked for, and it has 1"):
        _applied(folder, setting)
    assert cloud.network.get_network(drifted).name == "by hand"
    folder = _sign(folder, setting, keys["second"])
    _applied(folder, setting)
    assert cloud.network.get_network(drifted).name == "city-court"
    begun, ended = [entry.said for entry in History(setting.store).entries()][-2:]
    assert [one["principal"] for one in begun["approvers"]] == ["first", "second"]
    assert (begun["plan"], ended["plan"], ended["what"]) == (folder.digest, folder.digest, "applied")


def test_asking_for_fewer_signatures_needs_as_many_as_before(
    signed: tuple[Setting, dict[str, Path]], cloud: Connection, drifted: str
) -> None:
    setting, keys = signed
    _applied(_signed_by_all(_planned(setting), setting, keys), setting)
    cloud.network.update_network(drifted, name="by hand")
    lowered = replace(setting, control=ChangeControl(signatures=0))
    with pytest.raises(ToolkitError, match="its author has not signed it"):
        _applied(_planned(lowered), lowered)
    _applied(_signed_by_all(_planned(lowered), lowered, keys), lowered)
    # What two have approved is the rule from now on.
    cloud.network.update_network(drifted, name="by hand")
    _applied(_planned(lowered), lowered)


def _signed_by_all(folder: PlanFolder, setting: Setting, keys: dict[str, Path]) -> PlanFolder:
    sign_as_author(folder.sealed, keys["author"])
    for name in ("first", "second"):
        folder = _sign(read_plan(folder.sealed.folder), setting, keys[name])
    return folder


# -- what destroys data ------------------------------------------------------------------------


@pytest.fixture
def edited(small_site: Site, settings: list[Setting], tmp_path: Path) -> Site:
    """The small site's inventory as a copy that a test may rewrite, over the same work."""
    shutil.copytree(ROOT / "inventories" / "minimal", tmp_path / "minimal")
    return Site(tmp_path / "minimal", small_site.work.root)


def _rewritten(site: Site, file: str, old: str, new: str) -> Site:
    path = site.inventory / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    return Site(site.inventory, site.work_root)


def _extranet(site: Site, setting: Setting) -> Setting:
    return site.setting("extranet", setting.pulumi_root)


def test_what_would_destroy_data_is_refused_until_it_is_declared_to_go(
    edited: Site, setting: Setting
) -> None:
    larger = _rewritten(
        edited,
        "extranet/systems/finance.yaml",
        "components:",
        "overrides: {web: {flavor: guest}}\ncomponents:",
    )
    with pytest.raises(ToolkitError) as refused:
        plan(_extranet(larger, setting))
    assert "replacing extranet/systems/finance-web (another flavor) would destroy data" in str(refused.value)
    assert "extranet/systems/finance.yaml:" in str(refused.value)
    allowed = _rewritten(
        larger, "extranet/systems/finance.yaml", "components:", "retire: rebuild\ncomponents:"
    )
    steps = {step.address: step for step in plan(_extranet(allowed, setting)).steps}
    assert steps["extranet/systems/finance-web"].operation == "replace"
    assert any("finance" in name for name in steps["extranet/systems/finance-web"].interrupts)


def test_a_system_goes_only_when_it_is_retired(edited: Site, setting: Setting) -> None:
    file = edited.inventory / "extranet/systems/finance.yaml"
    exchange = "extranet/systems/data-exchange.yaml"
    original = file.read_text()
    file.unlink()
    without = _rewritten(edited, exchange, "systems/finance, ", "")
    with pytest.raises(ToolkitError, match="deleting extranet/systems/finance-web would destroy data"):
        plan(_extranet(without, setting))
    # Retired, it still stands in the inventory, and whoever it may reach need not be rewritten.
    file.write_text(f"{original}retire: true\n")
    retiring = _extranet(_rewritten(edited, exchange, "from: [", "from: [systems/finance, "), setting)
    going = plan(retiring)
    servers = {step.address for step in going.steps if step.kind == "server"}
    assert servers == {"extranet/systems/finance-web", "extranet/systems/finance-web-2"}
    assert {step.operation for step in going.steps if step.stack == "extranet/systems"} == {"delete"}
    apply(going, retiring)
    assert not plan(retiring)
    apply(plan(setting), setting)
    assert not plan(setting)


# -- before the first call ---------------------------------------------------------------------


def test_what_stands_in_the_way_of_a_plan_is_told_all_together(
    edited: Site, setting: Setting, cloud: Connection
) -> None:
    """A quota that is too small, an address that somebody has taken, and a name that is another's."""
    crowded = _rewritten(edited, "extranet/plane.yaml", "cores: 8, instances: 8", "cores: 8, instances: 2")
    crowded = _rewritten(crowded, "extranet/systems/finance.yaml", "{web: 2,", "{web: 3,")
    auditor = "  - {id: second-auditor, name_zh: 第二审计员, duty: security-auditor, project: operations, role: reader}"
    crowded = _rewritten(crowded, "extranet/plane.yaml", "accounts:\n", f"accounts:\n{auditor}\n")
    for recorded in allocate(crowded.inventory, ["extranet"]):
        recorded.record()
    crowded = Site(crowded.inventory, crowded.work_root)
    address = str(crowded.topology.planes["extranet"].machine["finance-web-3"].address)
    user = cloud.identity.create_user(name="minimal-second-auditor", password="Not-Ours-1")
    port = cloud.network.create_port(
        network_id=_id(setting, "extranet/systems/finance-network"), fixed_ips=[{"ip_address": address}]
    )
    try:
        with pytest.raises(ToolkitError) as refused:
            plan(_extranet(crowded, setting))
    finally:
        cloud.network.delete_port(port)
        cloud.identity.delete_user(user)
    said = str(refused.value)
    assert f"{user.id} has that name minimal-second-auditor already" in said
    assert f"{address} is that of port {port.id}" in said
    assert "may hold 2 of instances, has 2, and would get 1 more" in said
