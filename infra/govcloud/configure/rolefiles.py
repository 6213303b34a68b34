"""Where the Ansible roles lie: in the checkout, or in the installed package."""

from __future__ import annotations

from pathlib import Path

from govcloud.errors import ToolkitError

ROLES = ("bastion", "base", "postgresql", "mariadb", "web", "sites", "probe", "nspawn")
"""Every role, in the order in which the playbook applies them."""


def roles_directory() -> Path:
    """The directory of the roles and of their playbook, `site.yml`."""
    here = Path(__file__).resolve()
    for candidate in (here.parents[3] / "roles", here.parents[1] / "data" / "roles"):
        if (candidate / "site.yml").is_file():
            return candidate
    raise ToolkitError("the Ansible roles are not there", str(here.parent), "install govcloud again")


def role_file(role: str, name: str) -> str:
    """The text of a file that a role brings."""
    path = roles_directory() / role / "files" / name
    if not path.is_file():
        raise ToolkitError(
            f"role {role} has no {name}", str(path), "the role must bring what it is to set up"
        )
    return path.read_text(encoding="utf-8")
