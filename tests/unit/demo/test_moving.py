"""Which move can be shown, and who signs for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from govcloud.demo.department import Department, Door, Settled
from govcloud.demo.moving import Moving, shown_move
from govcloud.demo.review import signers
from govcloud.engine import Site
from govcloud.errors import ToolkitError
from govcloud.migrations.remote import Login
from govcloud.progress import Silent
from govcloud.topology import load

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(("site", "shown"), [("jiujiang", "floating-population-move"), ("minimal", None)])
def test_a_move_is_shown_where_its_machines_run(site: str, shown: str | None) -> None:
    found = shown_move(load(ROOT / "inventories" / site).planes["extranet"])
    assert (found.id if found else None) == shown


def test_signers_join_those_that_are_named_already(tmp_path: Path) -> None:
    setting = next(
        one for one in Site(ROOT / "inventories" / "minimal", tmp_path).settings() if one.plane == "extranet"
    )
    setting.work.allowed_signers.parent.mkdir(parents=True, exist_ok=True)
    setting.work.allowed_signers.write_text("somebody ssh-ed25519 AAAA\n", encoding="utf-8")
    keys = signers(setting, 1)
    assert signers(setting, 3)[:3] == keys
    lines = setting.work.allowed_signers.read_text(encoding="utf-8").splitlines()
    names = [line.split(" ")[0].removeprefix("demonstration-") for line in lines]
    assert names == ["somebody", "author", "reviewer-1", "reviewer-2", "reviewer-3"]
    assert all(oct(key.stat().st_mode & 0o777) == "0o600" for key in keys)


def test_why_a_verb_failed_is_told_with_what_to_type(tmp_path: Path) -> None:
    site = Site(ROOT / "inventories" / "minimal", tmp_path)
    plane = site.topology.planes["extranet"]
    setting = next(one for one in site.settings() if one.plane == "extranet")
    door = Door("192.0.2.1", "nowhere.example", tmp_path)
    login = Login("nowhere", "192.0.2.1", 22, "nobody", tmp_path, ())
    settled = Settled(Department("nobody", "无", "nowhere.example"), login, tmp_path, door)
    moving = Moving(site, setting, plane.moves["court-notices-move"], settled, Silent())
    with pytest.raises(ToolkitError, match="there is no move nothing-there") as failed:
        moving.verb("status", "nothing-there")
    assert "govcloud migrate status --work" in str(failed.value.remedy)
