"""Ansible in the plan: what configuring would change is read before, and is what happens, or nothing does."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from govcloud.cli import machines as cli_machines
from govcloud.cli.main import govcloud
from govcloud.engine import PlanFolder, Setting, apply_plan, read_plan
from govcloud.errors import ToolkitError
from govcloud.progress import Silent
from integration.conftest import plan

from .conftest import Machines


def _planned(machines: Machines) -> PlanFolder:
    """What `govcloud plan --configure` writes."""
    where = ["--inventory", str(machines.site.inventory), "--work", str(machines.site.work.root)]
    words = ["plan", "--configure", "--plane", "extranet", "--format", "json", *where]
    done = CliRunner().invoke(govcloud, words, catch_exceptions=False)
    (made,) = json.loads(done.stdout)["plans"]
    return read_plan(Path(made["folder"]))


def _applied(folder: PlanFolder, machines: Machines, setting: Setting) -> None:
    reached = cli_machines.Machines(machines.site, folder.plan, Silent())
    apply_plan(folder, setting, Silent(), datetime.now(UTC), machines=reached)


def test_configured_machines_have_nothing_to_change(machines: Machines) -> None:
    found = _planned(machines).plan.machines
    assert found is not None
    assert {one.machine: one.changes for one in found} == {one.id: () for one in machines.access.running}


def test_what_stands_in_the_plan_is_what_is_done(machines: Machines, applied: dict[str, Setting]) -> None:
    machines.on("probe", "echo '# by hand' >> /etc/nftables.conf")
    folder = _planned(machines)
    (probe,) = [one for one in folder.plan.machines or () if one.changes]
    assert probe.machine == "probe"
    assert any("-# by hand" in change.difference for change in probe.changes)
    page = folder.sealed.files["plan.html"].decode()
    assert "-# by hand" in page
    assert folder.plan.counts() == {"configure": 1}
    _applied(folder, machines, applied["extranet"])
    assert "by hand" not in machines.on("probe", "cat /etc/nftables.conf")
    assert machines.wrong("probe", "base") == []


def test_another_difference_by_now_is_refused(machines: Machines, applied: dict[str, Setting]) -> None:
    machines.on("probe", "echo '# by hand' >> /etc/nftables.conf")
    folder = _planned(machines)
    machines.on("probe", "echo '# by another hand' >> /etc/nftables.conf")
    with pytest.raises(
        ToolkitError, match="machine probe: configuring it would change something else by now"
    ):
        _applied(folder, machines, applied["extranet"])
    assert "by another hand" in machines.on("probe", "cat /etc/nftables.conf")
    machines.configure("probe")
    assert not plan(applied["extranet"])


def test_no_secret_stands_in_a_plan_s_differences(machines: Machines) -> None:
    secrets = (machines.site.plane_work("extranet").root / "secrets.yaml").read_text()
    values = [line.partition(": ")[2] for line in secrets.splitlines()]
    assert values
    machines.on("portal-web", "echo changed >> /etc/portal/database")
    folder = _planned(machines)
    assert any(one.changes for one in folder.plan.machines or ())
    for content in folder.sealed.files.values():
        assert not [value for value in values if value.encode() in content]
    machines.configure("portal-web")
