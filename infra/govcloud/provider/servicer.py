"""The Pulumi provider protocol over a session: what the engine asks, answered from our own truth."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import grpc
from google.protobuf import empty_pb2, struct_pb2
from google.protobuf.json_format import MessageToDict
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from govcloud.errors import ToolkitError
from govcloud.provider.difference import Difference
from govcloud.provider.kind import Field, Kind
from govcloud.provider.kinds import KINDS
from govcloud.provider.session import Session

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""What the engine sends for a value that it will know only later."""
VERSION = "1.0.0"
log = logging.getLogger(__name__)
Answer = TypeVar("Answer")


def address_of(urn: str) -> str:
    """`plane/stack/name` of `urn:pulumi:plane.stack::site::type::name`."""
    stack, _site, _type, name = urn.removeprefix("urn:pulumi:").split("::", 3)
    return f"{stack.replace('.', '/', 1)}/{name}"


def kind_of(urn: str) -> Kind:
    """The kind that a URN's type token names."""
    return KINDS[urn.split("::")[2].rpartition(":")[2]]


def _plain(struct: struct_pb2.Struct) -> dict[str, Any]:
    return MessageToDict(struct)


def _struct(values: Mapping[str, Any]) -> struct_pb2.Struct:
    made = struct_pb2.Struct()
    made.update(dict(values))
    return made


class Servicer(provider_pb2_grpc.ResourceProviderServicer):
    """Answers every engine of one plane. Errors reach the engine as text that says what to do."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def _run(self, context: grpc.ServicerContext, call: Callable[[], Answer]) -> Answer:
        try:
            return call()
        except ToolkitError as error:
            context.abort(grpc.StatusCode.UNKNOWN, str(error))
        except Exception as error:
            log.exception("the provider failed")
            text = f"internal error: {type(error).__name__}: {error}"
            context.abort(grpc.StatusCode.INTERNAL, text)
        raise AssertionError("unreachable: abort raises")

    # -- protocol ------------------------------------------------------------------------------

    def Attach(self, request: Any, context: grpc.ServicerContext) -> Any:
        """The engine announces itself to a provider that runs already."""
        return empty_pb2.Empty()

    def Handshake(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Nothing to agree on beyond the protocol itself."""
        return provider_pb2.ProviderHandshakeResponse(
            accept_secrets=False, accept_resources=False, accept_outputs=False
        )

    def Cancel(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Calls that are under way end by themselves; the engine starts no new ones."""
        return empty_pb2.Empty()

    def GetPluginInfo(self, request: Any, context: grpc.ServicerContext) -> Any:
        """The version that the engine records."""
        return plugin_pb2.PluginInfo(version=VERSION)

    def GetSchema(self, request: Any, context: grpc.ServicerContext) -> Any:
        """No schema: the compiler is the only author of programs."""
        return provider_pb2.GetSchemaResponse(schema="{}")

    def CheckConfig(self, request: Any, context: grpc.ServicerContext) -> Any:
        """The provider takes no configuration from programs."""
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: Any, context: grpc.ServicerContext) -> Any:
        """The provider takes no configuration from programs."""
        return provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_NONE)

    def Configure(self, request: Any, context: grpc.ServicerContext) -> Any:
        """The engine keeps the secrets: it strips them on the way in and marks them on the way out."""
        return provider_pb2.ConfigureResponse(
            acceptSecrets=False, supportsPreview=False, acceptResources=False, acceptOutputs=False
        )

    # -- resources -----------------------------------------------------------------------------

    def Check(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Fill in defaults and name what is wrong with the inputs."""

        def check() -> Any:
            inputs, failures = self.session.check(kind_of(request.urn), _plain(request.news))
            return provider_pb2.CheckResponse(
                inputs=_struct(inputs),
                failures=[provider_pb2.CheckFailure(property=p, reason=reason) for p, reason in failures],
            )

        return self._run(context, check)

    def Diff(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Compare the declaration with the cloud itself; state only says which object is meant."""

        def diff() -> Any:
            kind = kind_of(request.urn)
            found = self.session.difference(address_of(request.urn), kind, request.id, _plain(request.olds))
            news = _plain(request.news)
            return _diff_response(
                found, [f.name for f in kind.fields if _unknown(news.get(f.name)) and _moves(f)]
            )

        return self._run(context, diff)

    def Create(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Create or adopt. A preview changes nothing, whatever the engine thinks that we support."""
        if request.preview:
            return provider_pb2.CreateResponse(properties=request.properties)

        def create() -> Any:
            identifier = self.session.create(address_of(request.urn), kind_of(request.urn))
            return provider_pb2.CreateResponse(id=identifier, properties=request.properties)

        return self._run(context, create)

    def Read(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Whether the object still stands; its properties are compared by Diff, not here."""

        def read() -> Any:
            found = self.session.snapshot.one(kind_of(request.urn), request.id)
            if found is None:
                return provider_pb2.ReadResponse()
            return provider_pb2.ReadResponse(
                id=request.id, properties=request.properties, inputs=request.inputs
            )

        return self._run(context, read)

    def Update(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Change in place what differs."""
        if request.preview:
            return provider_pb2.UpdateResponse(properties=request.news)

        def update() -> Any:
            kind = kind_of(request.urn)
            self.session.update(address_of(request.urn), kind, request.id, _plain(request.olds))
            return provider_pb2.UpdateResponse(properties=request.news)

        return self._run(context, update)

    def Delete(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Delete."""

        def delete() -> Any:
            self.session.delete(address_of(request.urn), kind_of(request.urn), request.id)
            return empty_pb2.Empty()

        return self._run(context, delete)


def _unknown(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_unknown(item) for item in value.values())
    if isinstance(value, list):
        return any(_unknown(item) for item in value)
    return bool(value == UNKNOWN)


def _moves(field: Field) -> bool:
    """Whether a replaced target changes what the field holds; a key of the same name, say, does not."""
    return not field.refers_to or not all(KINDS[name].identity_field for name in field.refers_to)


def _diff_response(found: Difference, unknown: list[str]) -> Any:
    """The engine's form of a difference. Unknown inputs belong to objects that are being replaced below."""
    response = provider_pb2.DiffResponse
    update, replace = provider_pb2.PropertyDiff.UPDATE, provider_pb2.PropertyDiff.UPDATE_REPLACE
    detailed = {
        change.field.name: provider_pb2.PropertyDiff(
            kind=replace if change.field.change.replaces else update, inputDiff=False
        )
        for change in found.changes
    }
    replaced = [name for name, diff in detailed.items() if diff.kind == replace]
    cascades = [
        name for name in unknown if (one := found.kind.field(name)) is not None and one.change.replaces
    ]
    if found.missing:
        replaced.append("id")
    return response(
        changes=response.DIFF_SOME if found or unknown else response.DIFF_NONE,
        replaces=[*replaced, *cascades],
        deleteBeforeReplace=found.delete_first or bool(cascades),
        diffs=[*detailed, *unknown, *(["id"] if found.missing else [])],
        detailedDiff=detailed,
        hasDetailedDiff=bool(detailed) and not unknown and not found.missing,
    )
