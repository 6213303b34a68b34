"""A thing that was renamed keeps its objects: machines, addresses, groups and rules."""

from __future__ import annotations

import shutil
from pathlib import Path

from govcloud.engine import Setting, Site, take_census
from govcloud.engine.state import held_in
from govcloud.topology.addresses import allocate
from integration.conftest import ROOT, apply, plan


def _renamed(folder: Path, name: str, former: str) -> Path:
    """The small site's inventory with the finance system called otherwise."""
    shutil.copytree(ROOT / "inventories" / "minimal", folder)
    systems = folder / "extranet/systems"
    text = (systems / "finance.yaml").read_text()
    (systems / "finance.yaml").unlink()
    (systems / f"{name}.yaml").write_text(
        text.replace("id: finance\n", f"id: {name}\nmoved_from: {former}\n")
    )
    for file in folder.rglob("*.yaml"):
        if "systems/finance" in (said := file.read_text()):
            file.write_text(said.replace("systems/finance", f"systems/{name}"))
    for plane in allocate(folder, ["extranet"]):
        plane.record()
    return folder


def _setting(inventory: Path, work: Path, like: Setting) -> Setting:
    return Site(inventory, work).setting(like.plane, like.pulumi_root)


def test_a_renamed_system_keeps_its_machines_and_addresses(
    small_site: Site, applied: dict[str, Setting], tmp_path: Path
) -> None:
    work, first = small_site.work.root, applied["extranet"]
    before = held_in(first.state())
    renamed = _setting(_renamed(tmp_path / "treasury", "treasury", "finance"), work, first)
    made = plan(renamed)
    assert {step.operation for step in made.steps} == {"update"}
    notes = {step.address: step.note for step in made.steps}
    assert notes["extranet/systems/treasury-web"] == "was finance-web"
    apply(made, renamed)
    after = held_in(renamed.state())
    assert not plan(renamed)
    assert take_census(renamed).wrong == ()
    for part in ("web", "web-2", "web-port", "network", "subnet", "web-group", "web-spread"):
        assert after[f"extranet/systems/treasury-{part}"] == before[f"extranet/systems/finance-{part}"], part
    back = _setting(_renamed(tmp_path / "finance", "finance", "[treasury, finance]"), work, first)
    returning = plan(back)
    assert {step.operation for step in returning.steps} == {"update"}
    apply(returning, back)
    assert held_in(back.state()) == before
    assert not plan(first)
    assert take_census(first).wrong == ()
