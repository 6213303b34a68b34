"""The ledger of a move: all that the old host had and that the move did not take along, by name. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address

from govcloud.migrations.assessing import Assessment
from govcloud.topology.moving import Move

OWN = frozenset({"postgres", "template0", "template1"})


@dataclass(frozen=True, order=True)
class Left:
    """One thing that stayed behind: its kind, its name, and what is known of it."""

    kind: str
    name: str
    said: str


def left_behind(found: Assessment, move: Move) -> tuple[Left, ...]:
    """Everything that was found on the host and is not moved, by kind and name.

    `found` is the last look before the host was fenced. What it could not look at stands there, too.
    """
    accepted = (Left("accepted", one.what, one.because) for one in move.accepted)
    rules = BESIDE_THE_ROOT if move.whole_machine else RULES
    return tuple(sorted({entry for rule in rules for entry in rule(found, move)} | set(accepted)))


def _schedules(found: Assessment, _: Move) -> Iterator[Left]:
    for table in found.part("schedules", "crontabs"):
        said = "; ".join(table["lines"]) or "runs by itself"
        yield Left("schedule", table["place"], said)
    for timer in found.part("schedules", "timers"):
        yield Left("schedule", timer, "a timer of systemd")


def _mounts(found: Assessment, _: Move) -> Iterator[Left]:
    for mount in found.part("system", "mounts"):
        if mount["place"] != "/":
            yield Left("mount", mount["place"], f"{mount['device']}, {mount['kind']}")


def _users(found: Assessment, _: Move) -> Iterator[Left]:
    for user in found.part("system", "users"):
        keys = ", enters by key" if user["keys"] else ""
        yield Left("user", user["name"], f"number {user['uid']}, home {user['home']}{keys}")


def _names(found: Assessment, _: Move) -> Iterator[Left]:
    for line in found.part("system", "names"):
        address, *names = line.split()
        if not _loops(address):
            yield Left("name", " ".join(names), f"is {address} in its /etc/hosts")


def _services(found: Assessment, move: Move) -> Iterator[Left]:
    moved = {site.unit for site in move.sites}
    for service in found.part("system", "services"):
        if service["name"] in moved:
            continue
        yield Left("service", service["name"], service["state"])


def _databases(found: Assessment, move: Move) -> Iterator[Left]:
    moved = {(one.engine, one.name) for one in move.databases}
    for server in found.part("databases", "servers"):
        for row in server.get("databases", ()):
            if (server["engine"], row[0]) not in moved and row[0] not in OWN:
                yield Left("database", f"{server['engine']} {row[0]}", f"{row[1]} bytes")


def _directories(found: Assessment, move: Move) -> Iterator[Left]:
    moved = {path.rstrip("/") for site in move.sites for path in site.content}
    moved |= {one.path.rstrip("/") for one in move.files}
    for tree in found.part("trees", "trees"):
        if tree["root"] not in moved:
            yield Left("directory", tree["root"], f"{tree['entries']} entries, {tree['bytes']} bytes")


def _sites(found: Assessment, move: Move) -> Iterator[Left]:
    moved = {one.domain for one in move.sites}
    for site in found.part("web", "sites"):
        for domain in site["domains"]:
            if domain not in moved and "." in domain:
                yield Left("site", domain, f"served by {site['server']}")


def _peers(found: Assessment, _: Move) -> Iterator[Left]:
    for peer in found.part("network", "peers"):
        if not _loops(peer["address"]):
            yield Left("connection", peer["address"], f"with {peer['program'] or 'a program that has ended'}")


def _unread(found: Assessment, _: Move) -> Iterator[Left]:
    for probe, answer in found.probes.items():
        for what in answer["unread"]:
            yield Left("not looked at", what.partition(": ")[0], f"by the probe `{probe}`: {what}")


def _loops(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False


RULES = (
    _schedules,
    _mounts,
    _users,
    _names,
    _services,
    _databases,
    _directories,
    _sites,
    _peers,
    _unread,
)
BESIDE_THE_ROOT = (_peers, _unread)
"""What does not come along with the root of a whole machine."""
