"""A provider that runs inside the command's own process, for all engines of one plane."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from types import TracebackType

import grpc
from pulumi.runtime.proto import provider_pb2_grpc

from govcloud.provider.servicer import Servicer
from govcloud.provider.session import Session

NAME = "govcloud"
THREADS = 64
"""Calls at once: each waits on the cloud, none computes much."""
MESSAGE_LIMIT = 64 * 1024 * 1024


class Host:
    """Serves a session on a loopback port for as long as the context lasts; it cannot outlive its process."""

    def __init__(self, session: Session) -> None:
        self.session = session
        options = [
            ("grpc.max_receive_message_length", MESSAGE_LIMIT),
            ("grpc.max_send_message_length", MESSAGE_LIMIT),
        ]
        self._server = grpc.server(ThreadPoolExecutor(THREADS, "provider"), options=options)
        provider_pb2_grpc.add_ResourceProviderServicer_to_server(Servicer(session), self._server)
        self.port: int = self._server.add_insecure_port("127.0.0.1:0")

    @property
    def environment(self) -> dict[str, str]:
        """What attaches an engine to this provider."""
        return {"PULUMI_DEBUG_PROVIDERS": f"{NAME}:{self.port}"}

    def __enter__(self) -> Host:
        self._server.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.stop(grace=1.0).wait()
        self.session.snapshot.close()
