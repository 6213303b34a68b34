"""A link between the tool and a host that can be cut: silently, or so that both ends see it break."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress

PAUSE = 0.05


class Link:
    """Leads connections at its own port on to another; while it is cut nothing passes, in either way."""

    def __init__(self, port: int) -> None:
        self._there = port
        self._whole = threading.Event()
        self._whole.set()
        self._open: set[socket.socket] = set()
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._server.getsockname()[1])
        threading.Thread(target=self._serve, daemon=True).start()

    def cut(self, seconds: float, silently: bool) -> None:
        """Nothing passes for so long; unless `silently`, what is open breaks at once."""
        self._whole.clear()
        if not silently:
            for one in tuple(self._open):
                with suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)
        time.sleep(seconds)
        self._whole.set()

    def close(self) -> None:
        self._server.close()

    def _serve(self) -> None:
        while True:
            try:
                near, _ = self._server.accept()
            except OSError:
                return
            if not self._whole.is_set():
                near.close()
                continue
            far = socket.create_connection(("127.0.0.1", self._there))
            self._open |= {near, far}
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=self._pass, args=(one, other), daemon=True).start()

    def _pass(self, one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while data := one.recv(65536):
                self._whole.wait()
                other.sendall(data)
        for end in (one, other):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        # The other way ends with it, and closes its own.
        self._open.discard(one)
        one.close()
