"""State on S3 and on PostgreSQL: the promises of a directory, with a real engine and a real cloud."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from govcloud.engine import History, Setting, Site, adopt, holders, open_store, take_census
from govcloud.engine.leases import Leases
from govcloud.engine.state import held_in
from govcloud.errors import ToolkitError
from govcloud.progress import Silent
from integration.conftest import ROOT, StandingLab, apply, offer_images, plan
from integration.servers import Place, postgresql, s3

KINDS = ("s3", "postgres")
"""A directory is what all other tests have."""
COUNTY = "classified/county-lakeside"
HOLDER = """
import sys, time
from pathlib import Path
from govcloud.engine import open_store
from govcloud.engine.leases import Leases
with Leases(open_store(sys.argv[1], Path()), [sys.argv[2]], "another run"):
    print("held", flush=True)
    time.sleep(300)
"""


@pytest.fixture(scope="module", params=KINDS)
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    """A place for state, with its account in the environment."""
    with s3() if request.param == "s3" else postgresql() as made, pytest.MonkeyPatch.context() as patch:
        for name, value in made.environment.items():
            patch.setenv(name, value)
        yield made


@pytest.fixture(scope="module")
def setting(
    place: Place, lab: StandingLab, pulumi_root: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Setting]:
    """The core of the small site's classified plane, standing; its state at the place."""
    work = tmp_path_factory.mktemp("work")
    offer_images(lab, work)
    made = Site(ROOT / "inventories" / "minimal", work).setting("classified", pulumi_root)
    core = tuple(stack for stack in made.stacks if stack.name == "classified/core")
    made = replace(made, state_url=place.url, stacks=core)
    apply(plan(made), made)
    yield made
    apply(plan(made, destroy=True), made)


def test_a_second_plan_finds_nothing_and_all_stands_once(setting: Setting) -> None:
    assert not plan(setting)
    assert take_census(setting).wrong == ()
    assert set(held_in(setting.state())) == set(setting.declared)


def test_the_history_is_whole_and_leases_were_given_back(setting: Setting) -> None:
    said = [entry.said["what"] for entry in History(setting.store).entries()]
    assert said[:2] == ["begun", "applied"]
    assert holders(setting.store) == {}


def test_a_lost_state_is_rebuilt(setting: Setting) -> None:
    before = held_in(setting.state())
    for name in setting.store.names(".pulumi/stacks/"):
        setting.store.delete(name)
    assert sum(adopt(setting, Silent()).by_stack.values()) == len(before)
    assert held_in(setting.state()) == before
    assert not plan(setting)


def test_no_secret_lies_in_plain_in_the_store(setting: Setting) -> None:
    secrets = [line.split(": ")[1] for line in (setting.work.root / "secrets.yaml").read_text().splitlines()]
    assert secrets
    for name in setting.store.names("."):
        content = setting.store.read(name) or b""
        assert not [secret for secret in secrets if secret.encode() in content], name


def _holding(place: Place) -> subprocess.Popen[str]:
    """Another process that holds the county."""
    child = subprocess.Popen(
        [sys.executable, "-c", HOLDER, place.url, COUNTY],
        stdout=subprocess.PIPE,
        text=True,
        env=dict(os.environ),
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "held\n"
    return child


def test_of_two_runs_on_a_stack_one_is_refused_or_waits(setting: Setting, place: Place) -> None:
    with _holding(place) as child:
        try:
            store = open_store(place.url, setting.work.state)
            with (
                pytest.raises(ToolkitError, match="another run works on it: another run, process"),
                Leases(store, [COUNTY], "late"),
            ):
                pass
            with Leases(store, ["classified/core"], "another stack"):
                pass
            timer = threading.Timer(3, child.terminate)
            timer.start()
            begun = time.monotonic()
            with Leases(store, [COUNTY], "patient", patience=60):
                assert 2 < time.monotonic() - begun < 30
            timer.join()
        finally:
            child.kill()


def test_a_run_that_was_killed_is_not_waited_for(setting: Setting, place: Place) -> None:
    with _holding(place) as child:
        child.send_signal(signal.SIGKILL)
    begun = time.monotonic()
    with Leases(open_store(place.url, setting.work.state), [COUNTY], "next"):
        assert time.monotonic() - begun < 5
