"""Host keys as the cloud reports them: read from the console that Nova holds, never from the network.

A guest prints its public host keys on its console when it first boots. Nova's API shows that console over
the authenticated way to the cloud: so the first connection to a machine is verified like every later one.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_ssh_public_key

from govcloud.configure.access import Access
from govcloud.errors import ToolkitError
from govcloud.local import private_directory, write_private
from govcloud.progress import Progress
from govcloud.provider import Cloud
from govcloud.provider.markers import parse
from govcloud.topology import Machine

WAIT = 180.0
"""Seconds until a machine that the cloud has just started must have shown its keys."""
PAUSE = 2.0
_BLOCK = re.compile(r"-----BEGIN SSH HOST KEY KEYS-----(.*?)-----END SSH HOST KEY KEYS-----", re.DOTALL)
_KEY = re.compile(r"\b((?:ssh|ecdsa)-[a-z0-9-]+) (AAAA[A-Za-z0-9+/]+={0,3})(?=\s|$)")


@dataclass(frozen=True)
class HostKeys:
    """The public host keys of one server, each `type base64`."""

    server: str
    keys: tuple[str, ...]


def parse_console(text: str) -> tuple[str, ...]:
    """The keys of the last whole block on a console, each `type base64`; none when there is no such block."""
    blocks = _BLOCK.findall(text.replace("\r", ""))
    return (
        tuple(f"{kind} {body}" for kind, body in _KEY.findall(blocks[-1]) if _is_key(kind, body))
        if blocks
        else ()
    )


def _is_key(kind: str, body: str) -> bool:
    """Whether it is a whole key of that very kind: a console line cut in two is none."""
    try:
        load_ssh_public_key(f"{kind} {body}".encode())
    except (ValueError, UnsupportedAlgorithm):
        return False
    return True


def known_hosts(machines: Sequence[Machine], found: Mapping[str, HostKeys]) -> str:
    """OpenSSH's known_hosts: every machine by its id and its addresses."""
    lines = []
    for machine in machines:
        if machine.id in found:
            names = [machine.id, str(machine.address), *([str(machine.floating)] if machine.floating else [])]
            lines += [f"{','.join(names)} {key}" for key in found[machine.id].keys]
    return "".join(f"{line}\n" for line in lines)


def servers(cloud: Cloud, site: str, plane: str) -> dict[str, str]:
    """Machine id to server id, of the plane's servers that bear our marker: one list."""
    found: dict[str, str] = {}
    for server in cloud.pages("compute", "/servers/detail", "servers", "all_tenants=1"):
        marker = parse(str(server.get("metadata", {}).get("govcloud", "")))
        if marker is None:
            continue
        of_site, of_plane, _stack, name = marker[0].split("/")
        if (of_site, of_plane) == (site, plane):
            if name in found:
                raise ToolkitError(
                    f"two servers bear the marker of {name}: {found[name]} and {server['id']}",
                    f"cloud {cloud.name}",
                    "run `govcloud apply`: it ends by leaving one object to each marker",
                )
            found[name] = str(server["id"])
    return found


def trust(
    access: Access,
    cloud: Cloud,
    machines: Sequence[Machine],
    progress: Progress,
    wait: float = WAIT,
    pause: Callable[[float], object] = time.sleep,
) -> dict[str, HostKeys]:
    """Write the plane's known_hosts from what its cloud reports, waiting until the machines have booted.

    Raises ToolkitError for a machine that the cloud has not, or that shows no keys within `wait` seconds.
    """
    step = f"host keys of {access.plane.id}"
    progress.step(step)
    ids = servers(cloud, access.site, access.plane.id)
    missing = [machine.id for machine in machines if machine.id not in ids]
    if missing:
        raise ToolkitError(
            f"the cloud has no server for {', '.join(missing)}",
            f"plane {access.plane.id}",
            f"run `govcloud plan --plane {access.plane.id}` and apply it",
        )
    record = _Record(access)
    wanted = {machine.id: ids[machine.id] for machine in machines}
    found = _wait(cloud, wanted, record.read(), progress, step, wait, pause)
    kept = {name: keys for name, keys in record.read().items() if ids.get(name) == keys.server}
    whole = {**kept, **found}
    record.write(whole)
    write_private(access.known_hosts, known_hosts(access.running, whole))
    access.write_config()
    progress.done(step)
    return found


def recorded(access: Access) -> dict[str, tuple[str, ...]]:
    """The host keys that the cloud has reported so far, each `type base64`, by machine."""
    return {name: found.keys for name, found in _Record(access).read().items()}


def trusted(access: Access, machines: Sequence[Machine]) -> bool:
    """Whether known_hosts holds a key of each of the machines already."""
    recorded = _Record(access).read()
    return access.known_hosts.exists() and all(machine.id in recorded for machine in machines)


def _wait(
    cloud: Cloud,
    wanted: Mapping[str, str],
    recorded: Mapping[str, HostKeys],
    progress: Progress,
    step: str,
    wait: float,
    pause: Callable[[float], object],
) -> dict[str, HostKeys]:
    found: dict[str, HostKeys] = {}
    waited = 0.0
    while True:
        for name, server in wanted.items():
            if name not in found and (keys := _reported(cloud, server, recorded.get(name))):
                found[name] = HostKeys(server, keys)
        progress.count(step, len(found), len(wanted))
        if len(found) == len(wanted):
            return found
        if waited >= wait:
            silent = ", ".join(name for name in wanted if name not in found)
            raise ToolkitError(
                f"no host keys on the console of {silent} within {wait:.0f} s",
                f"cloud {cloud.name}",
                "look at it with `openstack console log show`; a guest that never booted is to be rebuilt",
            )
        pause(PAUSE)
        waited += PAUSE


def _reported(cloud: Cloud, server: str, recorded: HostKeys | None) -> tuple[str, ...]:
    """What the console shows now; where it has scrolled away, what it showed before of this very server."""
    answer = cloud.post("compute", f"/servers/{server}/action", {"os-getConsoleOutput": {}})
    shown = parse_console(str(answer.get("output") or ""))
    return shown or (recorded.keys if recorded and recorded.server == server else ())


class _Record:
    """Which server each known key belongs to: a console is a short memory."""

    def __init__(self, access: Access) -> None:
        self._path = private_directory(access.directory / "ssh") / "host-keys.json"

    def read(self) -> dict[str, HostKeys]:
        if not self._path.exists():
            return {}
        loaded = json.loads(self._path.read_text(encoding="utf-8"))
        return {name: HostKeys(entry["server"], tuple(entry["keys"])) for name, entry in loaded.items()}

    def write(self, found: Mapping[str, HostKeys]) -> None:
        document = {name: {"server": keys.server, "keys": keys.keys} for name, keys in sorted(found.items())}
        write_private(self._path, json.dumps(document, indent=1) + "\n")
