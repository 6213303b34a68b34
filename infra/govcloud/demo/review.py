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


def reviewed(folder: PlanFolder, setting: Setting) -> PlanFolder:
    """The plan with the signatures that its plane asks for; as it was where none is."""
    asked = required_signatures(setting)
    if not asked or not folder.plan:
        return folder
    keys = _keys(setting, asked)
    trust = Trust(setting.work.allowed_signers, setting.work.revoked_keys)
    place = folder.sealed.folder
    sign_as_author(folder.sealed, keys[0])
    for key in keys[1:]:
        approve(read_plan(place), key, trust, datetime.now(UTC))
    return read_plan(place)


def _keys(setting: Setting, asked: int) -> list[Path]:
    """The author's key and the reviewers', with a line for each among the plane's allowed signers."""
    directory = private_directory(setting.work.root / DIRECTORY)
    roles = {"author": "govcloud-author"}
    roles |= {f"reviewer-{number}": "govcloud-approver" for number in range(1, asked + 1)}
    keys = []
    for name in roles:
        path = directory / name
        keys.append(path if path.exists() else new_key(path, f"demonstration-{name}"))
    if not setting.work.allowed_signers.exists():
        lines = [
            f'demonstration-{name} namespaces="{role}" {public_half(path)}'
            for (name, role), path in zip(roles.items(), keys, strict=True)
        ]
        write_private(setting.work.allowed_signers, "\n".join(lines) + "\n")
    return keys
