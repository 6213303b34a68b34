"""The installer that travels beside a bundle: one file that any Python 3.11 runs, signed like the bundle."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from govcloud.bundle.contents import NAMESPACE
from govcloud.evidence import sign
from govcloud.local import write_private, write_private_bytes

PACKAGES = ("bundle", "errors", "evidence", "local", "progress")
"""What the installation is made of; all of it uses the standard library alone."""
_FIRST_LINE = b"#!/usr/bin/env python3\n"
_MAIN = "from govcloud.bundle.alone import main\n\nmain()\n"
_EPOCH = (1980, 1, 1, 0, 0, 0)


def write_installer(archive: Path, keys: Sequence[Path]) -> Path:
    """Write `<archive>-install.pyz` beside an archive, and its signatures: `<that>.sig`, `<that>.2.sig`, …"""
    program = archive.with_name(f"{archive.stem}-install.pyz")
    content = installer()
    write_private_bytes(program, content)
    for number, key in enumerate(keys, 1):
        suffix = ".sig" if number == 1 else f".{number}.sig"
        write_private(program.with_name(program.name + suffix), sign(content, key, NAMESPACE))
    return program


def installer() -> bytes:
    """The program: a zip archive that Python runs; the same sources give the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        _add(archive, "__main__.py", _MAIN)
        _add(archive, "govcloud/", "")  # Python sees no package in a folder that has no entry of its own
        for package in PACKAGES:
            _add(archive, f"govcloud/{package}/", "")
            for file in _modules(package):
                _add(archive, f"govcloud/{package}/{file.name}", file.read_text(encoding="utf-8"))
    return _FIRST_LINE + buffer.getvalue()


def _modules(package: str) -> list[Path]:
    file = import_module(f"govcloud.{package}").__file__
    if file is None:
        raise LookupError(f"govcloud.{package} has no file")
    return sorted(Path(file).parent.glob("*.py"))


def _add(archive: zipfile.ZipFile, name: str, text: str) -> None:
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(entry, text)
