"""Has a tree on a host refuse writes, and sees who writes there all the same."""

from __future__ import annotations

import json
import os
from importlib.resources import files
from typing import Any

from govcloud.errors import ToolkitError
from govcloud.migrations.files.places import Place


def hold(place: Place, what: str) -> dict[str, Any]:
    """`fence`, `unfence` or `look`: whether it is `fenced` then, and the `writers` that hold a file open."""
    script = files("govcloud.migrations.files").joinpath("holding.py").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(
        place.host.python(script, {"do": what, "root": os.fsdecode(place.root)})
    )
    if "error" in found:
        raise ToolkitError(
            f"the tree cannot be made to refuse writes: {found['error']}",
            str(place),
            "enter the host as root, and see that it may mount",
        )
    return found
