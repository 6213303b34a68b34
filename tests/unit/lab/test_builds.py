from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from govcloud.lab.builds import build_once, cache_root, digest

_KILLED_BUILD = """
import sys, time
from pathlib import Path
from govcloud.lab.builds import build_once
def make(directory):
    (directory / "half").touch()
    time.sleep(60)
build_once("thing", "k", make, Path(sys.argv[1]))
"""


def write(text: str):
    return lambda directory: (directory / "file").write_text(text)


def test_a_thing_is_built_once_per_key(tmp_path: Path) -> None:
    first = build_once("thing", "one", write("first"), tmp_path)
    again = build_once("thing", "one", write("second"), tmp_path)
    other = build_once("thing", "two", write("third"), tmp_path)

    assert first == again
    assert (first / "file").read_text() == "first"
    assert (other / "file").read_text() == "third"


def test_a_failed_build_leaves_nothing_and_can_be_tried_again(tmp_path: Path) -> None:
    def fail(directory: Path) -> None:
        (directory / "half").touch()
        raise OSError("no space")

    with pytest.raises(OSError, match="no space"):
        build_once("thing", "k", fail, tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == [".thing.lock"]
    assert (build_once("thing", "k", write("whole"), tmp_path) / "file").read_text() == "whole"


def test_a_killed_build_is_never_taken_for_a_whole_one(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", _KILLED_BUILD, tmp_path]) as build:
        while not list(tmp_path.glob("**/half")):
            assert build.poll() is None
            time.sleep(0.02)
        build.kill()

    built = build_once("thing", "k", write("whole"), tmp_path)

    assert [path.name for path in built.iterdir()] == ["file"]


def test_the_cache_is_where_the_environment_says() -> None:
    assert cache_root({"GOVCLOUD_CACHE": "/big"}) == Path("/big/lab")
    assert cache_root({"XDG_CACHE_HOME": "/caches"}) == Path("/caches/govcloud/lab")
    assert cache_root({}) == Path.home() / ".cache/govcloud/lab"


def test_a_digest_tells_parts_apart() -> None:
    assert digest("ab", "c") != digest("a", "bc")
    assert digest("ab") == digest(b"ab")
