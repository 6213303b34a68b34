from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import pytest

from govcloud.lab.supervisor import Supervisor
from govcloud.lab.units import Unit


def python(text: str) -> tuple[str, ...]:
    return (sys.executable, "-c", text)


def settle(supervisor: Supervisor, name: str, state: str) -> None:
    give_up = time.monotonic() + 20
    while supervisor.states[name] != state:
        assert time.monotonic() < give_up, supervisor.states
        supervisor.turn()
        time.sleep(0.02)


@pytest.fixture
def supervise(tmp_path: Path):
    supervisors: list[Supervisor] = []

    def make(*units: Unit) -> Supervisor:
        supervisors.append(Supervisor(units, {"PATH": "/usr/bin:/bin"}, tmp_path, tmp_path / "state.json"))
        return supervisors[-1]

    yield make
    for supervisor in supervisors:
        supervisor.end()


def test_a_unit_starts_only_when_what_it_waits_for_has_ended_well(supervise, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    supervisor = supervise(
        Unit("second", python(f"open({str(mark)!r}).read()"), after=("first",), once=True),
        Unit("first", python(f"import time; time.sleep(0.3); open({str(mark)!r}, 'w')"), once=True),
    )

    settle(supervisor, "second", "ready")

    assert supervisor.states == {"second": "ready", "first": "ready"}


def test_a_daemon_is_ready_when_something_answers_at_its_place(supervise, tmp_path: Path) -> None:
    place = str(tmp_path / "socket")
    listen = f"s = socket.socket(socket.AF_UNIX); s.bind({place!r}); s.listen(); time.sleep(60)"
    supervisor = supervise(
        Unit("daemon", python(f"import socket, time; time.sleep(0.3); {listen}"), ready=place)
    )

    supervisor.turn()
    assert supervisor.states["daemon"] == "starting"
    settle(supervisor, "daemon", "ready")


def test_a_daemon_that_ends_has_failed_even_when_it_was_ready(supervise) -> None:
    supervisor = supervise(Unit("daemon", python("import time; time.sleep(0.5)")))

    settle(supervisor, "daemon", "ready")
    settle(supervisor, "daemon", "failed")


def test_what_waits_for_a_failed_unit_never_starts(supervise, tmp_path: Path) -> None:
    supervisor = supervise(
        Unit("broken", python("raise SystemExit(3)"), once=True),
        Unit("after", python("print('ran')"), after=("broken",), once=True),
    )

    settle(supervisor, "broken", "failed")
    supervisor.turn()

    assert supervisor.states["after"] == "waiting"
    assert not (tmp_path / "after.log").exists()


def test_a_program_that_does_not_exist_has_failed_and_its_log_says_so(supervise, tmp_path: Path) -> None:
    supervisor = supervise(Unit("missing", ("/no/such/program",)))

    settle(supervisor, "missing", "failed")

    assert "No such file" in (tmp_path / "missing.log").read_text()


def test_what_a_unit_prints_is_in_its_log_and_its_environment_is_its_own(supervise, tmp_path: Path) -> None:
    show = python("import os; print(sorted(os.environ), flush=True)")
    supervisor = supervise(Unit("once", show, once=True, environment={"ONLY": "mine"}))

    settle(supervisor, "once", "ready")

    assert "ONLY" in (tmp_path / "once.log").read_text()
    assert "HOME" not in (tmp_path / "once.log").read_text()


def test_the_state_file_holds_every_unit(supervise, tmp_path: Path) -> None:
    supervisor = supervise(
        Unit("once", python("pass"), once=True), Unit("late", python("pass"), after=("once",))
    )

    supervisor.tell()

    assert json.loads((tmp_path / "state.json").read_text()) == {"once": "waiting", "late": "waiting"}
