"""What a shared web machine is, seen on the machine: `govcloud configure` runs this there; it only reads."""

from __future__ import annotations

import http.client
import socket
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Found = tuple[str, bool, str]
AUTHORITY = Path("/etc/ssl/govcloud/authority.pem")
SITES = Path("/etc/nginx/sites")
SYSTEMS = Path("/srv/systems")


def findings(expected: dict[str, Any]) -> Iterator[Found]:
    yield from server()
    yield from nobody(expected["names"])
    yield from hosted(expected["systems"])


def said(*command: str) -> tuple[int, str]:
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    return ended.returncode, (ended.stdout + ended.stderr).strip()


def server() -> Iterator[Found]:
    state = said("systemctl", "is-active", "nginx.service")[1]
    yield "the web server runs", state == "active", state
    enabled = said("systemctl", "is-enabled", "nginx.service")[1]
    yield "it starts with the machine", enabled == "enabled", enabled
    code, text = said("nginx", "-t", "-q")
    yield "its settings read without fault", code == 0, text[-160:] or "none"


def nobody(names: list[str]) -> Iterator[Found]:
    """A name that is hosted nowhere is answered by the machine itself, verified, with 404."""
    yield "it has the plane's authority", AUTHORITY.is_file(), str(AUTHORITY)
    if not AUTHORITY.is_file():
        return
    context = ssl.create_default_context(cafile=str(AUTHORITY))
    for name in names:
        connection = http.client.HTTPSConnection("127.0.0.1", 443, timeout=15, context=context)
        try:
            plain = socket.create_connection(("127.0.0.1", 443), timeout=15)
            connection.sock = context.wrap_socket(plain, server_hostname=name)
            connection.request("GET", "/", headers={"Host": name})
            answer = connection.getresponse()
            seen, version = f"{answer.status}", answer.getheader("Server")
        except OSError as error:
            seen, version = str(error), None
        finally:
            connection.close()
        yield f"it proves itself as {name}, and hosts no site of that name", seen == "404", seen
        yield f"as {name} it does not tell its version", version == "nginx", str(version)


def hosted(systems: list[str]) -> Iterator[Found]:
    """Only what the topology places here is served, and nobody but root decides what that is."""
    served = sorted(path.stem for path in SITES.glob("*.conf"))
    unknown = [name for name in served if name not in systems]
    yield "only systems that are placed here are served", not unknown, f"{unknown or served}"
    kept = sorted(path.name for path in SYSTEMS.iterdir()) if SYSTEMS.is_dir() else []
    strangers = [name for name in kept if name not in systems]
    yield "only their files lie here", not strangers, f"{strangers or kept}"
    for place in (SITES, SYSTEMS):
        mode = f"{place.owner()} {place.stat().st_mode & 0o777:o}" if place.is_dir() else "not there"
        yield f"{place} is root's to write", mode == "root 755", mode
