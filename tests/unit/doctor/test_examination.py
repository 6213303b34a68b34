"""The whole examination, on sites without a cloud: it ends, tells everything, and changes nothing."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from govcloud.cli.main import govcloud
from govcloud.doctor import Finding, State, examination, examine
from govcloud.engine import Site
from govcloud.lab import EXTRANET
from govcloud.progress import Silent

MINIMAL = Path(__file__).parents[3] / "inventories" / "minimal"


@pytest.fixture(autouse=True)
def _no_lab(monkeypatch: pytest.MonkeyPatch) -> None:
    """The lab of the machine that tests run on says nothing about these sites."""
    monkeypatch.setattr(examination.lab, "to_raise", lambda needed: [])
    monkeypatch.setattr(examination, "_lab", lambda *given: [])


def _planes(found: list[Finding]) -> set[str]:
    return {one.area for one in found if one.area.startswith("plane ")}


def test_every_plane_is_looked_at_and_none_is_made(tmp_path: Path) -> None:
    found = examine(Site(MINIMAL, tmp_path / "work"), Silent())
    assert _planes(found) == {"plane extranet", "plane classified"}
    assert list(tmp_path.iterdir()) == []


def test_one_plane_alone_can_be_looked_at(tmp_path: Path) -> None:
    assert _planes(examine(Site(MINIMAL, tmp_path, ("classified",)), Silent())) == {"plane classified"}


def test_everything_but_ok_has_a_remedy(tmp_path: Path) -> None:
    found = examine(Site(MINIMAL, tmp_path), Silent())
    assert [one for one in found if bool(one.remedy) == (one.state is State.OK)] == []


def test_an_inventory_that_does_not_load_is_wrong_and_its_planes_could_not_be_determined(
    tmp_path: Path,
) -> None:
    shutil.copytree(MINIMAL, tmp_path / "site")
    (tmp_path / "site/extranet/plane.yaml").write_text("id: [\n")
    found = {one.subject: one for one in examine(Site(tmp_path / "site", tmp_path / "work"), Silent())}
    assert found["inventory"].state is State.WRONG
    assert "plane.yaml" in found["inventory"].seen
    assert found["planes"].state is State.UNKNOWN


def test_an_inventory_that_is_not_there_is_wrong(tmp_path: Path) -> None:
    found = {one.subject: one.state for one in examine(Site(tmp_path / "nix", tmp_path), Silent())}
    assert found["inventory"] is State.WRONG


def test_a_plane_whose_lab_cloud_is_down_is_not_asked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "extranet/clouds.yaml"
    file.parent.mkdir()
    file.write_text(f"clouds: {{extranet: {{auth: {{auth_url: 'http://{EXTRANET.address}:5000/v3'}}}}}}")
    monkeypatch.setattr(examination.lab, "to_raise", list)
    found = {one.subject: one for one in examine(Site(MINIMAL, tmp_path, ("extranet",)), Silent())}
    assert found["login"].state is State.UNKNOWN
    assert "lab up" in found["login"].remedy


def test_the_command_prints_one_document_and_exits_by_it(tmp_path: Path) -> None:
    words = ["doctor", "--inventory", str(MINIMAL), "--work", str(tmp_path), "--format", "json"]
    said = CliRunner().invoke(govcloud, words, standalone_mode=False)
    document = json.loads(said.stdout)
    assert said.return_value == 1
    assert document["counts"]["wrong"] == sum(one["state"] == "wrong" for one in document["findings"]) > 0


def test_the_text_pairs_each_finding_with_its_remedy(tmp_path: Path) -> None:
    said = CliRunner().invoke(govcloud, ["doctor", "--inventory", str(MINIMAL), "--work", str(tmp_path)])
    lines = said.stdout.splitlines()
    for number, line in enumerate(lines):
        if line.startswith(("  WRONG", "  note", "  ?")):
            assert lines[number + 1].startswith("        remedy: ")


@pytest.mark.filterwarnings("ignore:Support for InfluxDB")
def test_it_never_tells_a_secret(tmp_path: Path) -> None:
    work = tmp_path / "extranet"
    work.mkdir()
    auth = "{auth_url: 'http://127.0.0.1:9/v3', username: u, password: hunter2-hunter2, project_name: p}"
    (work / "clouds.yaml").write_text(f"clouds: {{extranet: {{auth: {auth}}}}}")
    for name in ("secrets.yaml", "passphrase"):
        (work / name).write_text("database: hunter2-hunter2")
    words = ["doctor", "--inventory", str(MINIMAL), "--work", str(tmp_path), "--plane", "extranet"]
    said = CliRunner().invoke(govcloud, words)
    assert "u at 127.0.0.1:9" in said.output
    assert "hunter2" not in said.output
