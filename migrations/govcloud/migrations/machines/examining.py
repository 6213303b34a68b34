"""What stands in the way of a whole machine, at the host and at the server that takes it in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from govcloud.migrations.findings import Finding, Weight
from govcloud.migrations.machines.sides import Container, LiveHost, answered, ask

MIB = 1024 * 1024
Ports = Sequence[tuple[int, int]]
"""Ranges of ports, both ends included."""
COPIES = 2
"""A rehearsal makes two."""


def examined(old: LiveHost | Container, new: Container, opened: Ports) -> Iterator[Finding]:
    """Findings by stable names; nothing of a rehearsed host, whose own was examined.

    `opened` are the ports of the server to which flows lead.
    """
    if isinstance(old, Container):
        return
    look, room = old.look, ask(new.host, "room", name=new.name)
    yield from _unfit(look, room)
    yield from _elsewhere(look)
    yield from _taken(look, room)
    yield from _closed(look, opened)
    if not look["leads"]:
        seen = "it has no systemd-socket-proxyd: whoever still comes to its address is not led on"
        yield Finding(
            "the old address", Weight.ACCEPT, seen, "install it there, or change names on the night"
        )
    needed = look["used"] * COPIES
    if not room["made"] and room["free"] < needed:
        seen = f"it has {room['free'] // MIB} MiB free, and a rehearsal's copies take {needed // MIB}"
        yield Finding("room for the root", Weight.BLOCKS, seen, "give the server a flavor with a larger disk")
    seen = "it runs on the server's kernel, and the server has its network, clock, firewall and way in"
    yield Finding("what is the server's", Weight.NOTE, seen)


def _unfit(look: Mapping[str, Any], room: Mapping[str, Any]) -> Iterator[Finding]:
    if look["first"] != "systemd":
        yield Finding(
            "the first process",
            Weight.BLOCKS,
            f"it is {look['first']}, and only systemd is known to stop and start as a whole",
            "move its parts: `databases`, `files` and `sites`",
        )
    if look["machine"] != room["machine"]:
        seen = f"the host is {look['machine']}, the server {room['machine']}"
        yield Finding("the processor", Weight.BLOCKS, seen, "give it a server of the same kind")
    if not room["nspawn"]:
        seen = "the server has no systemd-nspawn"
        yield Finding("what runs it", Weight.BLOCKS, seen, "configure the server with the role `nspawn`")


def _elsewhere(look: Mapping[str, Any]) -> Iterator[Finding]:
    for one in look["left"]:
        if one["kind"] == "remote":
            seen = f"what lies there is on {one['source']}, and does not come along"
            yield Finding(f"mount {one['place']}", Weight.ACCEPT, seen, "have the server mount it, too")


def _taken(look: Mapping[str, Any], room: Mapping[str, Any]) -> Iterator[Finding]:
    taken = {one["port"]: one["program"] for one in room["ports"]}
    for port in answered(look):
        if port in taken:
            seen = f"the host answers there, and so does {taken[port]} on the server"
            yield Finding(f"port {port}", Weight.BLOCKS, seen, "give it a server of its own")


def _closed(look: Mapping[str, Any], opened: Ports) -> Iterator[Finding]:
    for port in answered(look):
        if not any(first <= port <= last for first, last in opened):
            seen = "the host answers there, and no flow of the platform leads to it"
            yield Finding(f"closed port {port}", Weight.ACCEPT, seen, "have the system's blueprint serve it")
