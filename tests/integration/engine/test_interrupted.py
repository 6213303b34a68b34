"""An apply that ends before its end, at a terminal or by force: the same command again goes on from there."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from govcloud.engine import Setting, Site, take_census
from integration.conftest import ROOT, StandingLab, plan

STACK = "classified/county-lakeside"


def _command(site: Site, *words: str) -> list[str]:
    program = Path(sys.executable).with_name("govcloud")
    where = ["--inventory", str(ROOT / "inventories" / "minimal"), "--work", str(site.work.root)]
    return [str(program), "-v", *words, *where, "--stack", STACK]


def _as_at_a_terminal() -> None:
    """What a shell starts in the background, these tests perhaps, ignores interrupts, and so do its children."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.fixture
def missing(small_site: Site, applied: dict[str, Setting]) -> int:
    """The stack with nothing standing; how many objects it lacks."""
    subprocess.run(_command(small_site, "apply", "--destroy", "--yes"), check=True, capture_output=True)
    number = len(plan(applied["classified"]).steps)
    assert number == len(next(s for s in applied["classified"].stacks if s.name == STACK).resources)
    return number


def _stopped_halfway(site: Site, lab: StandingLab, by: signal.Signals) -> tuple[int, str]:
    """Apply until the stack's first network stands, then end command and engines; exit code and last words."""
    networks = lab.connect("classified").network.networks
    with subprocess.Popen(
        _command(site, "apply", "--yes"),
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=_as_at_a_terminal,
    ) as child:
        while not any((one.description or "").startswith(f"minimal/{STACK}/") for one in networks()):
            assert child.poll() is None, "it ended before it could be stopped"
        os.killpg(child.pid, by)
        _, said = child.communicate(timeout=60)
    return child.returncode, said


def _goes_on(site: Site, setting: Setting, missing: int) -> None:
    left = plan(setting)
    assert 0 < len(left.steps) <= missing
    assert {step.operation for step in left.steps} <= {"create", "adopt"}
    subprocess.run(_command(site, "apply", "--yes"), check=True, capture_output=True)
    assert not plan(setting)
    assert not take_census(setting).wrong


def test_an_interrupted_apply_ends_with_a_word_and_goes_on(
    small_site: Site, applied: dict[str, Setting], lab: StandingLab, missing: int
) -> None:
    code, said = _stopped_halfway(small_site, lab, signal.SIGINT)
    assert code == 1, said
    assert "run the same command again to go on" in said
    assert "Traceback" not in said
    assert len(plan(applied["classified"]).steps) < missing, "what was done is in the state"
    _goes_on(small_site, applied["classified"], missing)


def test_a_killed_apply_goes_on_from_what_stands(
    small_site: Site, applied: dict[str, Setting], lab: StandingLab, missing: int
) -> None:
    code, _ = _stopped_halfway(small_site, lab, signal.SIGKILL)
    assert code == -signal.SIGKILL
    assert {step.operation for step in plan(applied["classified"]).steps} >= {"adopt"}, "nothing stood yet"
    _goes_on(small_site, applied["classified"], missing)
