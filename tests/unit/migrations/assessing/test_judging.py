"""What follows from the probes' answers, and what a draft of a move says of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from govcloud.errors import ToolkitError
from govcloud.migrations.assessing import (
    Assessment,
    draft_move,
    judge,
    look_at,
    read_assessment,
    write_assessment,
)
from govcloud.migrations.findings import Finding, Weight, standing_in_the_way
from govcloud.progress import Silent

NOW = datetime(2026, 11, 26, tzinfo=UTC)
SETTINGS = [["server_version", "13.23"], ["server_version_num", "130023"], ["port", "5433"]]


def answers(**more: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "system": {"time": NOW.timestamp(), "asked": NOW.timestamp(), "mounts": [], "unread": []},
        "network": {"listening": [], "peers": [], "unread": []},
        "schedules": {"crontabs": [], "timers": [], "unread": []},
        "web": {"sites": [], "unread": []},
        "trees": {"trees": [], "unread": []},
        "databases": {"servers": [], "unread": []},
    }
    for name, part in more.items():
        found[name] = {**found[name], **part}
    return found


def certificate(days: int) -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "notices.example")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOW - timedelta(days=400))
        .not_valid_after(NOW + timedelta(days=days))
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM).decode()


def site(pem: str) -> dict[str, Any]:
    return {
        "sites": [
            {
                "domains": ["notices.example", "_"],
                "roots": [],
                "certificates": [{"path": "/c.pem", "pem": pem}],
            }
        ]
    }


def server(settings: list[list[str]]) -> dict[str, Any]:
    databases = [["notices", "1000"], ["postgres", "10"]]
    return {
        "servers": [
            {"engine": "postgresql", "directory": "/data", "settings": settings, "databases": databases}
        ]
    }


def test_an_ordinary_host_has_nothing_in_its_way() -> None:
    assert judge(answers(databases=server(SETTINGS), web=site(certificate(300)))) == ()


CASES = {
    "unread /etc/crontab": (
        Weight.ACCEPT,
        answers(schedules={"unread": ["/etc/crontab: Permission denied"]}),
    ),
    "clock": (Weight.BLOCKS, answers(system={"asked": NOW.timestamp() + 90})),
    "mount /home": (
        Weight.ACCEPT,
        answers(system={"mounts": [{"place": "/home", "device": "nas:/home", "kind": "nfs4"}]}),
    ),
    "file /srv/queue": (Weight.ACCEPT, answers(trees={"trees": [{"special": [["fifo", "/srv/queue"]]}]})),
    "schedule /etc/cron.d/export": (
        Weight.NOTE,
        answers(
            schedules={
                "crontabs": [{"place": "/etc/cron.d/export", "account": "", "lines": ["0 1 * * * root x"]}]
            }
        ),
    ),
    "certificate /c.pem": (Weight.NOTE, answers(web=site(certificate(20)))),
    "postgresql /data": (
        Weight.BLOCKS,
        answers(databases=server([["server_version", "9.6.2"], ["server_version_num", "90602"]])),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_what_is_found_has_its_name_weight_and_remedy(name: str) -> None:
    weight, found = CASES[name]
    (one,) = judge(found)
    assert (one.name, one.weight) == (name, weight)
    assert one.remedy


def test_a_certificate_that_cannot_be_read_has_to_be_accepted() -> None:
    (one,) = judge(answers(web=site("")))
    assert one.weight is Weight.ACCEPT


def test_a_server_that_could_not_be_asked_blocks() -> None:
    (one,) = judge(answers(databases=server([])))
    assert one.weight is Weight.BLOCKS


def assessed(probes: Mapping[str, Any]) -> Assessment:
    return Assessment("extranet", "legacy-court", NOW, probes, judge(probes))


def test_a_draft_speaks_the_inventorys_terms() -> None:
    trees = {"trees": [{"root": "/srv/notices", "entries": 4, "special": [["fifo", "/srv/notices/queue"]]}]}
    found = assessed(answers(databases=server(SETTINGS), web=site(certificate(300)), trees=trees))
    draft = draft_move(found, "court-notices", "法院公告系统")
    assert draft["databases"] == [{"engine": "postgresql", "name": "notices", "port": 5433}]
    assert draft["files"] == [{"path": "/srv/notices"}]
    assert draft["sites"] == [{"domain": "notices.example"}]
    assert [one["what"] for one in draft["accepted"]] == ["file /srv/notices/queue"]


def test_an_assessment_is_kept_and_read_again(tmp_path: Path) -> None:
    found = assessed(CASES["clock"][1])
    path = write_assessment(found, tmp_path)
    assert read_assessment(tmp_path, "legacy-court") == found
    assert path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 2}'])
def test_a_file_that_holds_no_assessment_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "legacy-court.json").write_text(text)
    with pytest.raises(ToolkitError, match=r"cannot be read|holds no assessment") as refused:
        read_assessment(tmp_path, "legacy-court")
    assert "assess" in str(refused.value.remedy)


def test_a_host_that_nobody_looked_at_is_told(tmp_path: Path) -> None:
    with pytest.raises(ToolkitError, match="has not been looked at"):
        read_assessment(tmp_path, "legacy-court")


def test_each_probe_is_asked_and_the_sites_own_directories_too() -> None:
    wishes: list[Mapping[str, Any]] = []

    def ask(script: str, wished: Mapping[str, Any]) -> bytes:
        wishes.append(wished)
        found = answers(web={"sites": [{"domains": [], "roots": ["/srv/www"], "certificates": []}]})
        return json.dumps({key: value for part in found.values() for key, value in part.items()}).encode()

    found = look_at("extranet", "legacy-court", ask, ["/srv/files"], Silent(), 3.0, clock=NOW.timestamp)
    assert found.probes.keys() == answers().keys()
    assert {"roots": ["/srv/files", "/srv/www"]} in wishes
    assert wishes.count({"seconds": 3.0}) == 2


@pytest.mark.parametrize("printed", [b"", b"Last login: Monday", b"[]", b'{"sites": []}'])
def test_an_answer_that_is_none_is_an_error(printed: bytes) -> None:
    with pytest.raises(ToolkitError, match="the probe `system`"):
        look_at("extranet", "legacy-court", lambda *_: printed, [], Silent())


def test_what_is_accepted_by_name_stands_in_nobodys_way() -> None:
    found = [
        Finding("file /srv/queue", Weight.ACCEPT, "a fifo", "have it made anew"),
        Finding("note", Weight.NOTE, "seen"),
    ]
    assert standing_in_the_way(found, ["file /srv/queue"], "move x") == []
    (error,) = standing_in_the_way(found, [], "move x")
    assert "file /srv/queue" in str(error)


def test_what_blocks_is_not_accepted() -> None:
    found = [Finding("clock", Weight.BLOCKS, "90 s behind", "set it")]
    (error,) = standing_in_the_way(found, ["clock"], "move x")
    assert error.remedy == "set it"


def test_what_was_accepted_and_is_gone_is_an_error() -> None:
    (error,) = standing_in_the_way([], ["file /srv/queue"], "move x")
    assert "is not found" in str(error)


def test_a_slow_way_to_a_host_is_no_fault_of_its_clock() -> None:
    slow = {"begun": NOW.timestamp() - 30, "asked": NOW.timestamp() + 30}
    assert [one.name for one in judge(answers(system=slow))] == []
    late = {"begun": NOW.timestamp() + 5, "asked": NOW.timestamp() + 30}
    assert [one.name for one in judge(answers(system=late))] == ["clock"]
