"""The shipped pipelines, line by line as they stand in their files: plan, approve, apply, watch."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

import pytest

from govcloud.cli.main import main
from integration.conftest import StandingLab
from integration.pipelines.running import (
    PLANE,
    Comments,
    Repository,
    forge,
    github,
    github_variables,
    gitlab,
    gitlab_variables,
    images,
    repository,
    run,
)
from integration.servers import Place, postgresql, s3


class Pipeline(Protocol):
    """Runs a job in a checkout; its exit code and what it said."""

    def __call__(self, job: str, where: Repository) -> tuple[int, str]: ...


def _gitlab(comments: Comments, place: Place) -> Pipeline:
    def job(name: str, where: Repository) -> tuple[int, str]:
        done = run(gitlab(name), where, {**gitlab_variables(where, comments), **place.environment})
        return done.returncode, done.stdout + done.stderr

    return job


def _github(comments: Comments, place: Place) -> Pipeline:
    def job(name: str, where: Repository) -> tuple[int, str]:
        said = ""
        for lines, own in github(name):
            done = run(lines, where, {**github_variables(where, comments, own), **place.environment})
            said += done.stdout + done.stderr
            if done.returncode:
                return done.returncode, said
        return 0, said

    return job


@pytest.fixture(params=["gitlab on s3", "github on postgresql"])
def forged(request: pytest.FixtureRequest) -> Iterator[tuple[Pipeline, Place, Comments]]:
    """One of the pipelines with a place for its state and a forge that takes comments."""
    on, make = (s3, _gitlab) if "gitlab" in request.param else (postgresql, _github)
    with on() as place, forge() as comments:
        yield make(comments, place), place, comments


@pytest.fixture
def city(lab: StandingLab, forged: tuple[Pipeline, Place, Comments], tmp_path: Path) -> Iterator[Repository]:
    """The inventory's repository; in the end nothing of it stands in the cloud."""
    pipeline, place, _ = forged
    made = repository(tmp_path, lab, place.url)
    yield made
    last = made.checkout("down")
    images(last, lab)
    code, said = pipeline("drift", last)
    assert code in (0, 1, 3), said
    where = [
        "--inventory",
        str(last.root / "inventory"),
        "--work",
        str(last.root / ".work"),
        "--plane",
        PLANE,
    ]
    with pytest.MonkeyPatch.context() as patch:
        for name, value in place.environment.items():
            patch.setenv(name, value)
        _signed_destroy(last, where)


def _signed_destroy(where: Repository, options: list[str]) -> None:
    """Taking it down is a change like any other: planned, approved, applied."""
    _command(["plan", "--destroy", *options, "--key", str(where.keys["pipeline"])])
    (folder,) = (where.root / ".work" / PLANE / "plans").glob("*-destroy")
    _command(
        [
            "approve",
            str(folder),
            "--key",
            str(where.keys["approver"]),
            "--allowed-signers",
            str(where.allowed_signers),
        ]
    )
    _command(["apply", str(folder), "--yes", *options])


def _command(words: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code in (0, None), words


def _merge(city: Repository, lab: StandingLab, name: str) -> Repository:
    """A runner of its own, with the image where it keeps it."""
    made = city.checkout(name)
    images(made, lab)
    return made


def test_from_a_merge_request_to_a_nightly_look(
    forged: tuple[Pipeline, Place, Comments], city: Repository, lab: StandingLab
) -> None:
    job, _, comments = forged
    planning = _merge(city, lab, "merge-request")
    code, said = job("plan", planning)
    assert code == 0, said
    (proposed,) = (planning.root / "proposed").iterdir()
    ((path, comment),) = comments.said
    assert "/3/" in path
    digest = json.loads((planning.root / "plan-list.json").read_text())["plans"][0]["digest"]
    assert digest in comment
    assert "From-The-Pipeline" not in "".join(file.read_text() for file in proposed.glob("*.*"))

    unread = _merge(city, lab, "merged-unread")
    shutil.copytree(proposed, unread.root / "plans" / proposed.name)
    code, said = job("apply", unread)
    assert code == 4, said
    assert "approvals are asked for, and it has 0" in said

    # Read and signed on the approver's own machine, then committed on the branch.
    committed = city.root / "plans" / proposed.name
    shutil.copytree(proposed, committed)
    _command(
        [
            "approve",
            str(committed),
            "--key",
            str(city.keys["approver"]),
            "--allowed-signers",
            str(city.allowed_signers),
        ]
    )
    code, said = job("apply", _merge(city, lab, "merged"))
    assert code == 0, said
    assert "objects stand as planned" in said
    code, said = job("apply", _merge(city, lab, "merged-again"))
    assert code == 0, said
    assert "nothing is left of it to do" in said

    code, said = job("drift", _merge(city, lab, "night"))
    assert code == 0, said
    network = next(
        n for n in lab.connect(PLANE).network.networks() if (n.description or "").startswith("minimal/")
    )
    lab.connect(PLANE).network.update_network(network, name="by hand")
    night = _merge(city, lab, "another-night")
    code, said = job("drift", night)
    assert code == 3, said
    (found,) = json.loads((night.root / "drift.json").read_text())["drift"]
    assert [(one["what"], one["identifier"]) for one in found["found"]] == [("changed", network.id)]


def test_the_inventory_is_checked_by_both(tmp_path: Path, lab: StandingLab) -> None:
    made = repository(tmp_path, lab, "s3://govcloud/state")
    check: dict[str, Callable[[], str]] = {
        "gitlab": lambda: gitlab("validate"),
        "github": lambda: next(lines for lines, _ in github("plan") if "topology validate" in lines),
    }
    for name, lines in check.items():
        done = run(lines(), made, {"GOVCLOUD_INVENTORY": "inventory"})
        assert done.returncode == 0, (name, done.stderr)
