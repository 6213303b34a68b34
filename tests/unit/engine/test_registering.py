"""What the engine is told of a stack's resources, and when; the engine itself is played by a recorder."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any

import grpc
import pytest
from google.protobuf.json_format import MessageToDict

from govcloud.engine import registering
from govcloud.engine.programs import TOKEN
from govcloud.provider import Declared
from govcloud.stacks import Resource, Stack

NETWORK, SUBNET, USER = "extranet/core/net", "extranet/core/sub", "extranet/core/user"
ELSEWHERE = "extranet/city/project"
INPUTS: dict[str, dict[str, Any]] = {
    SUBNET: {"name": "sub", "network": NETWORK, "project": ELSEWHERE, "cidr": None, "dns_nameservers": []},
    NETWORK: {"name": "net", "project": ELSEWHERE},
    USER: {"name": "user", "password": "hunter2"},
}
STACK = Stack(
    "extranet",
    "extranet/core",
    (
        Resource("subnet", "sub", INPUTS[SUBNET]),
        Resource("network", "net", INPUTS[NETWORK]),
        Resource("user", "user", INPUTS[USER], ("sub",)),
    ),
)


class Recorder:
    """Takes requests as the engine's stub does; `answer` says what becomes of each."""

    def __init__(self, answer: Callable[[str, Future[Any]], None]) -> None:
        self.requests: dict[str, Any] = {}
        self._answer = answer

    def future(self, request: Any) -> Future[Any]:
        self.requests[request.name] = request
        told: Future[Any] = Future()
        self._answer(request.name, told)
        return told


class Registered:
    def __init__(self, name: str) -> None:
        self.urn = f"urn:{name}"


def played(monkeypatch: pytest.MonkeyPatch, recorder: Recorder) -> Callable[[], Coroutine[Any, Any, None]]:
    async def engine() -> Any:
        return registering._Engine("urn:stack", recorder)

    monkeypatch.setattr(registering, "_engine", engine)
    kinds = {STACK.address(one.name): one.kind for one in STACK.resources}
    return registering.program(
        "site", STACK, {address: Declared(kinds[address], INPUTS[address]) for address in INPUTS}
    )


def run(monkeypatch: pytest.MonkeyPatch, recorder: Recorder) -> None:
    asyncio.run(asyncio.wait_for(played(monkeypatch, recorder)(), 10))


def test_each_is_told_with_what_it_stands_on(monkeypatch: pytest.MonkeyPatch) -> None:
    recorder = Recorder(lambda name, told: told.set_result(Registered(name)))
    run(monkeypatch, recorder)
    network, subnet, user = (recorder.requests[name] for name in ("net", "sub", "user"))
    assert (subnet.type, subnet.parent, subnet.custom) == (f"{TOKEN}subnet", "urn:stack", True)
    assert list(network.dependencies) == []
    assert list(subnet.dependencies) == ["urn:net"]
    assert list(subnet.propertyDependencies["network"].urns) == ["urn:net"]
    assert list(subnet.propertyDependencies["project"].urns) == []
    assert list(user.dependencies) == ["urn:sub"]
    assert MessageToDict(subnet.object) == {
        "name": "sub",
        "network": NETWORK,
        "project": ELSEWHERE,
        "dns_nameservers": [],
    }


def test_a_secret_is_told_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    recorder = Recorder(lambda name, told: told.set_result(Registered(name)))
    run(monkeypatch, recorder)
    told = MessageToDict(recorder.requests["user"].object)
    assert told["name"] == "user"
    # Pulumi's own marks of a secret: sdk/proto, "special signature keys".
    assert told["password"] == {
        "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
        "value": "hunter2",
    }


def test_nothing_is_told_before_what_it_stands_on_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    standing: list[str] = []
    began: dict[str, list[str]] = {}

    def later(name: str, told: Future[Any]) -> None:
        began[name] = list(standing)

        def stand() -> None:
            standing.append(name)
            told.set_result(Registered(name))

        asyncio.get_running_loop().call_later(0.02, stand)

    run(monkeypatch, Recorder(later))
    assert began == {"net": [], "sub": ["net"], "user": ["net", "sub"]}


def test_what_stands_on_a_failure_is_not_told_and_the_program_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(name: str, told: Future[Any]) -> None:
        told.set_exception(Refused())

    recorder = Recorder(fail)
    with pytest.raises(Exception, match="update failed"):
        run(monkeypatch, recorder)
    assert set(recorder.requests) == {"net"}


def test_nothing_is_under_way_when_a_failed_program_has_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    under_way: list[int] = []

    async def watched(program: Callable[[], Coroutine[Any, Any, None]]) -> None:
        with pytest.raises(Exception, match="update failed"):
            await program()
        under_way.append(len(asyncio.all_tasks()) - 1)

    asyncio.run(watched(played(monkeypatch, Recorder(lambda _, told: told.set_exception(Refused())))))
    assert under_way == [0]


class Gone(grpc.RpcError):
    """A call to an engine that has ended, or that failed otherwise."""

    def __init__(self, code: grpc.StatusCode) -> None:
        self._code = code

    def code(self) -> grpc.StatusCode:
        return self._code


class Listener:
    """The engine's ear, which answers each log line with an error."""

    def __init__(self, code: grpc.StatusCode) -> None:
        self.heard: list[Any] = []
        self._code = code

    def Log(self, request: Any) -> None:
        self.heard.append(request)
        raise Gone(self._code)


def test_a_word_that_comes_after_the_engine_s_end_is_no_failure() -> None:
    listener = Listener(grpc.StatusCode.UNAVAILABLE)
    registering._tolerate_an_end(listener)
    listener.Log("last words")
    assert listener.heard == ["last words"]


def test_a_word_that_an_engine_refuses_otherwise_is_one() -> None:
    listener = Listener(grpc.StatusCode.INTERNAL)
    registering._tolerate_an_end(listener)
    with pytest.raises(Gone):
        listener.Log("words")


class Refused(Exception):
    """As gRPC tells it: an error that is a call as well."""

    def code(self) -> None:
        return None

    def details(self) -> str:
        return "update failed"
