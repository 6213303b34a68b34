"""The plain Pulumi CLI: what it may do by hand, with what at hand, and beside whom."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from govcloud.engine import PlaneWork, Setting, run_pulumi
from govcloud.engine.leases import Leases
from govcloud.engine.plain import PLANNED, Use, use_of
from govcloud.errors import ToolkitError
from govcloud.stacks import Stack

# Says on standard output how it was called, and ends as the environment tells it to.
PULUMI = """\
#!{python}
import json, os, sys
told = {{"arguments": sys.argv[1:], "cwd": os.getcwd(), "input": sys.stdin.read(), "environment": dict(os.environ)}}
open(os.environ["TOLD"], "w").write(json.dumps(told))
sys.exit(int(os.environ.get("ENDS", "0")))
"""


@pytest.fixture
def setting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Setting:
    program = tmp_path / "toolchain/bin/pulumi"
    program.parent.mkdir(parents=True)
    program.write_text(PULUMI.format(python=sys.executable))
    program.chmod(0o755)
    monkeypatch.setenv("TOLD", str(tmp_path / "told.json"))
    work = PlaneWork(tmp_path / "work/extranet", "extranet")
    stacks = (Stack("extranet", "extranet/core", ()), Stack("extranet", "extranet/new", ()))
    state = work.state / ".pulumi/stacks/city/extranet.core.json"
    state.parent.mkdir(parents=True)
    state.write_text('{"checkpoint": {}}')
    return Setting("city", "extranet", stacks, work, tmp_path / "toolchain", {})


@pytest.fixture(autouse=True)
def _no_input() -> Iterator[None]:
    """Standard input is empty, whatever the tests were started with."""
    kept, empty = os.dup(0), os.open(os.devnull, os.O_RDONLY)
    os.dup2(empty, 0)
    yield
    os.dup2(kept, 0)


def _told(setting: Setting) -> dict[str, object]:
    told: dict[str, object] = json.loads((setting.pulumi_root.parent / "told.json").read_text())
    return told


@pytest.mark.parametrize(
    "words",
    [
        "stack",
        "stack --show-urns",
        "stack export",
        "stack export --file x",
        "stack history",
        "stack ls",
        "state get urn:x",
        "about",
        "whoami",
        "logs",
        "config",
        "config get x",
        "version",
        "--version",
        "state --help",
    ],
)
def test_what_reads_needs_no_lease(words: str) -> None:
    assert use_of(words.split()) is Use.READS


@pytest.mark.parametrize(
    "words",
    [
        "stack rm",
        "stack import --file x",
        "stack --show-urns rm",
        "stack rename x",
        "state delete urn:x",
        "state move --dest x",
        "config set a b",
        "cancel",
        "no-such-command",
    ],
)
def test_what_writes_or_is_not_known_to_read_needs_the_lease(words: str) -> None:
    assert use_of(words.split()) is Use.WRITES


def test_refresh_asks_the_cloud() -> None:
    assert use_of(["refresh", "--preview-only"]) is Use.ASKS_THE_CLOUD


@pytest.mark.parametrize("command", sorted(PLANNED))
def test_what_needs_a_program_or_changes_the_cloud_goes_through_a_plan(command: str) -> None:
    with pytest.raises(ToolkitError, match="goes through a plan") as caught:
        use_of([command, "--yes"])
    assert "govcloud " in str(caught.value.remedy)


@pytest.mark.parametrize(
    "words",
    [
        "stack -s other",
        "state delete urn --stack=other",
        "stack export --stack other",
        "stack -C /",
        "stack --cwd=/",
    ],
)
def test_no_option_leads_to_another_stack(words: str) -> None:
    with pytest.raises(ToolkitError, match="is set already"):
        use_of(words.split())


def test_an_option_before_the_command_is_refused_since_it_would_hide_the_command() -> None:
    with pytest.raises(ToolkitError, match="a command was expected"):
        use_of(["--color", "never", "destroy"])


def test_pulumi_runs_in_the_stack_s_own_directory_with_its_project_and_its_name(setting: Setting) -> None:
    assert run_pulumi(setting, "extranet/core", ["stack", "export"]) == 0
    told = _told(setting)
    directory = setting.work.root / "pulumi/extranet.core"
    assert told["cwd"] == str(directory)
    assert "name: city" in (directory / "Pulumi.yaml").read_text()
    environment = told["environment"]
    assert isinstance(environment, dict)
    assert environment["PULUMI_STACK"] == "extranet.core"
    assert environment["PULUMI_BACKEND_URL"] == setting.work.state.as_uri()


def test_the_passphrase_is_named_by_its_file_alone(setting: Setting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "another")
    run_pulumi(setting, "extranet/core", ["stack"])
    told = _told(setting)
    assert setting.work.passphrase_file.read_text() not in json.dumps(told)
    assert isinstance(environment := told["environment"], dict)
    assert environment["PULUMI_CONFIG_PASSPHRASE_FILE"] == str(setting.work.passphrase_file)
    assert "PULUMI_CONFIG_PASSPHRASE" not in environment


def test_the_exit_code_is_pulumi_s(setting: Setting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENDS", "7")
    assert run_pulumi(setting, "extranet/core", ["stack"]) == 7


def test_reading_goes_on_beside_a_run_and_writing_does_not(setting: Setting) -> None:
    with Leases(setting.store, ["extranet/core"], "apply"):
        assert run_pulumi(setting, "extranet/core", ["stack", "export"]) == 0
        with pytest.raises(ToolkitError, match="another run works on it: apply"):
            run_pulumi(setting, "extranet/core", ["state", "delete", "urn:x"])


def test_writing_clears_what_a_dead_run_has_locked_and_reading_leaves_it(setting: Setting) -> None:
    lock = setting.work.state / ".pulumi/locks/organization/city/extranet.core/1.json"
    lock.parent.mkdir(parents=True)
    lock.write_text("{}")
    run_pulumi(setting, "extranet/core", ["stack"])
    assert lock.exists()
    run_pulumi(setting, "extranet/core", ["state", "delete", "urn:x"])
    assert not lock.exists()


def test_a_stack_that_does_not_exist_is_refused(setting: Setting) -> None:
    with pytest.raises(ToolkitError, match="there is no stack extranet/nix"):
        run_pulumi(setting, "extranet/nix", ["stack"])


def test_without_a_command_pulumi_shows_its_help(setting: Setting) -> None:
    run_pulumi(setting, "extranet/new", [])
    assert _told(setting)["arguments"] == ["--help"]


def test_a_stack_that_only_the_state_still_knows_can_be_worked_on(setting: Setting) -> None:
    (setting.work.state / ".pulumi/stacks/city/extranet.gone.json").write_text("{}")
    assert run_pulumi(setting, "extranet/gone", ["stack"]) == 0


def test_a_stack_without_a_state_takes_a_saved_one_and_nothing_else(setting: Setting) -> None:
    for words in (["state", "delete", "urn:x"], ["stack", "export"]):
        with pytest.raises(ToolkitError, match="it has no state yet"):
            run_pulumi(setting, "extranet/new", words)
    assert run_pulumi(setting, "extranet/new", ["stack", "--help"]) == 0
    assert run_pulumi(setting, "extranet/new", ["stack", "import", "--file", "saved.json"]) == 0
    assert _told(setting)["arguments"] == ["stack", "import", "--file", "saved.json"]


def test_the_project_file_is_written_once_and_put_right_when_the_work_has_moved(setting: Setting) -> None:
    run_pulumi(setting, "extranet/core", ["stack"])
    file = setting.work.root / "pulumi/extranet.core/Pulumi.yaml"
    first = file.stat()
    run_pulumi(setting, "extranet/core", ["stack"])
    assert file.stat().st_ino == first.st_ino
    assert stat.S_IMODE(first.st_mode) == 0o600
    right = file.read_text()
    file.write_text("name: city\nmain: /elsewhere\n")
    run_pulumi(setting, "extranet/core", ["stack"])
    assert file.read_text() == right


def test_ctrl_c_is_left_to_pulumi_and_its_end_is_waited_for(setting: Setting, tmp_path: Path) -> None:
    program = setting.pulumi_root / "bin/pulumi"
    program.write_text('#!/bin/sh\ntrap "exit 9" INT\ntouch "$TOLD"\nwhile :; do sleep 0.05; done\n')
    script = (
        "import sys; from pathlib import Path; from govcloud.engine import *; from govcloud.stacks import Stack\n"
        f"work = PlaneWork(Path({str(setting.work.root)!r}), 'extranet')\n"
        f"setting = Setting('city', 'extranet', (Stack('extranet', 'extranet/core', ()),), work, Path({str(setting.pulumi_root)!r}), {{}})\n"
        "sys.exit(run_pulumi(setting, 'extranet/core', ['cancel']))\n"
    )
    running = subprocess.Popen([sys.executable, "-c", script], start_new_session=True)
    while not (tmp_path / "told.json").exists():
        assert running.poll() is None
    os.killpg(running.pid, signal.SIGINT)
    assert running.wait(20) == 9
