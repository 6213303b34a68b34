"""Programs by the OpenSSH client: the same keys are checked, and nothing of it outlives whoever began it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict, replace
from pathlib import Path

import psutil
import pytest

from govcloud.errors import ToolkitError
from govcloud.migrations.remote import Host, Login, LostError
from govcloud.migrations.remote.piping import Pipes
from integration.migrations.dying import TESTS
from integration.migrations.sshd import Server, key, through

MIB = 1024 * 1024
READER = "cat - /proc/self/comm"
"""What ends when its input does, as ours do."""
HELD = """
import json, sys, time
from pathlib import Path
from govcloud.migrations.remote import Login
from govcloud.migrations.remote.piping import Pipes
told = json.loads(sys.argv[1])
login = Login(**{**told, "key": Path(told["key"]), "host_keys": tuple(told["host_keys"])})
with Pipes(login) as pipes, pipes.program(["cat", "-", "/proc/self/comm"]):
    print("begun", flush=True)
    time.sleep(100)
"""


def said(login: Login, *words: str, given: bytes = b"") -> bytes:
    with Pipes(login) as pipes, pipes.program(words) as pipe:

        def give() -> None:
            pipe.write(given)
            pipe.end()

        giving = threading.Thread(target=give)
        giving.start()
        found = pipe.read(64 * MIB)
        giving.join()
        if len(found) == 0:
            raise pipe.ended()
        return found


def test_much_goes_through_as_it_was(server: Server) -> None:
    given = os.urandom(20 * MIB)
    assert said(server.login, "cat", given=given) == given


def test_arguments_stay_whole(server: Server) -> None:
    words = ["two words", "$HOME", "it's", "公告", "-rf"]
    assert said(server.login, "printf", "%s\\n", *words).decode().splitlines() == words


def test_it_is_reached_through_a_bastion(server: Server, bastion: Server) -> None:
    assert said(through(server, bastion), "echo", "there") == b"there\n"


def test_another_host_key_is_refused_at_each_hop(server: Server, bastion: Server, tmp_path: Path) -> None:
    other = key(tmp_path / "other")
    wrong = replace(server.login, host_keys=(other,))
    with pytest.raises(ToolkitError, match=r"lost: .*[Hh]ost key"):
        said(wrong, "true")
    with pytest.raises(ToolkitError, match="lost: "):
        said(replace(server.login, via=replace(bastion.login, host_keys=(other,))), "true")


def test_nothing_of_the_persons_own_is_read(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".ssh").mkdir(mode=0o700)
    (tmp_path / ".ssh" / "config").write_text("Host *\n  ProxyCommand false\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("SSH_AUTH_SOCK", str(tmp_path / "agent"))
    assert said(server.login, "echo", "there") == b"there\n"
    assert [one.name for one in (tmp_path / ".ssh").iterdir()] == ["config"]


def test_a_script_that_fails_says_why(server: Server) -> None:
    with Host(server.login) as host, host.piped(b"raise SystemExit('no room')") as pipe:
        pipe.end()
        assert pipe.read(1) == b""
        with pytest.raises(ToolkitError, match="ended before it was done: no room"):
            raise pipe.ended()


def test_a_connection_that_is_cut_is_lost(server: Server) -> None:
    with Pipes(server.login) as pipes, pipes.program(["sleep", "123.75"]) as pipe:
        _until(lambda: _runs("sleep 123.75"))
        for one in psutil.Process(server.process.pid).children():
            one.kill()
        assert pipe.read(1) == b""
        assert isinstance(pipe.ended(), LostError)
        with pipes.program(["echo", "there"]) as another:
            assert another.read(1) == b""
            assert isinstance(another.ended(), LostError)


def test_what_is_left_is_ended_there(server: Server) -> None:
    with Pipes(server.login) as pipes:
        with pipes.program(READER.split()):
            _until(lambda: _runs(READER))
        _until(lambda: not _runs(READER))


def test_a_tool_that_is_killed_leaves_nothing_behind(server: Server) -> None:
    login = json.dumps({**asdict(server.login), "key": str(server.login.key)})
    words = [sys.executable, "-c", HELD, login]
    with subprocess.Popen(words, stdout=subprocess.PIPE, cwd=TESTS) as tool:
        assert tool.stdout is not None and tool.stdout.readline() == b"begun\n"
        clients = [one for one in psutil.Process(tool.pid).children(recursive=True) if one.name() == "ssh"]
        assert len(clients) == 2
        tool.send_signal(signal.SIGKILL)
    _, alive = psutil.wait_procs(clients, 10)
    assert not alive
    _until(lambda: not _runs(READER))


def _runs(command: str) -> bool:
    return any(" ".join(one.info["cmdline"] or ()) == command for one in psutil.process_iter(["cmdline"]))


def _until(true: Callable[[], bool]) -> None:
    until = time.monotonic() + 10
    while not true():
        assert time.monotonic() < until
        time.sleep(0.05)


def test_more_programs_than_a_connection_takes_go_over_others(server: Server) -> None:
    script = b"import sys; sys.stdout.write(sys.stdin.read())"
    with Host(server.login) as host, ExitStack() as stack:
        pipes = [stack.enter_context(host.piped(script)) for _ in range(20)]
        for number, pipe in enumerate(pipes):
            pipe.write(b"%03d" % number)
            pipe.end()
        assert [pipe.read(100) for pipe in pipes] == [b"%03d" % number for number in range(20)]
