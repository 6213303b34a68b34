"""What is configured where, derived from the topology."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from govcloud.configure import Access, admitted, databases, inventory, prepare
from govcloud.topology import Topology

ROOT = Path(__file__).parents[3]
SECRET = "s3cret-of-the-portal"


def access(topology: Topology, work: Path, plane: str = "extranet") -> Access:
    return Access("jiujiang", topology.planes[plane], work / plane, work / plane / "ssh" / "operator")


@pytest.fixture
def listed(topology: Topology, tmp_path: Path) -> dict[str, Any]:
    return inventory(topology, access(topology, tmp_path))


def test_a_group_stands_for_each_role(listed: dict[str, Any]) -> None:
    groups = {name: sorted(group["hosts"]) for name, group in listed.items() if name.startswith("role_")}
    assert groups == {
        "role_bastion": ["bastion"],
        "role_base": ["bastion", "portal-web", "probe", "shared-postgresql", "shared-web"],
        "role_postgresql": ["shared-postgresql"],
        "role_web": ["portal-web"],
        "role_mariadb": [],
        "role_sites": ["shared-web"],
        "role_probe": ["probe"],
        "role_nspawn": [],
    }


def test_only_machines_that_run_are_in_it(listed: dict[str, Any]) -> None:
    found = sorted(listed["_meta"]["hostvars"])
    assert found == ["bastion", "portal-web", "probe", "shared-postgresql", "shared-web"]


def test_no_plane_s_inventory_holds_anything_of_another(topology: Topology, tmp_path: Path) -> None:
    addresses = {
        plane: {str(a) for m in topology.planes[plane].machines for a in (m.address, m.floating) if a}
        for plane in ("extranet", "classified")
    }
    for plane, other in (("extranet", "classified"), ("classified", "extranet")):
        text = json.dumps(inventory(topology, access(topology, tmp_path, plane)))
        assert not [
            address for address in addresses[other] if f'"{address}"' in text or f"{address}/" in text
        ]
        assert str(tmp_path / other) not in text


def test_the_firewall_of_the_portal_admits_its_flows(topology: Topology) -> None:
    plane = topology.planes["extranet"]
    found = {entry["service"]: entry for entry in admitted(plane, plane.machine["portal-web"])}
    assert set(found) == {"http", "https", "icmp", "ssh"}
    assert found["http"] == {"service": "http", "protocol": "tcp", "ports": "80", "sources": ["0.0.0.0/0"]}
    assert found["ssh"]["sources"] == ["10.32.18.4/32"]


def test_the_firewall_of_the_bastion_admits_the_operators(topology: Topology) -> None:
    plane = topology.planes["extranet"]
    ssh = next(entry for entry in admitted(plane, plane.machine["bastion"]) if entry["service"] == "ssh")
    assert {"198.51.100.0/24", "10.99.0.0/16"} <= set(ssh["sources"])


def test_a_system_whose_machines_are_simulated_has_no_database_yet(topology: Topology) -> None:
    assert [(d.system, d.machine.id) for d in databases(topology.planes["extranet"])] == [
        ("portal", "shared-postgresql")
    ]


def test_only_the_portal_s_machine_may_log_in(listed: dict[str, Any]) -> None:
    found = listed["_meta"]["hostvars"]["shared-postgresql"]["postgresql_databases"]
    assert [(database["name"], database["clients"]) for database in found] == [("portal", ["10.32.66.100"])]


def test_the_portal_shows_one_site_for_each_county(topology: Topology, listed: dict[str, Any]) -> None:
    sites = listed["_meta"]["hostvars"]["portal-web"]["web_declared"]["website"]
    assert [site["kind"] for site in sites[:2]] == ["head", "county"]
    counties = [site["owner_zh"] for site in sites if site["kind"] == "county"]
    assert sorted(counties) == sorted(county.name_zh for county in topology.counties.values())


def test_the_first_content_bears_the_inventory_s_numbers(listed: dict[str, Any]) -> None:
    articles = listed["_meta"]["hostvars"]["portal-web"]["web_first_content"]["article"]
    assert any("94 个单位和 16 个县" in article["title"] for article in articles)
    assert not [article for article in articles if "$" in article["title"] + article["body"]]


def test_a_run_is_laid_out_in_private_files_and_one_of_them_alone_holds_secrets(
    topology: Topology, tmp_path: Path
) -> None:
    way = access(topology, tmp_path)
    prepare(topology, way, lambda name: SECRET)
    files = [path for path in way.directory.rglob("*") if path.is_file()]
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    assert [path.name for path in files if SECRET in path.read_text()] == ["secrets.json"]


def test_ansible_reads_what_was_laid_out(topology: Topology, tmp_path: Path) -> None:
    prepared = prepare(topology, access(topology, tmp_path), lambda name: SECRET)
    program = Path(sys.executable).parent / "ansible-inventory"
    command = [str(program), "-i", str(prepared.inventory), "--list"]
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "LC_ALL": "C.UTF-8"}
    environment["ANSIBLE_CONFIG"] = str(prepared.settings)
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    seen = json.loads(done.stdout)
    assert seen["role_web"]["hosts"] == ["portal-web"]
    assert seen["_meta"]["hostvars"]["portal-web"]["ansible_host"] == "10.32.66.100"
    assert SECRET not in done.stdout


def test_the_roles_demand_what_the_inventory_gives(topology: Topology, tmp_path: Path) -> None:
    """Every required option of a role's argument specs stands in the variables of each of its machines."""
    for plane in ("extranet", "classified"):
        found = inventory(topology, access(topology, tmp_path, plane))
        for group, members in found.items():
            if not group.startswith("role_"):
                continue
            specs = ROOT / "roles" / group.removeprefix("role_") / "meta" / "argument_specs.yml"
            options = yaml.safe_load(specs.read_text())["argument_specs"]["main"]["options"]
            needed = {name for name, option in options.items() if option.get("required")}
            for name in members["hosts"]:
                assert needed <= set(found["_meta"]["hostvars"][name]), (group, name)
