"""Content goes from host to host: by nobody but the two, and what fails there is told and mended by another run."""

from __future__ import annotations

import os
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from govcloud.errors import ToolkitError
from govcloud.migrations.files import Passed, Place, State, bring_over, lines, passes
from govcloud.migrations.pace import Pace
from govcloud.migrations.remote import Host
from govcloud.progress import Progress, Silent
from integration.migrations.files.test_trees import end_sessions
from integration.migrations.files.trees import MIB, differences, passed
from integration.migrations.sshd import Server, free_port

FILES, SIZE = 24, 4 * MIB
PASSES_AT_MOST = 40


class Acting(Silent):
    """Does something once, when the first bytes have gone."""

    def __init__(self, act: Callable[[], object]) -> None:
        self._act: Callable[[], object] | None = act

    def count(self, step: str, done: int, total: int) -> None:
        act, self._act = self._act, None
        if act is not None and done:
            act()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    found = tmp_path / "from"
    found.mkdir()
    for number in range(FILES):
        (found / str(number)).write_bytes(os.urandom(SIZE))
    return found


@pytest.fixture
def pair(legacy: Server, store: Server, root: Path) -> Iterator[tuple[Place, Place]]:
    with Host(legacy.login) as there, Host(store.login) as here:
        target = Place(here, os.fsencode(root.with_name("to")))
        yield Place(there, os.fsencode(root), ports=(free_port(), free_port())), target


def brought(pair: tuple[Place, Place], folder: Path, progress: Progress) -> Passed:
    with closing(State(folder / "state.sqlite")) as state:
        return bring_over(*pair, state, (), Pace(), progress)


def test_what_was_written_on_the_platform_goes_home_by_the_same_ports(
    pair: tuple[Place, Place], tmp_path: Path
) -> None:
    passed(pair, tmp_path)
    (tmp_path / "to" / "new").write_bytes(b"written there")
    home = brought((pair[1], pair[0]), tmp_path / "back", Silent())
    assert home.unread == {}
    assert (tmp_path / "from" / "new").read_bytes() == b"written there"
    assert differences(pair) == []


def test_two_trees_of_a_host_share_its_ports(pair: tuple[Place, Place], root: Path, tmp_path: Path) -> None:
    other = (pair[0], Place(pair[1].host, os.fsencode(tmp_path / "other")))
    done: list[Passed] = []
    threads = [
        threading.Thread(target=lambda p=places, f=folder: done.append(brought(p, tmp_path / f, Silent())))  # type: ignore[misc]
        for places, folder in ((pair, "one"), (other, "two"))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [one.files for one in done] == [FILES, FILES]
    assert differences(pair) == differences(other) == []


class Strangers:
    """Those who come to a port without its key, in clear and enciphered; what they were told is kept."""

    def __init__(self, ports: tuple[int, ...], folder: Path) -> None:
        self._ports = ports
        self._key = folder / "stranger.pem"
        # By the very means of the tool: a key like theirs, and not theirs.
        made = lines._pair()
        self._key.write_text(made["key"] + made["certificate"])
        self.let_in = 0
        self.heard = b""
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._come, args=(way,)) for way in (self._bare, self._tls)]

    def __enter__(self) -> Strangers:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _come(self, way: Callable[[socket.socket], bytes]) -> None:
        while not self._stop.wait(0.005):
            for port in self._ports:
                try:
                    with socket.create_connection(("127.0.0.1", port), 1) as bare:
                        self.let_in += 1
                        self.heard += way(bare)
                except OSError:
                    continue  # nobody is there at the moment, or it was sent away

    def _bare(self, bare: socket.socket) -> bytes:
        bare.settimeout(1)
        bare.sendall(b"GET / HTTP/1.0\r\n\r\n")
        # Of TLS nothing but its alert, which says no.
        return b"".join(part for part in iter(lambda: bare.recv(4096), b"") if not part.startswith(b"\x15"))

    def _tls(self, bare: socket.socket) -> bytes:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.load_cert_chain(self._key)
        with context.wrap_socket(bare) as found:
            return found.recv(4096)


def test_strangers_at_the_port_are_sent_away(pair: tuple[Place, Place], tmp_path: Path) -> None:
    with Strangers(pair[0].ports, tmp_path) as strangers:
        # The door is open for moments.
        for _ in range(PASSES_AT_MOST):
            assert passed(pair, tmp_path).unread == {}
            if strangers.let_in > 1:
                break
            for number in range(6):
                (tmp_path / "from" / str(number)).write_bytes(os.urandom(SIZE))
    assert strangers.let_in > 1
    assert strangers.heard == b""
    passed(pair, tmp_path)
    assert differences(pair) == []


@pytest.mark.parametrize("side", ["legacy", "store"])
def test_an_end_that_dies_is_an_error_and_it_goes_on(
    side: str, pair: tuple[Place, Place], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    server: Server = request.getfixturevalue(side)
    with pytest.raises(ToolkitError):
        brought(pair, tmp_path, Acting(lambda: end_sessions(server)))
    logins = [place.host.login for place in pair]
    with Host(logins[0]) as there, Host(logins[1]) as here:
        again = (Place(there, pair[0].root, ports=pair[0].ports), Place(here, pair[1].root))
        passed(again, tmp_path)
        assert differences(again) == []
    assert not list((tmp_path / "to").glob(".govcloud*"))


def test_a_way_that_is_closed_is_told_at_once(
    pair: tuple[Place, Place], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def elsewhere(source: Place, target: Place) -> tuple[lines.End, lines.End] | None:
        found = lines.line_between(source, target)
        assert found is not None
        return found[0] | {"address": "127.0.0.2"}, found[1]

    monkeypatch.setattr(passes, "line_between", elsewhere)
    with pytest.raises(ToolkitError, match=r"the line to 127\.0\.0\.1, port \d+: Connection refused") as told:
        passed(pair, tmp_path)
    assert "declare no `transfer_ports`" in str(told.value.remedy)


def test_a_move_with_a_limit_goes_through_the_tool(pair: tuple[Place, Place], tmp_path: Path) -> None:
    port = pair[0].ports[0]
    only = Place(pair[0].host, pair[0].root, ports=(port,))
    # Where it is taken nobody could listen.
    with socket.create_server(("127.0.0.1", port)), closing(State(tmp_path / "state.sqlite")) as state:
        done = bring_over(only, pair[1], state, (), Pace(1 << 40), Silent())
    assert done.files == FILES
    assert differences(pair) == []
