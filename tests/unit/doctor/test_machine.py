"""This machine: its tools, its room, and whether it can bear the lab."""

from __future__ import annotations

from pathlib import Path

import pytest

from govcloud.doctor import lab, tools
from govcloud.doctor.finding import Finding, State
from govcloud.errors import ToolkitError
from govcloud.lab import CLASSIFIED, CLOUDS, EXTRANET, CloudStatus, packages, preflight


def _states(found: object) -> dict[str, State]:
    return {one.subject: one.state for one in found}  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("version", "state"), [((3, 10, 9), State.WRONG), ((3, 11, 2), State.OK), ((3, 13, 0), State.OK)]
)
def test_python_is_new_enough(version: tuple[int, ...], state: State) -> None:
    assert _states(tools.python(version)) == {"Python": state}


def test_pulumi_that_is_not_here_prevents_nothing_since_it_is_brought_when_needed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tools, "locate_pulumi", lambda: None)
    assert _states(tools.pulumi()) == {"Pulumi CLI": State.NOTE}


def test_a_pulumi_of_another_version_that_was_asked_for_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    def other() -> None:
        raise ToolkitError("/opt/pulumi is version 3.1", "GOVCLOUD_PULUMI", "name another, or unset it")

    monkeypatch.setattr(tools, "locate_pulumi", other)
    (found,) = tools.pulumi()
    assert (found.state, found.remedy) == (State.WRONG, "name another, or unset it")


def test_a_cache_that_is_not_there_is_not_made(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GOVCLOUD_CACHE", str(tmp_path / "cache"))
    assert _states(tools.cache()) == {"cache": State.OK}
    assert list(tmp_path.iterdir()) == []


def test_the_cache_tells_what_it_holds(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GOVCLOUD_CACHE", str(tmp_path))
    for name in ("lab/guest-12", "pulumi/v3.259.0"):
        (tmp_path / name).mkdir(parents=True)
    (found,) = tools.cache()
    assert found.seen.endswith(": guest-12, pulumi-v3.259.0")


@pytest.mark.parametrize(("free", "state"), [(1024**2, State.WRONG), (1024**4, State.OK)])
def test_a_disk_that_is_full_is_wrong(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, free: int, state: State
) -> None:
    monkeypatch.setattr(tools.shutil, "disk_usage", lambda place: type("Usage", (), {"free": free}))
    assert _states(tools.disk(tmp_path / "not" / "yet")) == {"disk": state}


def _status(*, stands: bool = True, alive: bool = True, **units: str) -> CloudStatus:
    return CloudStatus(EXTRANET, stands, alive, units)


@pytest.mark.parametrize(
    ("status", "needed", "state", "told"),
    [
        (_status(nova="ready"), [EXTRANET], State.OK, "ready"),
        (_status(nova="failed", glance="ready"), [], State.WRONG, "nova"),
        (_status(nova="starting", glance="ready"), [EXTRANET], State.NOTE, "nova"),
        (_status(alive=False), [], State.WRONG, "in the way"),
        (_status(stands=False, alive=False), [EXTRANET], State.WRONG, "down"),
        (_status(stands=False, alive=False), [], State.NOTE, "down"),
    ],
)
def test_a_cloud_that_is_down_is_wrong_only_where_a_plane_needs_it(
    monkeypatch: pytest.MonkeyPatch, status: CloudStatus, needed: list[object], state: State, told: str
) -> None:
    monkeypatch.setattr(lab, "status", lambda clouds: (status,))
    (found,) = lab.clouds(CLOUDS, needed)  # type: ignore[arg-type]
    assert found.state is state
    assert told in found.seen
    assert bool(found.remedy) == (state is not State.OK)


@pytest.mark.parametrize(("raising", "state"), [([CLASSIFIED], State.WRONG), ([], State.NOTE)])
def test_what_the_lab_lacks_is_wrong_only_while_a_cloud_is_to_be_raised(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, raising: list[object], state: State
) -> None:
    monkeypatch.setattr(preflight.os, "geteuid", lambda: 1000)
    monkeypatch.setattr(lab, "uv", lambda: None)
    monkeypatch.setattr(lab, "lacks_installer", lambda: True)
    found = list(lab.machine(raising, tmp_path))  # type: ignore[arg-type]
    assert _states(found) == {"root": state, "Debian packages": state, "uv": state}
    assert packages()[0] in found[1].remedy


def test_memory_is_asked_for_the_clouds_that_are_still_to_be_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preflight, "_available_memory", lambda: 1024**3)
    monkeypatch.setattr(preflight, "_taken", lambda cloud: [])
    monkeypatch.setattr(lab, "missing_packages", lambda: ())
    found: list[Finding] = list(lab.room([EXTRANET]))
    assert "1.0 GiB of memory are free and 3.0 GiB are needed" in found[0].seen
    assert found[0].state is State.WRONG
    assert _states(lab.room([])) == {"memory": State.OK}


def test_addresses_could_not_be_determined_without_the_tools(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lab, "missing_packages", lambda: ("iproute2",))
    assert _states(lab.room([EXTRANET]))["addresses"] is State.UNKNOWN


def test_a_lab_that_cannot_be_looked_at_is_raised_by_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(clouds: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(lab, "status", forbidden)
    assert lab.to_raise([EXTRANET]) == []
