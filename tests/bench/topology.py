"""Validating and compiling the whole city: seconds and memory of the whole process."""

from __future__ import annotations

import json
import resource
import subprocess
import sys

from _figures import Figure, finish, median

ROUNDS = 5
CODE = """
import json, resource, time
from pathlib import Path
start = time.process_time(), time.monotonic()
from govcloud.topology import load
topology = load(Path("inventories/jiujiang"))
loaded = time.monotonic()
from govcloud.stacks import compile_topology
stacks = compile_topology(topology)
compiled = time.monotonic()
memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps([loaded - start[1], compiled - loaded, memory, sum(len(s.resources) for s in stacks)]))
"""


def main() -> None:
    """Fresh processes, medians; imports are part of the time."""
    runs = [
        json.loads(subprocess.run([sys.executable, "-c", CODE], capture_output=True, check=True).stdout)
        for _ in range(ROUNDS)
    ]
    load, compiled, memory = (median([run[i] for run in runs]) for i in range(3))
    finish(
        [
            Figure("load and validate, imports included", load, "s", 2.0),
            Figure("compile to resources", compiled, "s", 1.0),
            Figure("peak memory", memory, "MiB", 200),
            Figure("resources", runs[0][3], "", 2000, "higher"),
            Figure(
                "children's peak memory", resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024, "MiB"
            ),
        ]
    )


if __name__ == "__main__":
    main()
