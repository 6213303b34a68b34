"""Ctrl-C at a terminal reaches the command and its engines at once: it ends cleanly, and going on works."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from govcloud.engine import Setting, Site
from integration.conftest import ROOT, StandingLab, plan

STACK = "classified/county-lakeside"


def _command(site: Site, *words: str) -> list[str]:
    program = Path(sys.executable).with_name("govcloud")
    where = ["--inventory", str(ROOT / "inventories" / "minimal"), "--work", str(site.work.root)]
    return [str(program), "-v", *words, *where, "--stack", STACK]


def _as_at_a_terminal() -> None:
    """What a shell starts in the background, these tests perhaps, ignores interrupts, and so do its children."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_an_interrupted_apply_ends_with_a_word_and_goes_on(
    small_site: Site, applied: dict[str, Setting], lab: StandingLab
) -> None:
    subprocess.run(_command(small_site, "apply", "--destroy", "--yes"), check=True, capture_output=True)
    missing = len(plan(applied["classified"]).steps)
    assert missing == len(next(s for s in applied["classified"].stacks if s.name == STACK).resources)

    words = _command(small_site, "apply", "--yes")
    networks = lab.connect("classified").network.networks
    with subprocess.Popen(
        words, stderr=subprocess.PIPE, text=True, start_new_session=True, preexec_fn=_as_at_a_terminal
    ) as child:
        while not any((one.description or "").startswith(f"minimal/{STACK}/") for one in networks()):
            assert child.poll() is None, "it ended before it could be interrupted"
        os.killpg(child.pid, signal.SIGINT)
        _, said = child.communicate(timeout=60)
    assert child.returncode == 1, said
    assert "run the same command again to go on" in said
    assert "Traceback" not in said

    left = plan(applied["classified"])
    assert 0 < len(left.steps) < missing, "it was to be interrupted halfway"
    assert {step.operation for step in left.steps} <= {"create", "adopt"}
    subprocess.run(words, check=True, capture_output=True)
    assert not plan(applied["classified"])
