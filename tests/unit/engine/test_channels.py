"""An engine on a port where another has just ended is reached: many engines live in one process, one after another."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import grpc
from pulumi.runtime import settings

from govcloud.engine.registering import program  # what is tested is what its import sets


@contextmanager
def answering(port: int = 0) -> Iterator[int]:
    server = grpc.server(ThreadPoolExecutor(1))
    bound = server.add_insecure_port(f"127.0.0.1:{port}")
    server.start()
    try:
        yield bound
    finally:
        server.stop(0).wait()


def answer_of(channel: grpc.Channel) -> grpc.StatusCode:
    try:
        channel.unary_unary("/nothing/Nothing")(b"", timeout=10)
    except grpc.RpcError as error:
        return error.code()
    raise AssertionError("it has no such method")


def channel_to(port: int) -> grpc.Channel:
    return grpc.insecure_channel(f"127.0.0.1:{port}", options=settings._GRPC_CHANNEL_OPTIONS)


def test_what_is_remembered_of_an_engine_that_has_ended_does_not_stand_in_the_next_ones_way() -> None:
    assert callable(program)
    with answering() as port:
        first = channel_to(port)
        assert answer_of(first) is grpc.StatusCode.UNIMPLEMENTED
    for _ in range(3):
        assert answer_of(first) is grpc.StatusCode.UNAVAILABLE
    with answering(port), channel_to(port) as second:
        assert answer_of(second) is grpc.StatusCode.UNIMPLEMENTED
    first.close()
