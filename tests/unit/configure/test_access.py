"""The way to a plane's machines: argument lists, OpenSSH's settings, and names that lead nowhere."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from govcloud.configure import Access
from govcloud.errors import ToolkitError
from govcloud.topology import Topology


def access(topology: Topology, work: Path, plane: str = "extranet") -> Access:
    return Access("jiujiang", topology.planes[plane], work / plane, work / plane / "ssh" / "operator")


def effective(way: Access, name: str) -> dict[str, str]:
    """What OpenSSH itself makes of the settings for a machine."""
    way.write_config()
    command = ["ssh", "-G", *way.options(way.machine(name)), name]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return dict(line.split(" ", 1) for line in said.splitlines() if " " in line)


def test_a_machine_is_reached_through_the_bastion_of_its_own_plane(
    topology: Topology, tmp_path: Path
) -> None:
    way = access(topology, tmp_path)
    assert way.command(way.machine("portal-web"), ("uptime", "-p")) == [
        *("ssh", "-F", str(way.config), "-J", "bastion"),
        *("--", "portal-web", "uptime", "-p"),
    ]


def test_the_bastion_is_reached_by_its_floating_address(topology: Topology, tmp_path: Path) -> None:
    way = access(topology, tmp_path)
    assert way.command(way.bastion) == ["ssh", "-F", str(way.config), "--", "bastion"]
    assert effective(way, "bastion")["hostname"] == "198.51.100.22"


def test_openssh_verifies_host_keys_by_the_plane_s_file_alone(topology: Topology, tmp_path: Path) -> None:
    seen = effective(access(topology, tmp_path), "portal-web")
    assert seen["stricthostkeychecking"] == "true"
    assert seen["userknownhostsfile"] == str(tmp_path / "extranet" / "ssh" / "known_hosts")
    assert seen["globalknownhostsfile"] == "/dev/null"
    assert seen["identitiesonly"] == "yes"
    assert seen["preferredauthentications"] == "publickey"
    assert seen["hostname"] == "10.32.66.100"


def test_a_work_directory_may_have_spaces_and_per_cent_signs(topology: Topology, tmp_path: Path) -> None:
    work = tmp_path / "a b%c"
    seen = effective(access(topology, work), "probe")
    assert seen["userknownhostsfile"].replace("%%", "%").strip('"') == str(
        work / "extranet" / "ssh" / "known_hosts"
    )


@pytest.mark.parametrize(
    ("name", "what"),
    [("nowhere", "there is no machine nowhere"), ("finance-web", "finance-web is simulated")],
)
def test_a_name_that_leads_nowhere_is_told_with_a_remedy(
    topology: Topology, tmp_path: Path, name: str, what: str
) -> None:
    with pytest.raises(ToolkitError, match=what) as caught:
        access(topology, tmp_path).machine(name)
    assert caught.value.remedy


def test_no_plane_s_settings_name_another_plane_s_machines(topology: Topology, tmp_path: Path) -> None:
    for plane, other in (("extranet", "classified"), ("classified", "extranet")):
        way, there = access(topology, tmp_path, plane), access(topology, tmp_path, other)
        way.write_config()
        text = way.config.read_text()
        assert not [m.id for m in there.running if str(m.address) in text or str(m.floating) in text]
