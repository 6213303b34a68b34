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

from .conftest import Machines
from .department import Court


@pytest.fixture(scope="module")
def planned(machines: Machines) -> PlanFolder:
    """What `govcloud plan --configure` writes after two machines were changed by hand."""
    machines.on("probe", "echo '# by hand' >> /etc/nftables.conf")
    machines.on("portal-web", "echo changed >> /etc/portal/database")
    where = ["--inventory", str(machines.site.inventory), "--work", str(machines.site.work.root)]
    words = ["plan", "--configure", "--plane", "extranet", "--format", "json", *where]
    done = CliRunner().invoke(govcloud, words, catch_exceptions=False)
    (made,) = json.loads(done.stdout)["plans"]
    return read_plan(Path(made["folder"]))


def _applied(folder: PlanFolder, machines: Machines, setting: Setting) -> None:
    reached = cli_machines.Machines(machines.site, folder.plan, Silent())
    apply_plan(folder, setting, Silent(), datetime.now(UTC), machines=reached)


def test_every_difference_stands_in_the_plan_and_no_other(machines: Machines, planned: PlanFolder) -> None:
    found = {one.machine: one.changes for one in planned.plan.machines or ()}
    assert set(found) == {one.id for one in machines.access.running}
    assert {name for name, changes in found.items() if changes} == {"probe", "portal-web"}
    assert any("-# by hand" in change.difference for change in found["probe"])
    assert "-# by hand" in planned.sealed.files["plan.html"].decode()
    assert planned.plan.counts() == {"configure": 2}


def test_no_secret_stands_in_the_plan(machines: Machines, planned: PlanFolder) -> None:
    secrets = (machines.site.plane_work("extranet").root / "secrets.yaml").read_text()
    values = [line.partition(": ")[2] for line in secrets.splitlines()]
    assert values
    for content in planned.sealed.files.values():
        assert not [value for value in values if value.encode() in content]


def test_another_difference_by_now_is_refused(machines: Machines, planned: PlanFolder, court: Court) -> None:
    machines.on("probe", "echo '# by another hand' >> /etc/nftables.conf")
    try:
        with pytest.raises(
            ToolkitError, match="machine probe: configuring it would change something else by now"
        ):
            _applied(planned, machines, court.setting)
    finally:
        machines.on("probe", "sed -i '/by another hand/d' /etc/nftables.conf")
    assert "changed" in machines.on("portal-web", "cat /etc/portal/database")


def test_what_stands_in_the_plan_is_what_is_done(
    machines: Machines, planned: PlanFolder, court: Court
) -> None:
    _applied(planned, machines, court.setting)
    assert "by hand" not in machines.on("probe", "cat /etc/nftables.conf")
    assert "changed" not in machines.on("portal-web", "cat /etc/portal/database")
    assert machines.wrong("probe", "base") == []
