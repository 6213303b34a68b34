"""Faults between us and a cloud on the very call that changes it, and what the next run makes of them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
import yaml
from openstack.connection import Connection

from govcloud.errors import ToolkitError
from govcloud.provider import KINDS, Cloud, Declared, Kind, Session
from integration.provider.faults import Handler, Proxy, half, hang_up, proxy, status, whole
from integration.provider.world import SUBJECT, World, addressed

SERVICES = {"identity": "/v3", "image": "/v2", "compute": "/v2.1", "network": "/v2.0"}
LATE = 2.0
"""Seconds after which a create that was held up reaches the server."""
SLOW = 1.0
UNDER_WAY: list[threading.Thread] = []
"""Calls that reach the server late."""

Forward = Callable[[], requests.Response]
Fault = Callable[[Handler, Forward], None]
"""What becomes of one changing call: it may be forwarded, now or later, and answered, somehow or not at all."""


def lost(handler: Handler, forward: Forward) -> None:
    """The server acts, and nobody hears of it."""
    hang_up(handler, forward())


def late(handler: Handler, forward: Forward) -> None:
    """The connection breaks, and the server gets the call some seconds later; it lists meanwhile."""

    def deliver() -> None:
        time.sleep(LATE)
        forward()

    thread = threading.Thread(target=deliver)
    UNDER_WAY.append(thread)
    thread.start()
    hang_up(handler, requests.Response())


def arrived() -> None:
    """Wait until the server has answered every call that came late, however busy it is."""
    while UNDER_WAY:
        UNDER_WAY.pop().join()


def reset(handler: Handler, forward: Forward) -> None:
    """The connection breaks before the server has heard anything."""
    hang_up(handler, requests.Response())


def slow(handler: Handler, forward: Forward) -> None:
    """The answer takes its time."""
    answer = forward()
    time.sleep(SLOW)
    whole(handler, answer)


def cut_short(handler: Handler, forward: Forward) -> None:
    """The server acts, and half of its answer arrives."""
    half(handler, forward())


def refused(code: int) -> Fault:
    """The server, or what stands before it, answers so and has not acted."""
    return lambda handler, _: status(code, Retry_After="0")(handler, requests.Response())


def acted(code: int) -> Fault:
    """The server acts, and what stands before it answers so."""
    return lambda handler, forward: status(code, Retry_After="0")(handler, forward())


FAULTS: Mapping[str, Fault] = {
    "lost answer": lost,
    "late create": late,
    "reset": reset,
    "slow": slow,
    "half an answer": cut_short,
    "429": refused(429),
    "500": refused(500),
    "502 after acting": acted(502),
    "503": refused(503),
    "504 after acting": acted(504),
}


@dataclass
class Between:
    """Proxies before every service, and a cloud that is reached through them."""

    proxies: Mapping[str, Proxy]
    clouds_file: Path

    def inject(self, fault: Fault) -> None:
        """Let it befall the next changing call, of whichever service."""
        befallen = threading.Event()

        def once(handler: Handler, forward: Forward) -> bool:
            if befallen.is_set():
                return False
            befallen.set()
            fault(handler, forward)
            return True

        for one in self.proxies.values():
            one.on_change = once

    def clear(self) -> None:
        """Let everything through again."""
        for one in self.proxies.values():
            one.on_change = None


@contextmanager
def between(connection: Connection, clouds_file: Path, folder: Path) -> Iterator[Between]:
    """Proxies before a lab cloud for as long as the context lasts."""
    entry: dict[str, Any] = yaml.safe_load(clouds_file.read_text())
    (cloud,) = entry["clouds"].values()
    with ExitStack() as stack:
        proxies = {}
        for service, version in SERVICES.items():
            endpoint = str(connection.endpoint_for(service)).rstrip("/")
            root = endpoint.partition(version)[0]
            proxies[service] = stack.enter_context(proxy(root))
            # With its version said the endpoint is not asked for it, and so not for where it is itself.
            cloud[f"{service}_endpoint_override"] = proxies[service].url + version
            cloud[f"{service}_api_version"] = version.removeprefix("/v")
        path = folder / "clouds.yaml"
        path.write_text(yaml.safe_dump(entry))
        path.chmod(0o600)
        yield Between(proxies, path)


def create_amid(
    world: World, spoiled: Cloud, way: Between, name: str, inputs: Mapping[str, Any], fault: str
) -> tuple[str, Kind, str, int]:
    """Create one object while a fault befalls the call, and again by a next run where that failed.

    Returns its address, kind and id, and how many stand for it in the end.
    """
    # A busy server may take longer over a call than the others' patience lasts.
    journal = "late" if fault == "late create" else "faults"
    kind = KINDS[name]
    address = f"{SUBJECT}{name.replace('_', '-')}-{fault.replace(' ', '-')}"
    declared = {address: Declared(name, addressed(dict(inputs)))}
    first = world.session(declared, journal, spoiled)
    way.inject(FAULTS[fault])
    try:
        identifier = first.create(address, kind)
    except ToolkitError:
        identifier = ""
    finally:
        way.clear()
    if not identifier:
        identifier = world.session(declared, journal).create(address, kind)
    arrived()
    return address, kind, identifier, len(world.session(declared, journal).standing(address, kind))


def remove(world: World, address: str, kind: Kind, identifier: str) -> None:
    """Take an object away."""
    session: Session = world.undeclared()
    session.delete(address, kind, identifier)
