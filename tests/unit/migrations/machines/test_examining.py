"""What stands in the way of a whole machine is told before anything moves."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from govcloud.migrations.findings import Weight
from govcloud.migrations.machines import Container, LiveHost, examining
from govcloud.migrations.remote import Host, Login

GIB = 1024**3
LOGIN = Login("legacy", "198.51.100.201", 22, "root", Path("key"), ())
LOOK: dict[str, Any] = {
    "first": "systemd",
    "machine": "x86_64",
    "left": [{"place": "/boot/efi", "source": "/dev/sda1", "kind": "vfat"}],
    "used": 2 * GIB,
    "leads": True,
    "ports": [{"port": 22, "program": "sshd"}, {"port": 443, "program": "nginx"}],
}
ROOM: dict[str, Any] = {
    "machine": "x86_64",
    "nspawn": True,
    "made": False,
    "free": 8 * GIB,
    "ports": [{"port": 22, "program": "sshd"}],
}


def found(look: dict[str, Any], room: dict[str, Any]) -> list[tuple[str, Weight]]:
    old = LiveHost(Host(LOGIN))
    vars(old)["look"] = LOOK | look
    with patch.object(examining, "ask", lambda *_, **__: ROOM | room):
        seen = examining.examined(old, Container(Host(LOGIN), "archive"), ((22, 22), (443, 443)))
        return [(one.name, one.weight) for one in seen if one.weight is not Weight.NOTE]


def test_a_machine_that_fits_is_let_through() -> None:
    assert found({}, {}) == []


@pytest.mark.parametrize(
    ("look", "room", "name", "weight"),
    [
        ({"first": "init"}, {}, "the first process", Weight.BLOCKS),
        ({"machine": "aarch64"}, {}, "the processor", Weight.BLOCKS),
        ({}, {"nspawn": False}, "what runs it", Weight.BLOCKS),
        ({}, {"free": 3 * GIB}, "room for the root", Weight.BLOCKS),
        ({}, {"ports": [{"port": 443, "program": "nginx"}]}, "port 443", Weight.BLOCKS),
        ({"ports": [{"port": 8080, "program": "java"}]}, {}, "closed port 8080", Weight.ACCEPT),
        ({"leads": False}, {}, "the old address", Weight.ACCEPT),
        (
            {"left": [{"place": "/archive", "source": "nas:/archive", "kind": "remote"}]},
            {},
            "mount /archive",
            Weight.ACCEPT,
        ),
    ],
)
def test_what_does_not_fit_is_named(
    look: dict[str, Any], room: dict[str, Any], name: str, weight: Weight
) -> None:
    assert found(look, room) == [(name, weight)]


def test_a_copy_that_has_its_room_already_needs_no_more() -> None:
    assert found({}, {"free": 0, "made": True}) == []
