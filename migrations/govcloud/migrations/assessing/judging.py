"""What follows from the answers of the probes, whatever is to be moved: pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from cryptography import x509

from govcloud.migrations.findings import Finding, Weight

CLOCK = 2.0
"""Seconds by which a host's clock may be off: signatures, certificates and logs are compared by time."""
NETWORK_FILES = frozenset({"nfs", "nfs4", "cifs", "smb3", "glusterfs", "ceph", "fuse.sshfs", "ncpfs"})
RENEW = 60
"""Days before its end at which a certificate is worth a word."""
POSTGRESQL = range(11, 16)
Probes = Mapping[str, Mapping[str, Any]]


def judge(probes: Probes) -> tuple[Finding, ...]:
    """What was found, the gravest first and then by name."""
    order = list(Weight)
    found = [one for rule in RULES for one in rule(probes)]
    return tuple(sorted(set(found), key=lambda one: (order.index(one.weight), one.name)))


def _unread(probes: Probes) -> Iterator[Finding]:
    for probe, answer in probes.items():
        for what in answer["unread"]:
            yield Finding(
                f"unread {what.partition(': ')[0]}",
                Weight.ACCEPT,
                f"the probe `{probe}` could not look: {what}",
                "enter the host as root, or mend what hinders it",
            )


def _clock(probes: Probes) -> Iterator[Finding]:
    seen = probes["system"]
    # A slow way to the host is no fault of its clock: any moment of that while is as good as another.
    off = seen["time"] - min(max(seen["time"], seen.get("begun", seen["asked"])), seen["asked"])
    if abs(off) > CLOCK:
        told = f"its clock is {abs(off):.0f} s {'ahead' if off > 0 else 'behind'}"
        yield Finding("clock", Weight.BLOCKS, told, "set it by the site's time servers")


def _mounts(probes: Probes) -> Iterator[Finding]:
    for mount in probes["system"]["mounts"]:
        if mount["kind"] in NETWORK_FILES:
            yield Finding(
                f"mount {mount['place']}",
                Weight.ACCEPT,
                f"{mount['place']} lies on another machine ({mount['device']}, {mount['kind']})",
                "move what lies there from the machine that holds it",
            )


def _special(probes: Probes) -> Iterator[Finding]:
    for tree in probes["trees"]["trees"]:
        for kind, path in tree["special"]:
            yield Finding(
                f"file {path}", Weight.ACCEPT, f"{path} is a {kind}, which holds no data", "have it made anew"
            )


def _schedules(probes: Probes) -> Iterator[Finding]:
    for table in probes["schedules"]["crontabs"]:
        count = len(table["lines"])
        if count or table["account"] == "root":
            seen = f"{count} lines that run by themselves" if count else "it runs by itself"
            remedy = "declare on the platform what is still needed; the ledger names what stayed behind"
            yield Finding(f"schedule {table['place']}", Weight.NOTE, seen, remedy)


def _certificates(probes: Probes) -> Iterator[Finding]:
    now = datetime.fromtimestamp(probes["system"]["asked"], UTC)
    for site in probes["web"]["sites"]:
        for certificate in site["certificates"]:
            yield from _certificate(certificate["path"], certificate["pem"], now)


def _certificate(path: str, pem: str, now: datetime) -> Iterator[Finding]:
    name = f"certificate {path}"
    try:
        ends = x509.load_pem_x509_certificate(pem.encode()).not_valid_after_utc
    except ValueError:
        yield Finding(name, Weight.ACCEPT, "it cannot be read as a certificate", "see what the site serves")
        return
    days = (ends - now).days
    if days < RENEW:
        seen = f"it {'ended' if days < 0 else 'ends'} on {ends:%Y-%m-%d}"
        yield Finding(name, Weight.NOTE, seen, "order a new one before the site is moved")


def _versions(probes: Probes) -> Iterator[Finding]:
    for server in probes["databases"]["servers"]:
        settings = {row[0]: row[1] for row in server.get("settings", ())}
        name = f"{server['engine']} {server['directory']}"
        if not settings:
            yield Finding(name, Weight.BLOCKS, "it could not be asked", "see what `unread` says of it")
        elif server["engine"] == "postgresql":
            version = int(settings["server_version_num"]) // 10000
            if version not in POSTGRESQL:
                seen = f"its version is {settings['server_version']}"
                yield Finding(name, Weight.BLOCKS, seen, "versions 11 to 15 are moved: upgrade it first")


RULES = (_unread, _clock, _mounts, _special, _schedules, _certificates, _versions)
