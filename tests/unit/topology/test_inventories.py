"""The inventories of the repository: whole, and true to the document's numbers."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from govcloud.errors import ToolkitError, ToolkitErrors
from govcloud.topology import Standing, Topology, indicators, load, rows, schemas
from govcloud.topology.document import read
from govcloud.topology.schema import render
from govcloud.topology.starter import start

ROOT = Path(__file__).parents[3]
INVENTORIES = ROOT / "inventories"
BODIES = 7


@pytest.fixture(scope="module")
def jiujiang() -> Topology:
    return load(INVENTORIES / "jiujiang")


def test_the_numbers_are_the_document_s(jiujiang: Topology) -> None:
    assert len(jiujiang.units) == 94
    assert len({unit.body for unit in jiujiang.units.values()}) == BODIES
    assert len(jiujiang.counties) == 16
    assert sum(county.code is None for county in jiujiang.counties.values()) == 3
    townships = [township.id for county in jiujiang.counties.values() for township in county.townships]
    assert 190 <= len(townships) <= 220
    assert len(set(townships)) == len(townships)


def test_every_member_has_a_segment_of_its_own_in_each_of_its_planes(jiujiang: Topology) -> None:
    kinds = {
        name: Counter(segment.kind for segment in plane.segments) for name, plane in jiujiang.planes.items()
    }
    assert (kinds["extranet"]["unit"], kinds["extranet"]["county"], kinds["extranet"]["township"]) == (
        94,
        16,
        195,
    )
    assert (kinds["classified"]["unit"], kinds["classified"]["county"]) == (40, 16)
    assert kinds["classified"]["township"] == 0
    assert (kinds["office"]["unit"], kinds["office"]["county"]) == (94, 16)


def test_all_seven_kinds_of_body_are_on_the_classified_plane(jiujiang: Topology) -> None:
    members = jiujiang.planes["classified"].members
    assert len({jiujiang.units[name].body for name in members if name in jiujiang.units}) == BODIES


def test_the_classified_plane_has_no_egress_and_the_extranet_one(jiujiang: Topology) -> None:
    assert jiujiang.planes["extranet"].egress is not None
    assert jiujiang.planes["classified"].egress is None


def test_every_row_of_the_requirements_stands(jiujiang: Topology) -> None:
    found = rows(jiujiang)
    wanted = [f"N{n}" for n in range(1, 9)] + [f"A{n}" for n in range(1, 15)] + [f"P{n}" for n in range(1, 8)]
    assert list(found) == wanted
    assert [row for row, stands in found.items() if not stands] == []


@pytest.mark.parametrize(
    ("row", "standing"),
    [
        ("N1", "provisioned"),
        ("N3", "declared only"),
        ("A5", "hosted"),
        ("A9", "declared only"),
        ("A13", "migrated"),
    ],
)
def test_rows_stand_as_the_document_asks(jiujiang: Topology, row: str, standing: str) -> None:
    assert {stand.standing for stand in rows(jiujiang)[row]} == {Standing(standing)}


def test_there_are_more_than_a_hundred_department_applications(jiujiang: Topology) -> None:
    assert len(rows(jiujiang)["A12"]) > 100


def test_the_machines_that_run_are_few_and_known(jiujiang: Topology) -> None:
    running = {(machine.plane, machine.id): machine for machine in jiujiang.machines if machine.runs}
    assert set(running) == {
        ("extranet", "portal-web"),
        ("extranet", "shared-postgresql"),
        ("extranet", "shared-web"),
        ("extranet", "bastion"),
        ("extranet", "probe"),
        ("classified", "bastion"),
        ("classified", "probe"),
    }
    floating = {key: str(machine.floating) for key, machine in running.items() if machine.floating}
    assert floating == {
        ("extranet", "portal-web"): "198.51.100.80",
        ("extranet", "bastion"): "198.51.100.22",
        ("extranet", "shared-web"): "198.51.100.23",
        ("classified", "bastion"): "198.51.101.22",
    }


def test_indicators_are_computed_and_the_unknown_is_not_guessed(jiujiang: Topology) -> None:
    found = {indicator.id: indicator for indicator in indicators(jiujiang)}
    assert (found["interconnection"].reached, found["interconnection"].total) == (305, 305)
    assert found["service-items-village"].percent is None
    assert found["service-items-village"].holds is None
    assert found["service-items-township"].holds is True
    assert found["sharing"].reached == found["sharing"].total - len(found["sharing"].missing)


def test_an_indicator_falls_when_members_are_taken_away(tmp_path: Path) -> None:
    root = tmp_path / "site"
    shutil.copytree(INVENTORIES / "minimal", root)
    plane = root / "extranet" / "plane.yaml"
    text = plane.read_text("utf-8")
    assert "townships/*]" in text
    plane.write_text(text.replace(", townships/*]", "]"), "utf-8")
    exchange = root / "extranet" / "systems" / "data-exchange.yaml"
    exchange.write_text(exchange.read_text("utf-8").replace(", townships/east/*]", "]"), "utf-8")
    found = {indicator.id: indicator for indicator in indicators(load(root))}["interconnection"]
    assert (found.reached, found.total) == (5, 8)
    assert found.missing == ("dongguan", "shankou", "huxin")
    assert found.holds is False


@pytest.mark.parametrize("plane", ["extranet", "classified", "office"])
def test_a_plane_loads_without_the_others(tmp_path: Path, plane: str) -> None:
    root = tmp_path / "site"
    shutil.copytree(INVENTORIES / "minimal", root)
    for other in {"extranet", "classified", "office"} - {plane}:
        shutil.rmtree(root / other)
    found = load(root, [plane])
    assert list(found.planes) == [plane]
    whole = load(INVENTORIES / "minimal").planes[plane]
    assert [(s.id, s.prefix) for s in found.planes[plane].segments] == [
        (s.id, s.prefix) for s in whole.segments
    ]


def test_common_files_say_nothing_of_a_plane() -> None:
    common = [INVENTORIES / "jiujiang" / name for name in ("site.yaml", "units", "counties", "blueprints")]
    files = [file for path in common for file in ([path] if path.is_file() else sorted(path.iterdir()))]
    assert len(files) > 110
    for file in files:
        text = file.read_text("utf-8")
        assert not [plane for plane in ("extranet", "classified", "office:") if plane in text], file


def test_a_plane_that_is_not_there_is_an_error() -> None:
    with pytest.raises(ToolkitErrors, match="no plane `extrnet`"):
        load(INVENTORIES / "minimal", ["extrnet"])


def test_a_directory_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ToolkitError, match="no such inventory"):
        load(tmp_path / "nowhere")


@pytest.mark.parametrize("name", sorted(schemas()))
def test_the_exported_schemas_are_those_of_the_model(name: str) -> None:
    assert (ROOT / "schema" / f"{name}.json").read_text("utf-8") == render(schemas()[name])


@pytest.mark.parametrize("name", ["minimal", "jiujiang"])
def test_every_file_names_its_schema_first_and_is_valid_by_it(name: str) -> None:
    validators: dict[Path, Draft202012Validator] = {}
    files = sorted((INVENTORIES / name).rglob("*.yaml"))
    assert len(files) > 30
    for file in files:
        first = file.read_text("utf-8").partition("\n")[0]
        schema = (file.parent / first.removeprefix("# yaml-language-server: $schema=")).resolve()
        if schema not in validators:
            validators[schema] = Draft202012Validator(json.loads(schema.read_text("utf-8")))
        assert [error.message for error in validators[schema].iter_errors(read(file).value)] == [], file


def test_init_starts_a_city_that_loads(tmp_path: Path) -> None:
    files = start("newcity", "新城市", tmp_path / "new")
    found = load(tmp_path / "new")
    assert (found.site.id, found.site.name_zh) == ("newcity", "新城市")
    assert all(file.is_file() for file in files)
    assert [machine.id for machine in found.machines if machine.runs] == [
        "bastion",
        "probe",
        "shared-postgresql",
        "portal-web",
    ]


def test_init_touches_no_directory_that_holds_anything(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(ToolkitError, match="not an empty directory"):
        start("newcity", "新城市", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


@pytest.mark.parametrize(
    ("site", "name"), [("New City", "新城市"), ("newcity", "新\n城市"), ("newcity", "`id`")]
)
def test_init_refuses_names_before_it_writes(tmp_path: Path, site: str, name: str) -> None:
    with pytest.raises(ToolkitError):
        start(site, name, tmp_path / "new")
    assert not (tmp_path / "new").exists()
