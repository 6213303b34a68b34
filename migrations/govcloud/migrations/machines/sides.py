"""Where a root runs: on the host of today, or in a container on a server of the platform.

Both are stopped, held, let go and started by the same words, each of which may be said again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from govcloud.errors import ToolkitError
from govcloud.migrations.files import Place, hold
from govcloud.migrations.machines.agent.containers import ROOTS
from govcloud.migrations.machines.agent.leading import WAYS_IN
from govcloud.migrations.remote import Host
from govcloud.migrations.remote.shipping import shipped


def ask(host: Host, what: str, **wishes: Any) -> dict[str, Any]:
    """Have the script on a host do one thing; ToolkitError where it cannot."""
    script = shipped("govcloud.migrations.machines.agent", "govcloud.migrations.files.holding").decode()
    found: dict[str, Any] = json.loads(host.python(script, {"do": what, **wishes}))
    if "error" in found:
        raise ToolkitError(found["error"], host.login.where, "mend it there, then run it again")
    return found


@dataclass(frozen=True)
class LiveHost:
    """A host whose root is its own; it stays reached when all else of it has stopped."""

    host: Host
    ports: tuple[int, ...] = ()
    """At which machines of the platform may come to it."""

    @cached_property
    def look(self) -> dict[str, Any]:
        """What it is: mounts, ports and size."""
        return ask(self.host, "look")

    @property
    def place(self) -> Place:
        """Its root, with owners by their numbers: accounts come along."""
        return Place(self.host, b"/", numeric=True, ports=self.ports)

    def stop(self, seconds: float) -> None:
        """Stop its services; a start of the host would lead no further."""
        found = ask(self.host, "stop", seconds=seconds)
        if not found["stopped"]:
            raise ToolkitError(
                f"it does not stop: {', '.join(found['left'])}",
                self.host.login.where,
                "end it there, then cut over again",
            )

    def start(self, seconds: float) -> None:
        """Start them again."""
        ask(self.host, "start")

    def hold(self, what: str) -> Mapping[str, Any]:
        """Its disks themselves refuse writes."""
        return ask(self.host, {"look": "watch"}.get(what, what))


@dataclass(frozen=True)
class Container:
    """A root on a server, in a container that shares the server's network; `alone` it has none."""

    host: Host
    name: str
    alone: bool = field(default=False)

    @property
    def place(self) -> Place:
        """The root as the server sees it."""
        return root_of(self.host, self.name)

    def make(self) -> None:
        """Have room for it."""
        ask(self.host, "make", name=self.name, alone=self.alone)

    def stop(self, seconds: float) -> None:
        """Shut it down."""
        ask(self.host, "end", name=self.name)

    def start(self, seconds: float) -> None:
        """Run it; ToolkitError where it has not started in time."""
        hold(self.place, "unfence")
        state = ask(self.host, "run", name=self.name, seconds=seconds)["state"]
        if state != "active":
            raise ToolkitError(
                f"container {self.name} has not started: it is {state}",
                self.host.login.where,
                f"see there `systemctl status systemd-nspawn@{self.name}` and `journalctl -M {self.name}`",
            )

    def hold(self, what: str) -> Mapping[str, Any]:
        """Its tree refuses writes."""
        return hold(self.place, what)

    def remove(self) -> None:
        """Take it away."""
        hold(self.place, "unfence")
        ask(self.host, "remove", name=self.name)


def root_of(host: Host, name: str) -> Place:
    """A container's root as the server sees it, with owners by their numbers."""
    return Place(host, f"{ROOTS}/{name}".encode(), numeric=True)


def answered(look: Mapping[str, Any]) -> Sequence[int]:
    """The ports at which a host answers others, but for the way in to the host itself."""
    return [one["port"] for one in look["ports"] if one["program"] not in WAYS_IN]
