"""The project's own files in a bundle: roles, the site's inventory, schemas, documentation, its wheel."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from govcloud.bundle.commands import plain_environment, run
from govcloud.errors import ToolkitError

_LEFT_OUT = ("__pycache__", ".")
"""How the names begin of what no bundle takes: caches, and hidden files."""


def checkout() -> Path:
    """The root of the checkout that this code is run from; an installed govcloud cannot make a bundle."""
    root = Path(__file__).parents[4]
    if not (root / "pyproject.toml").is_file() or not (root / "requirements.lock").is_file():
        what = "a bundle is made from a checkout of govcloud, and this is an installed one"
        raise ToolkitError(what, str(root), "run it in a checkout: `./dev run bundle create --key FILE`")
    return root


def project_files(root: Path) -> Iterator[tuple[str, Path]]:
    """Roles, schemas and documentation, by the names that they bear in a bundle."""
    for folder in ("docs", "roles", "schema"):
        yield from files_below(root / folder, folder)


def inventory_files(inventory: Path, site: str, planes: Sequence[str]) -> Iterator[tuple[str, Path]]:
    """The inventory of these planes and what is common to all: no other plane's files travel along."""
    others = {file.parent for file in inventory.glob("*/plane.yaml") if file.parent.name not in planes}
    for name, path in files_below(inventory, f"inventories/{site}"):
        if not others.intersection(path.parents):
            yield name, path


def files_below(folder: Path, name: str) -> Iterator[tuple[str, Path]]:
    """Every regular file below a folder, in order; ToolkitError for a link, which would not travel."""
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        path = Path(entry.path)
        if entry.name.startswith(_LEFT_OUT):
            continue
        if entry.is_symlink():
            raise ToolkitError("it is a link", str(path), "put the file itself there, or take the link away")
        if entry.is_dir():
            yield from files_below(path, f"{name}/{entry.name}")
        elif entry.is_file():
            yield f"{name}/{entry.name}", path


def own_wheel(root: Path, target: Path) -> Path:
    """Build govcloud's wheel into an empty folder; the same sources give the same bytes."""
    run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", target],
        "govcloud's own wheel could not be built",
        "run it in the environment that `./dev setup` makes",
        directory=root,
        environment=plain_environment(),
    )
    return next(target.glob("govcloud-*.whl"))
