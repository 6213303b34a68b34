"""A probe: what runs by itself at given times: crontabs of every account, and timers of systemd."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from typing import Any

UNREAD: list[str] = []
SYSTEM = ("/etc/crontab",)
FOLDERS = ("/etc/cron.d",)
PERSONAL = ("/var/spool/cron/crontabs", "/var/spool/cron")
REGULAR = ("hourly", "daily", "weekly", "monthly")
SECRET = re.compile(r"(?i)((?:pass(?:word|wd)?|pwd|token|secret)\s*[=:]\s*|(?<=\s)-p)(\S+)")


def lines(path: str) -> list[str]:
    """The lines of a crontab that say something, and no password that stands in them."""
    try:
        with open(path, encoding="utf-8", errors="replace") as stream:
            return [
                SECRET.sub(r"\1(hidden)", line.strip())
                for line in stream
                if line.strip() and line.strip()[0] != "#"
            ]
    except OSError as error:
        UNREAD.append("%s: %s" % (path, error.strerror))
        return []


def names(folder: str) -> list[str]:
    """What a folder holds; none where it is not there."""
    try:
        return sorted(os.listdir(folder))
    except FileNotFoundError:
        return []
    except OSError as error:
        UNREAD.append("%s: %s" % (folder, error.strerror))
        return []


def crontabs() -> list[dict[str, Any]]:
    """Each crontab with its account; the system's own name an account in each line."""
    found = [{"place": path, "account": "", "lines": lines(path)} for path in SYSTEM if os.path.exists(path)]
    for folder in FOLDERS:
        found += [
            {"place": os.path.join(folder, name), "account": "", "lines": lines(os.path.join(folder, name))}
            for name in names(folder)
            if name != ".placeholder"
        ]
    for folder in PERSONAL:
        for name in names(folder):
            path = os.path.join(folder, name)
            if os.path.isfile(path):
                found.append({"place": path, "account": name, "lines": lines(path)})
    for often in REGULAR:
        folder = "/etc/cron." + often
        found += [
            {"place": os.path.join(folder, name), "account": "root", "lines": []}
            for name in names(folder)
            if name != ".placeholder"
        ]
    return found


def timers() -> list[str]:
    """The timers of systemd that are on."""
    if not os.path.isdir("/run/systemd/system"):
        return []
    words = ["systemctl", "list-unit-files", "--type=timer", "--state=enabled", "--no-legend", "--no-pager"]
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=30, check=False)
    if done.returncode != 0:
        UNREAD.append("systemctl ended with %d" % done.returncode)
        return []
    return sorted(
        line.split()[0] for line in done.stdout.decode("utf-8", "replace").splitlines() if line.strip()
    )


def main() -> None:
    """Print what was found."""
    json.load(sys.stdin)
    json.dump({"crontabs": crontabs(), "timers": timers(), "unread": UNREAD}, sys.stdout)


if __name__ == "__main__":
    main()
