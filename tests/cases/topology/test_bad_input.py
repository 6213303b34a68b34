"""Bad input: each folder here changes `inventories/minimal` and says which errors that gives, and no others.

`case.yaml` holds `change`, a list of edits (`replace`/`by`, `text`, `append`, `remove`, `bytes`, `gbk`) to
files of the inventory, and `expect`: the errors with file, line, and words of `what` is wrong and `remedy`.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from govcloud.errors import ToolkitError, ToolkitErrors, Where
from govcloud.topology import load

HERE = Path(__file__).parent
MINIMAL = HERE.parents[2] / "inventories" / "minimal"
CASES = sorted(path.parent.name for path in HERE.glob("*/case.yaml"))


def edit(root: Path, change: dict[str, Any]) -> None:
    file = root / change["file"]
    if change.get("remove"):
        shutil.rmtree(file) if file.is_dir() else file.unlink()
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    if "bytes" in change:
        with file.open("wb") as sparse:
            sparse.truncate(change["bytes"])
        return
    if "gbk" in change:
        file.write_bytes(change["gbk"].encode("gbk"))
        return
    text = change["text"] if "text" in change else file.read_text(encoding="utf-8")
    if "replace" in change:
        assert text.count(change["replace"]) == 1, f"{change['replace']!r} must stand once in {file.name}"
        text = text.replace(change["replace"], change["by"])
    file.write_text(text + change.get("append", ""), encoding="utf-8")


def told(error: ToolkitError, root: Path) -> dict[str, Any]:
    assert error.remedy, f"no remedy: {error}"
    place = error.where
    assert isinstance(place, Where), f"no file and line: {error}"
    return {
        "file": str(place.file.relative_to(root)),
        "line": place.line,
        "what": error.what.replace(f"{root}/", ""),
        "remedy": error.remedy,
    }


@pytest.mark.parametrize("name", CASES)
def test_each_fault_gives_one_clear_error(name: str, tmp_path: Path) -> None:
    case = yaml.safe_load((HERE / name / "case.yaml").read_text(encoding="utf-8"))
    root = tmp_path / "site"
    shutil.copytree(MINIMAL, root)
    for change in case["change"]:
        edit(root, change)

    with pytest.raises(ToolkitErrors) as caught:
        load(root, case.get("planes"))

    found = [told(error, root) for error in caught.value.parts()]
    places = [(error["file"], error["line"]) for error in found]
    assert places == [(wanted["file"], wanted["line"]) for wanted in case["expect"]], str(caught.value)
    for error, wanted in zip(found, case["expect"], strict=True):
        assert wanted["what"] in error["what"]
        assert wanted["remedy"] in error["remedy"]


def test_all_faults_of_all_files_are_told_together(tmp_path: Path) -> None:
    """The faults of several cases, put into one inventory, are all in one report."""
    root = tmp_path / "site"
    shutil.copytree(MINIMAL, root)
    together = ["unknown-key", "overlapping-segments", "second-egress", "tag", "reference-across-planes"]
    wanted = set()
    for name in together:
        case = yaml.safe_load((HERE / name / "case.yaml").read_text(encoding="utf-8"))
        for change in case["change"]:
            edit(root, change)
        wanted |= {(error["file"], error["line"]) for error in case["expect"]}

    with pytest.raises(ToolkitErrors) as caught:
        load(root)

    found = [told(error, root) for error in caught.value.parts()]
    assert {(error["file"], error["line"]) for error in found} == wanted, str(caught.value)
