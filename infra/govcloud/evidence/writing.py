"""Writes a sealed folder whole or not at all, and gives it a name that no other has."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from govcloud.errors import ToolkitError
from govcloud.evidence.manifest import Sealed, opened, seal
from govcloud.local import private_directory, write_private


def write_sealed(files: Mapping[str, str], parent: Path, stem: str) -> Sealed:
    """A new sealed folder of these files below `parent`; read again from where it lies."""
    aside = Path(tempfile.mkdtemp(prefix=".", dir=private_directory(parent)))
    try:
        for name, text in files.items():
            write_private(aside / name, text)
        seal(aside)
        folder = _placed(aside, parent / stem)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise
    return opened(folder)


def _placed(aside: Path, wanted: Path) -> Path:
    """Give the folder its name, with a number behind it where another has that already."""
    number = 1
    while True:
        folder = wanted if number == 1 else wanted.with_name(f"{wanted.name}-{number}")
        try:
            # A directory takes the place of an empty one only: of two at once, one goes on.
            return aside.rename(folder)
        except OSError as error:
            if not folder.exists():
                raise ToolkitError(
                    f"it cannot be written: {error.strerror}", str(folder), "make room, then run it again"
                ) from error
            number += 1
