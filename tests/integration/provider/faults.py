"""A proxy before a real API that spoils chosen answers: what stands between us and a cloud on a bad night."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import requests

Handler = BaseHTTPRequestHandler
Spoil = Callable[[Handler, requests.Response], None]
OnChange = Callable[[Handler, Callable[[], requests.Response]], bool]
"""Sees each changing call, with what forwards it; True where it has dealt with it."""


@dataclass
class Proxy:
    """Forwards to `target`; the first entry of `faults` spoils the next answer, and so on."""

    target: str
    faults: list[Spoil] = field(default_factory=list)
    on_change: OnChange | None = None
    seen: list[str] = field(default_factory=list)
    url: str = ""

    def handle(self, handler: BaseHTTPRequestHandler, method: str) -> None:
        """Forward one request and give back its answer, spoiled or not."""
        length = int(handler.headers.get("Content-Length") or 0)
        body = handler.rfile.read(length) if length else None
        headers = {
            k: v
            for k, v in handler.headers.items()
            if k.lower() not in ("host", "content-length", "connection")
        }

        def forward() -> requests.Response:
            return requests.request(
                method, self.target + handler.path, data=body, headers=headers, timeout=120
            )

        if method != "GET" and self.on_change is not None and self.on_change(handler, forward):
            return
        answer = forward()
        self.seen.append(f"{method} {handler.path}")
        spoil = self.faults.pop(0) if self.faults else whole
        spoil(handler, answer)


def whole(handler: BaseHTTPRequestHandler, answer: requests.Response) -> None:
    """The answer as it is."""
    _send(handler, answer.status_code, answer.content)


def status(code: int, **headers: str) -> Spoil:
    """Another status in place of the answer."""
    return lambda handler, _answer: _send(handler, code, b'{"error": "spoiled"}', headers)


def half(handler: BaseHTTPRequestHandler, answer: requests.Response) -> None:
    """The first half of the answer, announced as if it were all."""
    _send(handler, answer.status_code, answer.content[: len(answer.content) // 2])


def hang_up(handler: BaseHTTPRequestHandler, _answer: requests.Response) -> None:
    """The server acted, and nobody hears of it."""
    handler.close_connection = True
    handler.connection.close()


def empty_document(handler: BaseHTTPRequestHandler, _answer: requests.Response) -> None:
    """Whole JSON that says nothing."""
    _send(handler, 200, b"{}")


def _send(
    handler: BaseHTTPRequestHandler, code: int, body: bytes, headers: dict[str, str] | None = None
) -> None:
    handler.send_response(code)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", str(len(body)))
    handler.send_header("Connection", "close")
    for name, value in (headers or {}).items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(body)


@contextmanager
def proxy(target: str) -> Iterator[Proxy]:
    """A proxy on a loopback port for as long as the context lasts."""
    made = Proxy(target)

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

        def do_GET(self) -> None:
            made.handle(self, "GET")

        def do_POST(self) -> None:
            made.handle(self, "POST")

        def do_PUT(self) -> None:
            made.handle(self, "PUT")

        def do_PATCH(self) -> None:
            made.handle(self, "PATCH")

        def do_DELETE(self) -> None:
            made.handle(self, "DELETE")

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
