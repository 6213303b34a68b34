"""What the verifier of `base` reads from nft: the same addresses, in whatever shape they are listed."""

from __future__ import annotations

import ipaddress
import runpy
from pathlib import Path
from typing import Any

import pytest

VERIFY = runpy.run_path(str(Path(__file__).parents[3] / "roles/base/verify.py"))


def rule(sources: Any) -> dict[str, Any]:
    saddr = {"payload": {"protocol": "ip", "field": "saddr"}}
    dport = {"payload": {"protocol": "tcp", "field": "dport"}}
    return {
        "expr": [
            {"match": {"op": "==", "left": saddr, "right": sources}},
            {"match": {"op": "==", "left": dport, "right": 443}},
            {"accept": None},
        ]
    }


@pytest.mark.parametrize(
    ("listed", "sources"),
    [
        ("10.1.2.3", ["10.1.2.3/32"]),
        ({"prefix": {"addr": "10.1.2.0", "len": 24}}, ["10.1.2.0/24"]),
        (
            {"set": [{"range": ["10.33.0.0", "10.33.2.255"]}, "198.51.100.201"]},
            ["10.33.0.0/24", "10.33.1.0/24", "10.33.2.0/24", "198.51.100.201/32"],
        ),
    ],
)
def test_neighbours_are_the_same_as_one_by_one_and_as_a_range(listed: Any, sources: list[str]) -> None:
    wanted = VERIFY["covered"](map(ipaddress.IPv4Network, sources))
    assert VERIFY["admission"](rule(listed)) == ["tcp", "443", wanted]


def test_one_neighbour_more_is_another_rule() -> None:
    wanted = VERIFY["covered"]([ipaddress.IPv4Network("10.33.0.0/24")])
    listed = {"range": ["10.33.0.0", "10.33.1.255"]}
    assert VERIFY["admission"](rule({"set": [listed]})) != ["tcp", "443", wanted]
