"""The verifiers' own reading: what they make of a firewall as nft prints it."""

from __future__ import annotations

import importlib.util
from ipaddress import IPv4Network
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def base() -> ModuleType:
    spec = importlib.util.spec_from_file_location("base_verify", ROOT / "roles" / "base" / "verify.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def match(protocol: str, field: str, right: Any) -> dict[str, Any]:
    left = {"payload": {"protocol": protocol, "field": field}}
    return {"match": {"op": "==", "left": left, "right": right}}


ACCEPT: dict[str, Any] = {"accept": None}
PREFIX = {"prefix": {"addr": "10.99.0.0", "len": 16}}


@pytest.mark.parametrize(
    ("expressions", "found"),
    [
        ([match("tcp", "dport", 80), ACCEPT], ["tcp", "80", ["0.0.0.0/0"]]),
        ([match("ip", "saddr", "10.32.18.4"), match("tcp", "dport", 22), ACCEPT], ["tcp", "22", ["10.32.18.4/32"]]),
        ([match("ip", "saddr", {"set": [PREFIX, "10.0.0.1"]}), match("tcp", "dport", 22), ACCEPT],
         ["tcp", "22", ["10.0.0.1/32", "10.99.0.0/16"]]),
        ([match("ip", "saddr", {"set": [{"range": ["10.33.0.0", "10.33.2.255"]}]}), match("tcp", "dport", 443), ACCEPT],
         ["tcp", "443", ["10.33.0.0/23", "10.33.2.0/24"]]),
        ([match("udp", "dport", {"range": [10000, 20000]}), ACCEPT], ["udp", "10000-20000", ["0.0.0.0/0"]]),
        ([match("ip", "saddr", PREFIX), match("icmp", "type", "echo-request"), ACCEPT],
         ["icmp", "", ["10.99.0.0/16"]]),
        ([ACCEPT], ["any", "", ["0.0.0.0/0"]]),
        ([match("tcp", "dport", 80), {"drop": None}], None),
        ([match("udp", "sport", 67), match("udp", "dport", 68), ACCEPT], None),
        ([{"match": {"op": "==", "left": {"meta": {"key": "iif"}}, "right": "lo"}}, ACCEPT], None),
        ([{"match": {"op": "in", "left": {"ct": {"key": "state"}}, "right": ["established", "related"]}}, ACCEPT],
         None),
    ],
    ids=["open", "one address", "a set", "neighbours", "a range", "icmp", "everything", "drop", "dhcp", "loopback", "established"],
)  # fmt: skip
def test_a_rule_is_read_as_what_it_lets_in(base: ModuleType, expressions: list[Any], found: Any) -> None:
    assert base.admission({"expr": expressions}) == found


def test_neighbours_are_the_same_one_by_one_and_as_a_range(base: ModuleType) -> None:
    one_by_one = [IPv4Network(f"10.33.{number}.0/24") for number in (2, 0, 1)]
    assert base.covered(one_by_one) == ["10.33.0.0/23", "10.33.2.0/24"]


@pytest.mark.parametrize("role", ["base", "bastion", "postgresql", "web", "sites", "probe"])
def test_every_role_has_a_verifier_and_argument_specs(role: str) -> None:
    assert "def findings(expected" in (ROOT / "roles" / role / "verify.py").read_text()
    assert (ROOT / "roles" / role / "meta" / "argument_specs.yml").is_file()
