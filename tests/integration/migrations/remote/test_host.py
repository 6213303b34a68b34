"""A host is entered with checked keys, asked without leaving a trace, and leads connections both ways."""

from __future__ import annotations

import contextlib
import hashlib
import os
import pwd
import socket
import struct
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from govcloud.errors import ToolkitError
from govcloud.migrations.assessing import look_at
from govcloud.migrations.remote import Host, LostError, door_for, door_on_loopback, leading, led
from govcloud.progress import Silent
from integration.migrations.link import Link
from integration.migrations.sshd import Server, free_port, key, through

MIB = 1024 * 1024


@pytest.fixture
def host(server: Server) -> Iterator[Host]:
    with Host(server.login) as found:
        yield found


@contextmanager
def echoing() -> Iterator[int]:
    """Something on loopback that says back in capitals what it is told."""

    def serve() -> None:
        while True:
            try:
                caller, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=answer, args=(caller,), daemon=True).start()

    def answer(caller: socket.socket) -> None:
        with caller, contextlib.suppress(ConnectionError):  # some tests hang up in the middle
            while part := caller.recv(65536):
                caller.sendall(part.upper())

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, daemon=True).start()
        yield int(listener.getsockname()[1])


def asked(stream: socket.socket, text: bytes) -> bytes:
    with stream:
        stream.sendall(text)
        stream.shutdown(socket.SHUT_WR)
        answer = b""
        while part := stream.recv(65536):
            answer += part
    return answer


def local(place: Path) -> socket.socket:
    stream = socket.socket(socket.AF_UNIX)
    stream.settimeout(10)
    stream.connect(str(place))
    return stream


def test_a_program_gets_its_arguments_whole_and_its_input(host: Host) -> None:
    words = ["printf", "%s|", "a b", "$HOME", "'; echo x", "名"]
    assert host.done(words).decode() == "a b|$HOME|'; echo x|名|"
    assert host.done(["cat"], b"\x00\xff" * 1000) == b"\x00\xff" * 1000


def test_how_a_program_ended_is_told(host: Host) -> None:
    result = host.run(["sh", "-c", "echo out; echo err >&2; exit 3"])
    assert (result.code, result.out, result.err) == (3, b"out\n", b"err\n")
    with pytest.raises(ToolkitError, match="sh ended with 3: err"):
        host.done(["sh", "-c", "echo err >&2; exit 3"])


def test_much_goes_through_as_it_was(host: Host) -> None:
    given = os.urandom(20 * MIB)
    assert hashlib.sha256(host.done(["cat"], given)).digest() == hashlib.sha256(given).digest()


def test_what_prints_without_end_is_ended(host: Host) -> None:
    with pytest.raises(ToolkitError, match="printed more than"):
        host.done(["yes"])


def test_what_does_not_end_is_not_waited_for(host: Host) -> None:
    with pytest.raises(ToolkitError, match="did not answer in time"):
        host.run(["sleep", "60"], seconds=0.5)


def test_a_script_and_its_wishes_stand_in_no_process_list(host: Host) -> None:
    script = """
import json, sys
from pathlib import Path
wishes = json.load(sys.stdin)
seen = b"".join(p.read_bytes() for p in Path("/proc").glob("[0-9]*/cmdline") if p.exists())
print(json.dumps([wishes["secret"].encode() in seen, __name__]))
"""
    assert host.python(script, {"secret": "s3cret-of-the-court"}) == b'[false, "__main__"]\n'


def test_a_script_that_fails_says_why(host: Host) -> None:
    with pytest.raises(ToolkitError, match="ended with 1: ValueError: no"):
        host.python("raise ValueError('no')", {})


def test_it_is_reached_through_a_bastion(server: Server, bastion: Server) -> None:
    with Host(through(server, bastion)) as host:
        assert host.done(["echo", "there"]) == b"there\n"


def test_a_bastion_that_does_not_lead_there_is_told(server: Server, bastion: Server) -> None:
    nowhere = replace(through(server, bastion), port=free_port())
    with pytest.raises(ToolkitError, match="bastion does not lead there"), Host(nowhere):
        pass


def test_connections_are_led_on_from_the_host(host: Host, tmp_path: Path) -> None:
    with echoing() as port, leading(host, {"address": "127.0.0.1", "port": port}, tmp_path / "way"):
        streams = [local(tmp_path / "way") for _ in range(4)]
        assert [asked(stream, b"x%d" % at) for at, stream in enumerate(streams)] == [
            b"X0",
            b"X1",
            b"X2",
            b"X3",
        ]
    assert not (tmp_path / "way").exists()


def test_where_nothing_listens_the_caller_is_hung_up_on(host: Host, tmp_path: Path) -> None:
    wanted = {"address": "127.0.0.1", "port": free_port()}
    with leading(host, wanted, tmp_path / "way"), local(tmp_path / "way") as stream:
        assert stream.recv(1) == b""


def test_one_who_does_not_listen_holds_up_nobody_else(host: Host) -> None:
    """Both go over one stream: one of them is told much and reads nothing."""
    with (
        echoing() as port,
        led(host, {"address": "127.0.0.1", "port": port}) as connect,
        connect() as deaf,
        connect() as other,
    ):
        deaf.settimeout(1)
        with pytest.raises(TimeoutError):
            while True:
                deaf.sendall(bytes(MIB))
        other.settimeout(10)
        assert asked(other, b"still here") == b"STILL HERE"


def test_what_is_cut_ends_its_connections(server: Server) -> None:
    with echoing() as port, Host(server.login) as host:
        with led(host, {"address": "127.0.0.1", "port": port}) as connect:
            caller = connect()
            caller.sendall(b"a")
            assert caller.recv(1) == b"A"
        caller.settimeout(10)
        assert caller.recv(1) == b""
        caller.close()


def test_connections_are_led_to_a_socket_file_as_an_account(host: Host, tmp_path: Path) -> None:
    """The server sees who calls, as databases do that let an account in without a password."""
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as listener:
        Path(folder).chmod(0o711)
        listener.bind(f"{folder}/server")
        Path(folder, "server").chmod(0o722)
        listener.listen()
        with leading(host, {"path": f"{folder}/server"}, tmp_path / "way", "nobody"):
            caller = local(tmp_path / "way")
            server, _ = listener.accept()
            _, uid, _ = struct.unpack("3i", server.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
            server.close()
            caller.close()
    assert uid == pwd.getpwnam("nobody").pw_uid


def test_connections_are_led_back_from_the_host(host: Host) -> None:
    with echoing() as port, door_on_loopback(host, lambda: calling(port)) as there:
        callers = [socket.create_connection(("127.0.0.1", there)) for _ in range(4)]
        assert [asked(one, b"home%d" % at) for at, one in enumerate(callers)] == [
            b"HOME0",
            b"HOME1",
            b"HOME2",
            b"HOME3",
        ]


def calling(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port))


def test_much_goes_through_a_door_both_ways(host: Host) -> None:
    sent = os.urandom(3 * MIB).hex().encode()
    with echoing() as port, door_on_loopback(host, lambda: calling(port)) as there:
        caller = socket.create_connection(("127.0.0.1", there))
        writer = threading.Thread(target=lambda: (caller.sendall(sent), caller.shutdown(socket.SHUT_WR)))
        writer.start()
        with caller:
            answer = b"".join(iter(lambda: caller.recv(65536), b""))
        writer.join()
    assert answer == sent.upper()


def test_a_door_is_its_owners_alone_and_gone_afterwards(host: Host) -> None:
    with echoing() as port, door_for(host, "nobody", "server", lambda: calling(port)) as directory:
        status = Path(directory).stat()
        assert (status.st_mode & 0o777, status.st_uid) == (0o700, pwd.getpwnam("nobody").pw_uid)
        assert asked(local(Path(directory) / "server"), b"across") == b"ACROSS"
    until = time.monotonic() + 10
    while Path(directory).exists():
        assert time.monotonic() < until, "the door is still there"
        time.sleep(0.05)


def test_one_host_is_led_to_another_through_here(host: Host, bastion: Server) -> None:
    with Host(bastion.login) as other, echoing() as port:
        wanted = {"address": "127.0.0.1", "port": port}
        with led(other, wanted) as connect, door_on_loopback(host, connect) as there:
            assert asked(socket.create_connection(("127.0.0.1", there)), b"across") == b"ACROSS"


def test_another_host_key_is_refused_with_both_fingerprints(server: Server, tmp_path: Path) -> None:
    other = key(tmp_path / "other")
    with (
        pytest.raises(ToolkitError, match=r"another host key: SHA256:.*, declared SHA256:"),
        Host(replace(server.login, host_keys=(other,))),
    ):
        pass


def test_a_kind_of_key_that_the_host_has_not_is_refused(server: Server) -> None:
    kind = "ecdsa-sha2-nistp256 " + server.login.host_keys[0].split()[1]
    with (
        pytest.raises(ToolkitError, match=r"did not answer as SSH does|another host key"),
        Host(replace(server.login, host_keys=(kind,))),
    ):
        pass


def test_a_key_that_the_host_does_not_know_is_not_let_in(server: Server, tmp_path: Path) -> None:
    key(tmp_path / "stranger")
    with (
        pytest.raises(ToolkitError, match=r"does not let .* in"),
        Host(replace(server.login, key=tmp_path / "stranger")),
    ):
        pass


def test_no_key_file_is_an_error(server: Server, tmp_path: Path) -> None:
    with (
        pytest.raises(ToolkitError, match=r"the key cannot be used"),
        Host(replace(server.login, key=tmp_path / "none")),
    ):
        pass


def test_nobody_there_is_an_error(server: Server) -> None:
    with (
        pytest.raises(ToolkitError, match=r"it cannot be reached"),
        Host(replace(server.login, port=free_port())),
    ):
        pass


def test_something_else_there_is_an_error(server: Server) -> None:
    told = pytest.raises(ToolkitError, match="did not answer as SSH does")
    with echoing() as port, told, Host(replace(server.login, port=port)):
        pass


def end(process: psutil.Process) -> None:
    """A session of an earlier test may be about to end by itself."""
    with contextlib.suppress(psutil.NoSuchProcess):
        process.kill()


def test_a_connection_that_is_cut_is_lost_and_not_an_answer(server: Server) -> None:
    with Host(server.login) as host:
        sessions = psutil.Process(server.process.pid).children(recursive=True)
        cut = threading.Timer(0.5, lambda: [end(session) for session in sessions])
        cut.start()
        with pytest.raises(LostError):
            host.done(["sh", "-c", "echo half; sleep 30"])
        cut.join()


def test_a_link_that_breaks_while_input_is_given_is_lost(server: Server) -> None:
    """Who gives it, in a thread of its own, says nothing beside the error."""
    link = Link(server.login.port)
    try:
        with Host(replace(server.login, port=link.port)) as host:
            breaking = threading.Timer(0.3, link.cut, (0.0, False))
            breaking.start()
            with pytest.raises(ToolkitError, match="the connection was lost"):
                host.run(["sh", "-c", "cat > /dev/null; sleep 60"], b"x" * (256 << 20))
            breaking.join()
    finally:
        link.close()


def test_a_host_is_assessed_over_ssh(host: Host, tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "settings.ini").write_text("host = db.court.example\n")
    os.mkfifo(tmp_path / "files" / "queue")
    found = look_at("extranet", "legacy", host.python, [str(tmp_path / "files")], Silent(), seconds=0.5)
    (tree,) = found.part("trees", "trees")
    assert (tree["entries"], tree["named"][0]["host"]) == (2, "db.court.example")
    assert [one.name for one in found.findings if one.name.startswith("file ")] == [
        f"file {tmp_path}/files/queue"
    ]
    listening = {entry["port"] for entry in found.part("network", "listening")}
    assert host.login.port in listening
