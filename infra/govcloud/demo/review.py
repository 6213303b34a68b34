"""The demonstration's own reviewers: an author and as many others as the site asks for, each with a key.

On a real site these are people and their keys lie with them; here they are made once, and kept in the work
directory, so that the plans of the demonstration go the way of every plan.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from govcloud.engine import PlanFolder, Setting, approve, new_key, public_half, read_plan, required_signatures
from govcloud.evidence import Trust, sign_as_author
from govcloud.local import private_directory, write_private

DIRECTORY = "demonstration-signers"
"""Where their keys lie, in the directory of a plane."""
REVIEWERS = 2
"""How many there are at least: as many as an order to cut over asks for."""


def reviewed(folder: PlanFolder, setting: Setting) -> PlanFolder:
    """The plan with the signatures that its plane asks for; as it was where none is."""
    asked = required_signatures(setting)
    if not asked or not folder.plan:
        return folder
    keys = signers(setting, asked)
    trust = Trust(setting.work.allowed_signers, setting.work.revoked_keys)
    place = folder.sealed.folder
    sign_as_author(folder.sealed, keys[0])
    for key in keys[1 : 1 + asked]:
        approve(read_plan(place), key, trust, datetime.now(UTC))
    return read_plan(place)


def signers(setting: Setting, asked: int) -> list[Path]:
    """The keys of the author and of at least `asked` reviewers, who all stand among the allowed signers."""
    directory = private_directory(setting.work.root / DIRECTORY)
    roles = {"author": "govcloud-author"}
    roles |= {f"reviewer-{number}": "govcloud-approver" for number in range(1, max(asked, REVIEWERS) + 1)}
    keys = {name: directory / name for name in roles}
    for name, path in keys.items():
        if not path.exists():
            new_key(path, f"demonstration-{name}")
    allowed = setting.work.allowed_signers
    lines = allowed.read_text(encoding="utf-8").splitlines() if allowed.exists() else []
    named = {line.split(" ")[0] for line in lines if line}
    missing = [
        f'demonstration-{name} namespaces="{roles[name]}" {public_half(path)}'
        for name, path in keys.items()
        if f"demonstration-{name}" not in named
    ]
    if missing:
        write_private(allowed, "\n".join([*lines, *missing]) + "\n")
    return list(keys.values())
