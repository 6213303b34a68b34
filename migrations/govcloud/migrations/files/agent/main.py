"""Where the agent begins."""

from __future__ import annotations

import importlib
import json
import resource

from govcloud.migrations.files.agent.wire import LineError, flush, frames, tell

ACTS = {"scan": "scanning", "read": "reading", "write": "writing", "digest": "reading"}
"""In which module each is: no more of them comes up than is needed, as people wait for it at a stop."""


def main() -> None:
    """Do what the first frame says; what goes wrong is the last frame."""
    try:
        _, payload = next(frames())
        wanted = json.loads(payload)
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        act = wanted["do"]
        getattr(importlib.import_module("govcloud.migrations.files.agent." + ACTS[act]), act)(wanted)
    except LineError as error:
        tell(b"!", {"error": error.what, "number": error.number, "where": error.place, "line": True})
    except OSError as error:
        where = (
            error.filename.decode("utf-8", "backslashreplace")
            if isinstance(error.filename, bytes)
            else error.filename
        )
        tell(b"!", {"error": error.strerror, "number": error.errno, "where": str(where or "")})
    flush()
