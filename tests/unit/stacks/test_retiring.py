"""What is declared to go, goes with all that stands on it; nothing that holds data goes unasked."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from govcloud.engine.programs import in_order
from govcloud.errors import ToolkitError
from govcloud.stacks import Resource, Stack, compile_topology, references
from govcloud.topology import load
from unit.inventories import MINIMAL, copied, edit, say

FINANCE = "extranet/systems/finance.yaml"
SYSTEMS = "extranet/systems"


@pytest.fixture(scope="module")
def before() -> tuple[Stack, ...]:
    return compile_topology(load(MINIMAL))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return copied(tmp_path)


def compiled(root: Path) -> tuple[Stack, ...]:
    return compile_topology(load(root))


def resources(stacks: Iterable[Stack]) -> dict[str, Resource]:
    return {stack.address(one.name): one for stack in stacks for one in stack.resources}


def retired(stacks: Iterable[Stack]) -> set[str]:
    return {address for stack in stacks for address in stack.retired}


def used(resource: Resource) -> set[str]:
    return set(references(tuple(resource.properties.values())))


def test_nothing_is_retired_unless_somebody_says_so(before: tuple[Stack, ...]) -> None:
    assert retired(before) == set()


@pytest.mark.parametrize("file", [FINANCE, "extranet/machines/shared-web.yaml", "counties/lakeside.yaml"])
def test_what_stays_and_what_goes_is_all_that_there_was(
    root: Path, before: tuple[Stack, ...], file: str
) -> None:
    say(root, file, "retire: true")
    stacks = compiled(root)
    gone = retired(stacks)
    assert gone
    assert resources(stacks).keys().isdisjoint(gone)
    assert resources(stacks).keys() | gone == resources(before).keys()


@pytest.mark.parametrize("file", [FINANCE, "extranet/machines/shared-web.yaml", "counties/lakeside.yaml"])
def test_nothing_that_stays_stands_on_anything_that_goes(root: Path, file: str) -> None:
    say(root, file, "retire: true")
    stacks = compiled(root)
    gone, names = retired(stacks), {stack.name for stack in stacks}
    for address, resource in resources(stacks).items():
        assert used(resource).isdisjoint(gone), address
    for stack in stacks:
        assert set(stack.depends_on) <= names
        assert {name for one in stack.resources for name in one.depends_on} <= {
            one.name for one in stack.resources
        }
        assert len(in_order(stack)) == len(stack.resources)


def test_a_system_goes_with_its_network_machines_groups_and_rules(
    root: Path, before: tuple[Stack, ...]
) -> None:
    say(root, FINANCE, "retire: true")
    gone = retired(compiled(root))
    own = {address for address in resources(before) if address.startswith(f"{SYSTEMS}/finance-")}
    assert len(own) == 10
    assert own <= gone
    assert {resources(before)[address].kind for address in own} >= {"server", "network", "security_group"}


def test_rules_of_others_that_let_it_in_go_with_it_and_the_others_stay(
    root: Path, before: tuple[Stack, ...]
) -> None:
    say(root, FINANCE, "retire: true")
    stacks = compiled(root)
    foreign = {one for one in retired(stacks) if not one.startswith(f"{SYSTEMS}/finance-")}
    assert foreign == {
        address
        for address, one in resources(before).items()
        if not address.startswith(f"{SYSTEMS}/finance-")
        and any(reference.startswith(f"{SYSTEMS}/finance-") for reference in used(one))
    }
    assert {resources(before)[address].kind for address in foreign} == {"security_group_rule"}
    assert f"{SYSTEMS}/data-exchange-broker" in resources(stacks)


def test_a_county_goes_with_its_project_routes_and_its_edges_of_conferences(
    root: Path, before: tuple[Stack, ...]
) -> None:
    say(root, "counties/lakeside.yaml", "retire: true")
    stacks = compiled(root)
    gone = retired(stacks)
    assert {one for one in resources(before) if one.startswith("extranet/county-lakeside/")} <= gone
    assert {
        "extranet/videoconf/hd-backup-edge-lakeside",
        "extranet/videoconf/hd-backup-edge-lakeside-port",
    } <= gone
    assert "extranet/videoconf/hd-backup-edge-east" in resources(stacks)
    (left,) = (stack for stack in stacks if stack.name == "extranet/county-lakeside")
    assert left.resources == ()
    assert left.depends_on == ()


def test_what_stands_on_what_goes_goes_too_through_others(root: Path, before: tuple[Stack, ...]) -> None:
    """A floating address stands on a port, which is the retired machine's own."""
    say(root, "extranet/systems/portal.yaml", "retire: true")
    gone = retired(compiled(root))
    assert f"{SYSTEMS}/portal-web-address" in gone
    assert used(resources(before)[f"{SYSTEMS}/portal-web-address"]) & gone


@pytest.mark.parametrize(
    ("file", "server", "where"),
    [
        pytest.param(
            "extranet/segments/data.yaml",
            f"{SYSTEMS}/shared-mariadb",
            "extranet/machines/shared-mariadb.yaml:2",
            id="a segment with a machine of the platform's",
        ),
        pytest.param(
            "extranet/segments/management.yaml",
            "extranet/core/bastion",
            "extranet/machines/bastion.yaml:2",
            id="the segment that everybody is managed from",
        ),
        pytest.param(
            "units/city-finance-bureau.yaml",
            f"{SYSTEMS}/finance-web",
            f"{FINANCE}:2",
            id="a unit with a system",
        ),
    ],
)
def test_what_a_machine_stands_on_does_not_go_without_the_machine(
    root: Path, file: str, server: str, where: str
) -> None:
    say(root, file, "retire: true")
    with pytest.raises(ToolkitError, match=f"{server} stands on .*, which is to be retired with ") as caught:
        compiled(root)
    assert caught.value.where == where


def test_a_segment_goes_when_its_machines_go_with_it(root: Path) -> None:
    for name in (
        "segments/data",
        "machines/shared-postgresql",
        "machines/shared-mariadb",
        "machines/shared-web",
    ):
        say(root, f"extranet/{name}.yaml", "retire: true")
    gone = retired(compiled(root))
    assert {f"{SYSTEMS}/data-network", f"{SYSTEMS}/data-subnet", f"{SYSTEMS}/shared-postgresql"} <= gone


def test_a_unit_goes_when_what_it_owns_goes_with_it(root: Path) -> None:
    say(root, "units/city-finance-bureau.yaml", "retire: true")
    say(root, FINANCE, "retire: true")
    gone = retired(compiled(root))
    assert {"extranet/city/city-finance-bureau-project", f"{SYSTEMS}/finance-web"} <= gone


def test_a_rebuild_lets_data_go_and_keeps_the_thing(root: Path, before: tuple[Stack, ...]) -> None:
    say(root, FINANCE, "retire: rebuild")
    stacks = compiled(root)
    assert retired(stacks) == set()
    rebuilt = {address for address, one in resources(stacks).items() if one.rebuild}
    assert f"{SYSTEMS}/finance-web" in rebuilt
    assert all(resources(stacks)[address].where == f"{FINANCE}:2" for address in rebuilt)
    assert resources(stacks).keys() == resources(before).keys()


def test_planes_that_do_not_have_the_thing_stay_as_they_are(root: Path, before: tuple[Stack, ...]) -> None:
    say(root, FINANCE, "retire: true")
    untouched = [stack for stack in compiled(root) if stack.plane == "classified"]
    assert untouched == [stack for stack in before if stack.plane == "classified"]


def test_taking_the_file_away_afterwards_declares_nothing_of_it_any_more(
    root: Path, before: tuple[Stack, ...]
) -> None:
    say(root, FINANCE, "retire: true")
    retiring = resources(compiled(root))
    (root / FINANCE).unlink()
    edit(root, "extranet/systems/data-exchange.yaml", "systems/finance, ", "")
    left = retiring.keys() - resources(compiled(root)).keys()
    # Nobody creates machines in the unit's project any more.
    assert left == {"extranet/city/city-finance-bureau-provisioner"}
    assert retired(compiled(root)) == set()
