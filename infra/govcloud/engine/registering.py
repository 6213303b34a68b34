"""A stack's resources, registered with the engine in its own protocol, each as soon as those it needs stand.

Pulumi's Python SDK does the same through an object, some futures and a waiting thread for each resource: half
of this process's work in a large apply (decision 0010). Every input here is known from the start, so that
none of that is needed; the stack itself, and the program's beginning and end, remain the SDK's.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import grpc
from google.protobuf import struct_pb2
from pulumi.runtime import settings
from pulumi.runtime._grpc_settings import _GRPC_CHANNEL_OPTIONS
from pulumi.runtime.proto import alias_pb2, resource_pb2
from pulumi.runtime.rpc import _special_secret_sig, _special_sig_key

from govcloud.engine.programs import TOKEN, in_order, references, urn
from govcloud.provider import KINDS, Declared
from govcloud.stacks import Resource, Stack

# Each channel has connections of its own. Shared ones remember of a port that nothing answered there, when an
# engine has ended, and refuse an engine that is given the same port soon after.
_GRPC_CHANNEL_OPTIONS.append(("grpc.use_local_subchannel_pool", 1))


@dataclass(frozen=True)
class _Wanted:
    """One resource with what it needs in its own stack: addresses, by property and altogether."""

    resource: Resource
    inputs: Mapping[str, Any]
    behind: Mapping[str, frozenset[str]]
    needs: frozenset[str]
    former: tuple[str, ...]
    """The URNs that it had before it was renamed."""


@dataclass(frozen=True)
class _Engine:
    """The engine that runs the program: the URN of its stack, and the call that registers a resource."""

    stack: str
    register: Any


def program(
    site: str, stack: Stack, declared: Mapping[str, Declared]
) -> Callable[[], Coroutine[Any, Any, None]]:
    """A Pulumi program that registers the resources, each behind those that it refers to or depends on."""

    async def run() -> None:
        engine = await _engine()
        registered: dict[str, asyncio.Task[str]] = {}
        for resource in in_order(stack):
            one = _wanted(site, stack, resource, declared, registered)
            task = asyncio.ensure_future(_register(one, engine, registered))
            registered[stack.address(resource.name)] = task
        await _all_of(registered.values())

    return run


async def _all_of(tasks: Iterable[asyncio.Task[str]]) -> None:
    """Each task ended; the first error. Behind tasks that are left to it the SDK does not close its loop."""
    tasks = list(tasks)
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _tolerate_an_end(listener: Any) -> None:
    """What the SDK still has to say about a failed program may come after the engine's end.

    It would raise there, and leave its loop open.
    """
    log = listener.Log

    def say(request: Any) -> None:
        try:
            log(request)
        except grpc.RpcError as error:
            if error.code() is not grpc.StatusCode.UNAVAILABLE:
                raise

    listener.Log = say


async def _engine() -> _Engine:
    root, monitor, listener = settings.get_root_resource(), settings.get_monitor(), settings.get_engine()
    stack = await root.urn.future() if root is not None else None
    if stack is None or monitor is None or listener is None:
        raise LookupError("this runs in an engine's program only")
    _tolerate_an_end(listener)
    return _Engine(stack, monitor.RegisterResource)


def _wanted(
    site: str, stack: Stack, resource: Resource, declared: Mapping[str, Declared], before: Iterable[str]
) -> _Wanted:
    inputs = declared[stack.address(resource.name)].inputs
    known = set(before)
    behind = {name: frozenset(known.intersection(references(value))) for name, value in inputs.items()}
    needs = frozenset(stack.address(name) for name in resource.depends_on).union(*behind.values())
    own = stack.address(resource.name)
    former = tuple(urn(site, name, resource.kind) for name in resource.moved_from if name != own)
    return _Wanted(resource, inputs, behind, needs, former)


async def _register(one: _Wanted, engine: _Engine, registered: Mapping[str, asyncio.Task[str]]) -> str:
    """Register a resource once its needs stand; its URN when it stands itself."""
    urns = {address: await asyncio.shield(registered[address]) for address in sorted(one.needs)}
    behind = {
        name: resource_pb2.RegisterResourceRequest.PropertyDependencies(
            urns=[urns[address] for address in sorted(addresses)]
        )
        for name, addresses in one.behind.items()
    }
    request = resource_pb2.RegisterResourceRequest(
        type=TOKEN + one.resource.kind,
        name=one.resource.name,
        parent=engine.stack,
        custom=True,
        object=_properties(one),
        dependencies=sorted(urns.values()),
        propertyDependencies=behind,
        acceptSecrets=True,
        acceptResources=True,
        supportsPartialValues=True,
        supportsResultReporting=True,
        aliases=[alias_pb2.Alias(urn=former) for former in one.former],
    )
    answer = await _answered(engine.register, request)
    return str(answer.urn)


def _properties(one: _Wanted) -> struct_pb2.Struct:
    secret = {field.name for field in KINDS[one.resource.kind].fields if field.write_only}
    properties = struct_pb2.Struct()
    properties.update(
        {
            name: {_special_sig_key: _special_secret_sig, "value": value} if name in secret else value
            for name, value in one.inputs.items()
            if value is not None
        }
    )
    return properties


async def _answered(call: Any, request: Any) -> Any:
    """The answer to a call, awaited without a thread; an error becomes the one that the SDK would raise."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[Any] = loop.create_future()

    def take(answered: grpc.Future) -> None:
        if not done.done():
            error = answered.exception()
            if error is None:
                done.set_result(answered.result())
            else:
                done.set_exception(settings.grpc_error_to_exception(error))

    def heard(answered: grpc.Future) -> None:
        # The loop has gone where another resource's failure has ended the program.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(take, answered)

    call.future(request).add_done_callback(heard)
    return await done
