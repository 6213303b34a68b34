"""A probe: how much lies in given directories, how much of it changes, and what their configuration names."""

from __future__ import annotations

import json
import os
import re
import stat
import sys
import time
from typing import Any

UNREAD: list[str] = []
KINDS = {stat.S_IFIFO: "fifo", stat.S_IFSOCK: "socket", stat.S_IFCHR: "device", stat.S_IFBLK: "device"}
TEXT_LIMIT = 256 * 1024
NAMED_AT_MOST = 200
CONFIGURATION = re.compile(r"(?i)\.(conf|cnf|cfg|ini|env|json|ya?ml|properties|php|py|xml|toml)$|/\.env$")
# The address only: what stands before an `@` is an account with its password.
URL = re.compile(
    r"(?i)\b(postgres(?:ql)?|mysql|mariadb|redis|mongodb|amqp|ldap|jdbc:[a-z]+|https?|smtp|ftp)://(?:[^@\s/\"']*@)?([A-Za-z0-9._-]+)(?::(\d+))?"
)
HOST = re.compile(
    r"(?i)\b((?:db|database|mysql|pg|redis|mail|smtp|ldap)?_?-?(?:host(?:name)?|server|addr(?:ess)?))\b[\"']?\s*(?:=>|[=:])\s*[\"']?([A-Za-z0-9][A-Za-z0-9._-]*)"
)


def named(path: str, text: str) -> list[dict[str, Any]]:
    """Hosts that a configuration file names, each with its line."""
    found = []
    for number, line in enumerate(text.split("\n"), 1):
        if line.lstrip()[:1] in ("#", ";", "*") or line.lstrip()[:2] == "//":
            continue
        for kind, host, port in URL.findall(line):
            found.append(
                {"file": path, "line": number, "kind": kind.lower(), "host": host, "port": int(port or 0)}
            )
        for kind, host in HOST.findall(line):
            found.append({"file": path, "line": number, "kind": kind.lower(), "host": host, "port": 0})
    return found


def look(root: str) -> dict[str, Any]:
    """One directory: entries, bytes, what changed in the last hour and day, special files, named hosts."""
    now = time.time()
    total = {"entries": 0, "bytes": 0, "hour": 0, "day": 0, "links": 0}
    special: list[list[str]] = []
    hosts: list[dict[str, Any]] = []

    def failed(error: OSError) -> None:
        UNREAD.append("%s: %s" % (error.filename, error.strerror))

    for folder, folders, files in os.walk(root, onerror=failed):
        for name in folders + files:
            path = os.path.join(folder, name)
            try:
                status = os.lstat(path)
            except FileNotFoundError:
                continue  # it has gone since
            total["entries"] += 1
            kind = KINDS.get(stat.S_IFMT(status.st_mode))
            if kind is not None:
                special.append(
                    [kind, path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")]
                )
            if not stat.S_ISREG(status.st_mode):
                continue
            total["bytes"] += status.st_size
            total["links"] += status.st_nlink > 1
            for word, seconds in (("hour", 3600), ("day", 86400)):
                if now - status.st_mtime < seconds:
                    total[word] += status.st_size
            if CONFIGURATION.search(path) and status.st_size <= TEXT_LIMIT and len(hosts) < NAMED_AT_MOST:
                hosts += configured(path)
    return {"root": root, **total, "special": special, "named": hosts[:NAMED_AT_MOST]}


def configured(path: str) -> list[dict[str, Any]]:
    """What one configuration file names."""
    try:
        with open(path, encoding="utf-8", errors="replace") as stream:
            return named(path, stream.read())
    except OSError as error:
        UNREAD.append("%s: %s" % (path, error.strerror))
        return []


def main() -> None:
    """Print what was found of the directories that were asked about."""
    wanted = json.load(sys.stdin)
    roots = sorted({os.path.realpath(root) for root in wanted["roots"]})
    missing = [root for root in roots if not os.path.isdir(root)]
    UNREAD.extend("%s: there is no such directory" % root for root in missing)
    trees = [look(root) for root in roots if root not in missing]
    json.dump({"trees": trees, "unread": UNREAD}, sys.stdout)


if __name__ == "__main__":
    main()
