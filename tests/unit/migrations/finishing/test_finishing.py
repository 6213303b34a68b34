"""What stays behind is listed by name, and the certificate that says so is signed."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from govcloud.evidence import AUTHOR, Trust, approval_of, opened
from govcloud.migrations.assessing import Assessment
from govcloud.migrations.finishing import Certificate, Left, certificate_page, left_behind, write_certificate
from govcloud.topology.moving import Move
from unit.signing import Key

NOW = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
MOVE = Move.model_validate(
    {
        "id": "court-notices-move",
        "name_zh": "法院公告系统迁移上云",
        "system": "court-notices",
        "databases": [{"engine": "postgresql", "name": "notices"}],
        "files": [{"path": "/srv/notices/attachments"}],
        "sites": [{"domain": "notices.example"}],
        "window": {"days": ["saturday"], "from": "22:00", "to": "05:00"},
        "downtime": "30 s",
        "accepted": [{"what": "file /srv/notices/attachments/queue", "because": "made anew"}],
        "reviewed": "2012-001",
    }
)
PROBES: dict[str, Any] = {
    "system": {
        "mounts": [
            {"place": "/", "device": "/dev/sda1", "kind": "ext4"},
            {"place": "/backup", "device": "/dev/sdb1", "kind": "ext4"},
        ],
        "users": [{"name": "clerk", "uid": 1001, "home": "/home/clerk", "keys": True}],
        "services": [{"name": "postfix.service", "state": "running"}],
        "names": ["127.0.0.1 localhost", "10.20.0.9 archive archive.court.example"],
        "unread": ["/etc/shadow: Permission denied"],
    },
    "schedules": {
        "crontabs": [{"place": "/etc/cron.d/export", "lines": ["0 1 * * * root export"]}],
        "timers": ["backup.timer"],
        "unread": [],
    },
    "databases": {
        "servers": [
            {"engine": "postgresql", "databases": [["notices", "9"], ["old", "7"], ["postgres", "1"]]}
        ],
        "unread": [],
    },
    "trees": {
        "trees": [
            {"root": "/srv/notices/attachments", "entries": 3, "bytes": 9},
            {"root": "/srv/old", "entries": 1, "bytes": 2},
        ],
        "unread": [],
    },
    "web": {"sites": [{"server": "nginx", "domains": ["notices.example", "old.example", "_"]}], "unread": []},
    "network": {
        "peers": [
            {"program": "postfix", "address": "10.20.0.25"},
            {"program": "psql", "address": "127.0.0.1"},
        ],
        "unread": [],
    },
}
FOUND = Assessment("extranet", "legacy-court", NOW, PROBES, ())


def test_the_ledger_holds_what_was_found_and_not_moved() -> None:
    assert [(one.kind, one.name) for one in left_behind(FOUND, MOVE)] == [
        ("accepted", "file /srv/notices/attachments/queue"),
        ("connection", "10.20.0.25"),
        ("database", "postgresql old"),
        ("directory", "/srv/old"),
        ("mount", "/backup"),
        ("name", "archive archive.court.example"),
        ("not looked at", "/etc/shadow"),
        ("schedule", "/etc/cron.d/export"),
        ("schedule", "backup.timer"),
        ("service", "postfix.service"),
        ("site", "old.example"),
        ("user", "clerk"),
    ]


def test_of_a_whole_machine_what_lies_beside_its_root_stays() -> None:
    whole = MOVE.model_copy(update={"whole_machine": True, "accepted": ()})
    assert [(one.kind, one.name) for one in left_behind(FOUND, whole)] == [
        ("connection", "10.20.0.25"),
        ("not looked at", "/etc/shadow"),
    ]


def certificate(*left: Left) -> Certificate:
    return Certificate(
        "example",
        "extranet",
        MOVE.id,
        MOVE.system,
        "法院公告系统",
        "legacy-court",
        "198.51.100.201",
        NOW,
        NOW,
        2.5,
        "o" * 64,
        "e" * 64,
        left,
    )


def test_the_certificate_names_each_and_is_signed(tmp_path: Path) -> None:
    key = Key.made(tmp_path, "alice")
    trust = Trust(tmp_path / "allowed_signers", tmp_path / "revoked_keys")
    trust.allowed_signers.write_text(key.line("alice", f'namespaces="{AUTHOR}"') + "\n")
    sealed = write_certificate(certificate(*left_behind(FOUND, MOVE)), tmp_path / "certificates", key.file)
    again = opened(sealed.folder)
    assert approval_of(again, trust, NOW).author.principal == "alice"
    assert len(json.loads(again.files["ledger.json"])["left"]) == 12
    assert "postfix.service" in again.files["certificate.html"].decode()


def test_nothing_left_is_said_so() -> None:
    page = certificate_page(certificate())
    assert "<p>Nothing.</p>" in page
    assert "法院公告系统" in page


def test_what_its_report_leaves_out_is_named() -> None:
    whole = certificate()
    assert "leaves out" not in certificate_page(whole)
    page = certificate_page(replace(whole, uncompared=("postgresql notices: registry.ledger",)))
    assert "before both sides could be compared: postgresql notices: registry.ledger." in page
