"""The link to the hosts is cut while a tree is brought over, and at its stop: nothing is lost, and it goes on."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from govcloud.errors import ToolkitError
from integration.migrations.files.moving import Clerks, copied, cut, let_go, moving
from integration.migrations.link import Link
from integration.migrations.sshd import Server

SECONDS = float(os.environ.get("GOVCLOUD_CUT", "3"))
RATE = 20_000_000
MIB = 1024 * 1024


@pytest.fixture
def tree(tmp_path: Path) -> Iterator[Path]:
    """Papers that take some seconds to bring over."""
    root = tmp_path / "from"
    root.mkdir()
    for number in range(20):
        (root / f"scan-{number}").write_bytes(os.urandom(3 * MIB))
    yield root
    let_go(tmp_path)


@pytest.fixture
def link(legacy: Server) -> Iterator[Link]:
    made = Link(legacy.login.port)
    yield made
    made.close()


@contextmanager
def cut_under_way(link: Link, folder: Path, silently: bool) -> Iterator[None]:
    """The link is cut once, when the first of the papers has come."""
    came: list[bool] = []

    def work() -> None:
        end = time.monotonic() + 60
        while time.monotonic() < end and not came:
            if (folder / "to" / "scan-1").exists():
                came.append(True)
            time.sleep(0.01)
        link.cut(SECONDS, silently)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        thread.join()
    assert came


def test_a_link_that_is_silent_for_a_while_ends_nothing(
    legacy: Server, tree: Path, tmp_path: Path, link: Link
) -> None:
    login = replace(legacy.login, port=link.port)
    with Clerks(tree) as clerks:
        begun = time.monotonic()
        with cut_under_way(link, tmp_path, silently=True), moving(login, tmp_path, RATE) as moved:
            copied(moved, tmp_path)
        assert time.monotonic() - begun > SECONDS
        with moving(login, tmp_path) as moved:
            assert cut(moved, tmp_path).released
            assert moved.evidence()["differences"] == []
    assert clerks.wrong(tmp_path / "to") == []


def test_a_link_that_breaks_is_an_error_and_it_goes_on(
    legacy: Server, tree: Path, tmp_path: Path, link: Link
) -> None:
    login = replace(legacy.login, port=link.port)
    with Clerks(tree) as clerks:
        with (
            cut_under_way(link, tmp_path, silently=False),
            pytest.raises(ToolkitError, match="the connection was lost"),
            moving(login, tmp_path, RATE) as moved,
        ):
            copied(moved, tmp_path)
        with moving(login, tmp_path) as moved:
            copied(moved, tmp_path)
            assert cut(moved, tmp_path).released
            assert moved.evidence()["differences"] == []
    assert clerks.wrong(tmp_path / "to") == []


def test_a_link_that_is_silent_at_the_stop_keeps_nobody_out(
    legacy: Server, tree: Path, tmp_path: Path, link: Link
) -> None:
    """The stage ends at its deadline; what cannot be taken back without the link is, with the next run."""
    login = replace(legacy.login, port=link.port)
    with moving(login, tmp_path) as moved:
        copied(moved, tmp_path)
        (tree / "late").write_bytes(os.urandom(MIB))
        thread = threading.Thread(target=link.cut, args=(SECONDS, True))
        thread.start()
        outcome = cut(moved, tmp_path, allowed=5.0)
        thread.join()
    assert not outcome.released
    (tree / "still here").touch()
    with moving(login, tmp_path) as moved:
        assert cut(moved, tmp_path).released
        assert (tmp_path / "to" / "still here").exists()
