"""Where the agent begins."""

from __future__ import annotations

import json
import resource

from govcloud.migrations.files.agent.line import LineError
from govcloud.migrations.files.agent.reading import digest, read
from govcloud.migrations.files.agent.scanning import scan
from govcloud.migrations.files.agent.wire import flush, frames, tell
from govcloud.migrations.files.agent.writing import write

ACTS = {"scan": scan, "read": read, "write": write, "digest": digest}


def main() -> None:
    """Do what the first frame says; what goes wrong is the last frame."""
    try:
        _, payload = next(frames())
        wanted = json.loads(payload)
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        ACTS[wanted["do"]](wanted)
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
