"""`govcloud migrate assess` on a real host, and the plan that follows from what it saw."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml
from click.testing import CliRunner, Result

from govcloud.cli.main import govcloud
from integration.migrations.sshd import Server, running
from integration.servers import postgresql
from unit.inventories import MINIMAL

HOST = "legacy-court"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("legacy")) as found:
        yield found


@pytest.fixture
def attachments(tmp_path: Path) -> Path:
    """What the court keeps in files: two, and a queue that is no file."""
    place = tmp_path / "attachments"
    place.mkdir()
    (place / "公告.txt").write_text("开庭公告" * 1000)
    (place / "settings.ini").write_text("host = 127.0.0.1\npassword = s3cret-of-the-court\n")
    os.mkfifo(place / "queue")
    return place


@pytest.fixture
def site(tmp_path: Path, server: Server, attachments: Path) -> Path:
    """The small site with one move alone, that of the court, which runs on the host of this test."""
    place = tmp_path / "site"
    shutil.copytree(MINIMAL, place)
    for other in ("payments", "court-archive"):
        (place / f"extranet/moves/{other}-move.yaml").unlink()
    login = server.login
    _change(
        place / f"extranet/hosts/{HOST}.yaml",
        address=login.address,
        login={"user": login.user, "port": login.port, "host_keys": list(login.host_keys)},
    )
    _change(
        place / "extranet/moves/court-notices-move.yaml",
        databases=[],
        sites=[],
        files=[{"path": str(attachments)}],
        accepted=[],
    )
    key = tmp_path / "work/extranet/ssh/operator"
    key.parent.mkdir(parents=True)
    shutil.copy(login.key, key)
    shutil.copy(login.key.with_suffix(".pub"), key.with_suffix(".pub"))
    return place


def _change(path: Path, **more: object) -> None:
    said = yaml.safe_load(path.read_text()) | more
    path.write_text(yaml.safe_dump(said, allow_unicode=True))


def called(site: Path, *words: str) -> Result:
    place = ["--inventory", str(site), "--work", str(site.parent / "work"), "--plane", "extranet"]
    return CliRunner().invoke(govcloud, ["migrate", words[0], *place, *words[1:]], standalone_mode=False)


def assessed(site: Path) -> dict[str, object]:
    done = called(site, "assess", HOST, "--seconds", "0.5", "--format", "json")
    assert done.exit_code == 0, done.output
    return dict(json.loads(done.stdout)["assessments"][0])


def test_a_host_is_looked_at_and_a_page_says_what_it_is(site: Path, attachments: Path) -> None:
    found = assessed(site)
    assert f"file {attachments}/queue" in [one["name"] for one in found["findings"]]
    page = Path(str(found["page"])).read_text()
    assert str(attachments) in page
    assert "127.0.0.1" in page
    kept = "".join(
        path.read_text() for path in (site.parent / "work/extranet/migrations").rglob("*") if path.is_file()
    )
    assert "s3cret-of-the-court" not in kept


def test_databases_are_found_with_their_sizes_and_versions(site: Path) -> None:
    with postgresql(local="trust") as place:
        found = assessed(site)
    port = str(urlsplit(place.url).port)
    (server,) = (one for one in found["probes"]["databases"]["servers"] if str(one.get("port")) == port)
    assert "server_version" in dict(server["settings"])
    assert float(server["databases"][0][1]) > 1_000_000
    assert float(server["later"]["written"][0][0]) > 0


def test_a_server_that_lets_nobody_in_blocks_and_the_reason_is_told(site: Path) -> None:
    with postgresql():
        done = called(site, "assess", HOST, "--seconds", "0", "--format", "json")
    assert done.return_value == 1
    (found,) = json.loads(done.stdout)["assessments"]
    assert any(
        one["weight"] == "blocks" and one["name"].startswith("postgresql ") for one in found["findings"]
    )
    assert any("psql: " in one["seen"] for one in found["findings"])


def test_what_was_not_accepted_stands_in_the_plans_way(site: Path, attachments: Path) -> None:
    assessed(site)
    refused = called(site, "plan")
    assert refused.exit_code == 1
    assert f"file {attachments}/queue" in str(refused.exception)


def test_a_plan_names_the_night_and_the_downtime(site: Path, attachments: Path) -> None:
    found = assessed(site)
    names = [one["name"] for one in found["findings"] if one["weight"] == "accept"]
    accepted = [{"what": name, "because": "made anew"} for name in names]
    _change(site / "extranet/moves/court-notices-move.yaml", accepted=accepted)
    done = called(site, "plan", "--from", "2012-06-01", "--format", "json")
    assert done.exit_code == 0, done.exception
    (wave,) = json.loads(done.stdout)["waves"]
    assert wave["begins"] == "2012-06-02T22:00:00+08:00"
    assert 0 < wave["moves"][0]["downtime"] < 30


def test_a_host_that_was_not_looked_at_is_not_planned(site: Path) -> None:
    refused = called(site, "plan")
    assert "has not been looked at" in str(refused.exception)


def test_a_host_that_is_not_declared_is_told(site: Path) -> None:
    refused = called(site, "assess", "legacy-tax")
    assert "there is no host legacy-tax" in str(refused.exception)


def test_a_host_that_proves_itself_otherwise_is_not_entered(site: Path, tmp_path: Path) -> None:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / "other")], check=True)
    other = " ".join((tmp_path / "other.pub").read_text().split()[:2])
    path = site / f"extranet/hosts/{HOST}.yaml"
    login = yaml.safe_load(path.read_text())["login"] | {"host_keys": [other]}
    _change(path, login=login)
    refused = called(site, "assess", HOST)
    assert refused.exit_code == 1
    assert "another host key" in str(refused.exception)
