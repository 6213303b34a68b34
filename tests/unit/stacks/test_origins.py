"""What a resource comes from: where that stands, what it was called before, and whether it is to go."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from govcloud.errors import ToolkitError
from govcloud.stacks import Resource, Stack, compile_topology, references
from govcloud.stacks.origin import Origin, former_names
from govcloud.topology import load
from unit.inventories import MINIMAL, copied, record, rename

FINANCE = "extranet/systems/finance.yaml"
SYSTEMS = "extranet/systems"


@pytest.fixture(scope="module")
def minimal() -> dict[str, Resource]:
    return by_address(compile_topology(load(MINIMAL)))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return copied(tmp_path)


def compiled(root: Path) -> tuple[Stack, ...]:
    return compile_topology(load(root))


def by_address(stacks: Iterable[Stack]) -> dict[str, Resource]:
    return {stack.address(resource.name): resource for stack in stacks for resource in stack.resources}


def used(resource: Resource) -> set[str]:
    return set(references(tuple(resource.properties.values())))


# -- where -----------------------------------------------------------------------------------------


def test_every_resource_names_the_line_of_the_id_that_asks_for_it(minimal: dict[str, Resource]) -> None:
    for address, resource in minimal.items():
        file, _, line = resource.where.rpartition(":")
        said = (MINIMAL / file).read_text("utf-8").split("\n")[int(line) - 1]
        assert said.startswith("id: "), address


@pytest.mark.parametrize(
    ("address", "file", "serves"),
    [
        ("extranet/core/border-router", "extranet/plane.yaml", ""),
        ("extranet/core/managed-group", "extranet/plane.yaml", ""),
        ("extranet/core/bastion", "extranet/machines/bastion.yaml", "运维堡垒机 (bastion)"),
        (
            "extranet/core/management-network",
            "extranet/segments/management.yaml",
            "网络管理中心 (management)",
        ),
        ("extranet/city/city-court-project", "units/city-court.yaml", "市中级人民法院 (city-court)"),
        ("extranet/city/city-court-subnet", "units/city-court.yaml", "市中级人民法院 (city-court)"),
        ("extranet/county-990421/router-east-back", "counties/east.yaml", "东县 (east)"),
        ("extranet/county-990421/dongguan-network", "counties/east.yaml", "东县 (east)"),
        ("extranet/systems/finance-web", FINANCE, "财政管理系统（金财） (finance)"),
        ("extranet/systems/finance-web-group", FINANCE, "财政管理系统（金财） (finance)"),
        (
            "extranet/videoconf/hd-backup-bridge-1",
            "extranet/conferences/hd-backup.yaml",
            "高清视频会议备份系统 (hd-backup)",
        ),
    ],
)
def test_a_resource_comes_from_the_thing_that_asks_for_it(
    minimal: dict[str, Resource], address: str, file: str, serves: str
) -> None:
    assert minimal[address].where == f"{file}:2"
    assert minimal[address].serves == serves


# -- renamed ---------------------------------------------------------------------------------------

RENAMED = {
    "a system": (FINANCE, "treasury"),
    "a unit": ("units/city-court.yaml", "city-tribunal"),
    "a county with a code": ("counties/east.yaml", "orient"),
    "a machine": ("extranet/machines/shared-postgresql.yaml", "shared-database"),
    "another machine": ("extranet/machines/shared-web.yaml", "common-web"),
    "a segment": ("extranet/segments/data.yaml", "storage"),
    "a segment of the core": ("extranet/segments/management.yaml", "operations-centre"),
    "a conference": ("extranet/conferences/hd-backup.yaml", "hd-main"),
}


def lasts(resource: Resource) -> bool:
    """Whether it is the same object under another name: a set of sources, and what lets it in, is made anew."""
    return resource.kind not in ("address_group", "rbac_policy") and not any(
        "/core/from-" in reference for reference in used(resource)
    )


@pytest.mark.parametrize("thing", RENAMED)
def test_whatever_is_renamed_every_resource_has_its_former_address(
    root: Path, minimal: dict[str, Resource], thing: str
) -> None:
    file, new = RENAMED[thing]
    rename(root, file, new, Path(file).stem)
    record(root)
    now = by_address(compiled(root))
    assert now.keys() != minimal.keys()
    former = {(one.moved_from or (address,))[0]: one.kind for address, one in now.items() if lasts(one)}
    assert former == {address: one.kind for address, one in minimal.items() if lasts(one)}


def test_what_was_not_renamed_was_never_called_otherwise(minimal: dict[str, Resource]) -> None:
    assert {resource.moved_from for resource in minimal.values()} == {()}


def test_a_rule_between_two_that_were_renamed_has_every_former_address(root: Path) -> None:
    rename(root, FINANCE, "treasury", "finance")
    rename(root, "extranet/systems/data-exchange.yaml", "exchange-centre", "data-exchange")
    record(root)
    (rule,) = [
        one
        for address, one in by_address(compiled(root)).items()
        if one.kind == "security_group_rule"
        and "exchange-centre-broker-group-" in address
        and "from-treasury-web" in address
    ]
    assert set(rule.moved_from) == {
        f"{SYSTEMS}/{target}-broker-group-{rule.name.split('-group-')[1].split('-from-')[0]}-from-{source}-web"
        for target in ("exchange-centre", "data-exchange")
        for source in ("treasury", "finance")
    } - {f"{SYSTEMS}/{rule.name}"}


def test_a_thing_that_was_renamed_twice_has_all_its_former_addresses_the_newest_first(root: Path) -> None:
    rename(root, FINANCE, "treasury", "budget", "finance")
    record(root)
    server = by_address(compiled(root))[f"{SYSTEMS}/treasury-web"]
    assert server.moved_from == (f"{SYSTEMS}/budget-web", f"{SYSTEMS}/finance-web")


@pytest.mark.parametrize("former", [("finance",), ("budget", "finance")])
def test_a_server_group_keeps_its_first_name_for_it_cannot_be_renamed(
    root: Path, minimal: dict[str, Resource], former: tuple[str, ...]
) -> None:
    rename(root, FINANCE, "treasury", *former)
    record(root)
    group = by_address(compiled(root))[f"{SYSTEMS}/treasury-web-spread"]
    assert group.properties["name"] == "finance-web-spread"
    assert group.properties["name"] == minimal[f"{SYSTEMS}/finance-web-spread"].properties["name"]


def origin(name: str, *former: str) -> Origin:
    return Origin(name, "", "", former)


@pytest.mark.parametrize(
    ("name", "origins", "former"),
    [
        pytest.param("new", [origin("new", "old")], ("old",), id="the id alone"),
        pytest.param("new-web-2-port", [origin("new", "old")], ("old-web-2-port",), id="in front"),
        pytest.param("router-new-out", [origin("new", "old")], ("router-old-out",), id="a router's"),
        pytest.param("new-web", [origin("new")], (), id="never renamed"),
        pytest.param("new-web", [], (), id="nobody's"),
        pytest.param(
            "talk-edge-new-port",
            [origin("talk"), origin("new", "old")],
            ("talk-edge-old-port",),
            id="a venue's edge",
        ),
        pytest.param("newer-web", [origin("new", "old")], (), id="an id that begins another"),
        pytest.param("web-new", [origin("new", "old")], (), id="an id at another's end"),
        pytest.param("renew", [origin("new", "old")], (), id="an id within a word"),
        pytest.param("new-new", [origin("new", "old")], ("old-new",), id="an id that is also a part's"),
        pytest.param("a-b-web", [origin("a-b", "a")], ("a-web",), id="an id with a dash"),
        pytest.param("a-web", [origin("a", "a-b")], ("a-b-web",), id="a former id that begins with the new"),
        pytest.param("new-web", [origin("new", "b", "a")], ("b-web", "a-web"), id="twice"),
        pytest.param(
            "new-web", [origin("new", "old", "new")], ("old-web", "new-web"), id="back to its first"
        ),
        pytest.param(
            "new-group-https-from-far",
            [origin("new", "old"), origin("elsewhere", "away")],
            ("old-group-https-from-far",),
            id="a rule whose other end is not named",
        ),
        pytest.param(
            "new-group-https-from-far",
            [origin("new", "old"), origin("far", "away")],
            ("new-group-https-from-away", "old-group-https-from-far", "old-group-https-from-away"),
            id="a rule between two",
        ),
        pytest.param(
            "new-group-https-from-new",
            [origin("new", "old"), origin("new", "old")],
            ("old-group-https-from-old",),
            id="a rule within one",
        ),
    ],
)
def test_a_former_name_follows_from_a_former_id(
    name: str, origins: list[Origin], former: tuple[str, ...]
) -> None:
    assert former_names(name, origins) == former


# -- taken over ------------------------------------------------------------------------------------


def adopt(root: Path, resource: str) -> None:
    (root / "extranet/adoptions").mkdir()
    (root / "extranet/adoptions/old.yaml").write_text(
        f"id: old\nname_zh: 既有骨干网\nresource: {resource}\nexisting: id-7\nbecause: it stood before us\n",
        "utf-8",
    )


def test_an_object_that_was_there_before_us_becomes_the_resource_that_is_named(root: Path) -> None:
    adopt(root, "core/backbone-network")
    named = {address: one.existing for address, one in by_address(compiled(root)).items() if one.existing}
    assert named == {"extranet/core/backbone-network": "id-7"}


def test_a_resource_that_there_is_not_is_refused_at_its_line(root: Path) -> None:
    adopt(root, "core/spine-network")
    with pytest.raises(ToolkitError, match="there is no resource extranet/core/spine-network") as caught:
        compiled(root)
    assert str(caught.value.where) == f"{root / 'extranet/adoptions/old.yaml'}:3"
