#!/usr/bin/python3
"""Ansible module: a unit starts with the machine, and runs with its files as they are now.

A handler is forgotten when a run is cut short between the change of a file and the handler: the next run
finds nothing changed, and the unit keeps its old settings. So what a unit was last reloaded with is written
down on the machine, and compared at every run.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule

RECORDS = Path("/var/lib/govcloud/units")

DOCUMENTATION = """
module: unit_follows
short_description: Start a unit, or reload or restart it when its files have changed since it last was
"""


def digests(paths: list[str]) -> dict[str, str]:
    """By file, the files in directories included: a digest of its content."""
    found = {}
    for path in map(Path, paths):
        files = sorted(one for one in path.rglob("*") if one.is_file()) if path.is_dir() else [path]
        for one in files:
            found[str(one)] = hashlib.sha256(one.read_bytes()).hexdigest() if one.exists() else "none"
    return found


def holds(module: Any, question: str, unit: str) -> bool:
    """Whether systemd says yes: `is-active`, `is-enabled`."""
    code, _out, _error = module.run_command(["systemctl", "--quiet", question, unit])
    return bool(code == 0)


def needed(module: Any, followed: bool) -> list[list[str]]:
    """The systemctl commands that make the unit run with its files."""
    unit = module.params["unit"]
    words = []
    if module.params["boot"] and not holds(module, "is-enabled", unit):
        words.append(["enable", "--quiet", unit])
    if not holds(module, "is-active", unit):
        words.append(["start", unit])
    elif not followed:
        words.append([module.params["how"], unit])
    return words


def main() -> None:
    module = AnsibleModule(
        {
            "unit": {"required": True},
            "files": {"type": "list", "elements": "str", "required": True},
            "how": {"choices": ["reload", "restart"], "default": "reload"},
            "boot": {"type": "bool", "default": True},
        },
        supports_check_mode=True,
    )
    now = json.dumps(digests(module.params["files"]), indent=1)
    record = RECORDS / f"{module.params['unit']}.{module.params['how']}.json"
    followed = record.exists() and record.read_text() == now
    commands = needed(module, followed)
    if not module.check_mode:
        for words in ([["daemon-reload"]] if commands else []) + commands:
            code, _out, error = module.run_command(["systemctl", *words])
            if code:
                module.fail_json(msg=f"systemctl {' '.join(words)}: {error.strip()}")
        RECORDS.mkdir(parents=True, exist_ok=True, mode=0o700)
        record.write_text(now)
    module.exit_json(changed=bool(commands))


if __name__ == "__main__":
    main()
