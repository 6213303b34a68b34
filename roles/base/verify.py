"""What an ordinary machine is, seen on the machine: `govcloud configure` runs this there; it only reads."""

from __future__ import annotations

import ipaddress
import json
import os
import re
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

Found = tuple[str, bool, str]
Network = ipaddress.IPv4Network
SSHD = {
    "passwordauthentication": "no",
    "kbdinteractiveauthentication": "no",
    "permitrootlogin": "no",
    "permitemptypasswords": "no",
    "authenticationmethods": "publickey",
    "x11forwarding": "no",
    "allowagentforwarding": "no",
    "permittunnel": "no",
    "gatewayports": "no",
    "banner": "/etc/issue.net",
}
KERNEL = {
    "ipv4/ip_forward": "0",
    "ipv4/tcp_syncookies": "1",
    "ipv4/conf/all/accept_redirects": "0",
    "ipv4/conf/all/send_redirects": "0",
    "ipv4/conf/all/accept_source_route": "0",
    "ipv6/conf/all/forwarding": "0",
}


def said(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def findings(expected: dict[str, Any]) -> Iterator[Found]:
    yield from ssh(expected)
    yield from firewall(expected)
    yield from accounts(expected)
    yield from system(expected)


def ssh(expected: dict[str, Any]) -> Iterator[Found]:
    peer = f"user={expected['login']},host=elsewhere,addr=192.0.2.1"
    lines = said("/usr/sbin/sshd", "-T", "-C", peer).splitlines()
    settings = dict(line.split(" ", 1) for line in lines if " " in line)
    wanted = SSHD | {
        "allowusers": expected["login"],
        "allowtcpforwarding": "local" if expected["bastion"] else "no",
    }
    for name, value in wanted.items():
        yield f"sshd's {name} is {value}", settings.get(name) == value, str(settings.get(name))
    methods = offered(expected["login"])
    yield "the SSH server that runs offers a key and nothing else", methods == "publickey", methods


def offered(login: str) -> str:
    """What the server on this machine offers somebody who has nothing to show."""
    with tempfile.TemporaryDirectory() as directory:
        known = Path(directory, "known_hosts")
        keys = [path.read_text().split()[:2] for path in Path("/etc/ssh").glob("ssh_host_*_key.pub")]
        known.write_text("".join(f"127.0.0.1 {kind} {body}\n" for kind, body in keys))
        options = [
            "BatchMode=yes",
            "PreferredAuthentications=none",
            f"UserKnownHostsFile={known}",
            "ConnectTimeout=5",
        ]
        words = [word for option in [*options, "StrictHostKeyChecking=yes"] for word in ("-o", option)]
        command = ["ssh", "-F", "/dev/null", *words, f"{login}@127.0.0.1", "true"]
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
    match = re.search(r"Permission denied \(([a-z,-]+)\)", ended.stderr)
    return match[1] if match else f"exit {ended.returncode}: {ended.stderr.strip()[-200:]}"


def firewall(expected: dict[str, Any]) -> Iterator[Found]:
    listed = json.loads(said("/usr/sbin/nft", "--json", "list", "ruleset"))["nftables"]
    inputs = [item["chain"] for item in listed if item.get("chain", {}).get("hook") == "input"]
    policies = [chain.get("policy") for chain in inputs]
    yield "the firewall drops what nothing admits", policies == ["drop"], f"policies {policies}"
    names = {chain["name"] for chain in inputs}
    rules = [item["rule"] for item in listed if item.get("rule", {}).get("chain") in names]
    opened = sorted(filter(None, map(admission, rules)))
    wanted = sorted(
        [entry["protocol"], entry["ports"], covered(map(ipaddress.IPv4Network, entry["sources"]))]
        for entry in expected["admitted"]
    )
    missing = [entry for entry in wanted if entry not in opened]
    more = [entry for entry in opened if entry not in wanted]
    yield "the firewall admits what the topology declares", not missing, f"missing {missing}"
    yield "the firewall admits nothing else", not more, f"besides {more}"


def admission(rule: dict[str, Any]) -> list[Any] | None:
    """`[protocol, ports, sources]` of a rule that lets new connections in; None for any other."""
    parts: dict[str, Any] = {}
    for expression in rule["expr"]:
        if "match" in expression:
            left, right = expression["match"]["left"], expression["match"]["right"]
            parts[json.dumps(left.get("payload") or left, sort_keys=True)] = right
    if "accept" not in {key for expression in rule["expr"] for key in expression}:
        return None
    known = {"ct": "established", "iif": "lo", "sport": "67"}
    text = json.dumps(parts)
    if any(f'\\"{key}\\"' in text and value in text for key, value in known.items()):
        return None
    sources = [source for key, right in parts.items() if '"saddr"' in key for source in prefixes(right)]
    protocol, ports = service(parts)
    return [protocol, ports, covered(sources) or ["0.0.0.0/0"]]


def service(parts: dict[str, Any]) -> tuple[str, str]:
    for key, right in parts.items():
        left = json.loads(key)
        if left.get("field") == "dport":
            return left["protocol"], "-".join(map(str, right["range"])) if isinstance(right, dict) else str(
                right
            )
        if left.get("protocol") == "icmp":
            return "icmp", ""
    return "any", ""


def prefixes(right: Any) -> Iterator[Network]:
    """A match's right side as prefixes, however nft abbreviates it: neighbours come as a range."""
    for member in right["set"] if isinstance(right, dict) and "set" in right else [right]:
        if not isinstance(member, dict):
            yield ipaddress.IPv4Network(member)
        elif "prefix" in member:
            yield ipaddress.IPv4Network(f"{member['prefix']['addr']}/{member['prefix']['len']}")
        else:
            yield from ipaddress.summarize_address_range(*map(ipaddress.IPv4Address, member["range"]))


def covered(sources: Iterable[Network]) -> list[str]:
    """Prefixes by the addresses that they hold, in the one shape that these have."""
    return sorted(map(str, ipaddress.collapse_addresses(sources)))


def accounts(expected: dict[str, Any]) -> Iterator[Found]:
    shadow = [line.split(":") for line in Path("/etc/shadow").read_text().splitlines()]
    open_ = [name for name, secret, *_ in shadow if not secret.startswith(("!", "*"))]
    yield "nobody has a password", not open_, f"passwords of {open_}"
    people = [line.split(":") for line in Path("/etc/passwd").read_text().splitlines()]
    roots = [entry[0] for entry in people if entry[2] == "0"]
    yield "only root is root", roots == ["root"], f"{roots}"
    ordinary = [entry[0] for entry in people if 1000 <= int(entry[2]) < 60000]
    yield "the one person's account is the login", ordinary == [expected["login"]], f"{ordinary}"


def system(expected: dict[str, Any]) -> Iterator[Found]:
    zone = os.path.realpath("/etc/localtime").partition("zoneinfo/")[2]
    yield f"times are of {expected['time_zone']}", zone == expected["time_zone"], zone
    for name, value in KERNEL.items():
        seen = Path("/proc/sys/net", name).read_text().strip()
        yield f"the kernel's net/{name} is {value}", seen == value, seen
    open_ports = {22} | {port for entry in expected["admitted"] for port in ports_of(entry)}
    listening = sorted(set(listeners()) - open_ports)
    yield "nothing listens that no flow asks for", not listening, f"TCP ports {listening}"
    failed = said("systemctl", "list-units", "--failed", "--plain", "--no-legend").split("\n")
    yield "no unit has failed", failed == [""], f"{failed}"
    kept = list(Path("/var/log/journal").glob("*/system.journal"))
    yield "the journal is kept over a restart", bool(kept), f"{len(kept)} journals on disk"


def ports_of(entry: dict[str, Any]) -> range:
    first, _dash, last = entry["ports"].partition("-")
    return range(int(first), int(last or first) + 1) if entry["protocol"] == "tcp" and first else range(0)


def listeners() -> Iterator[int]:
    """TCP ports that are open to other machines."""
    for line in said("ss", "-H", "-ltn").splitlines():
        address, _colon, port = line.split()[3].rpartition(":")
        if not address.startswith(("127.", "[::1]")):
            yield int(port)
