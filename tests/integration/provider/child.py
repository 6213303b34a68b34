"""A run that creates one object and is killed while it does: started by the matrix."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from govcloud.provider import KINDS, Declared
from integration.provider.world import World

order = json.loads(Path(sys.argv[1]).read_text())
world = World(Path(order["clouds"]), Path(order["folder"]))
world.ids = order["ids"]
declared = {order["address"]: Declared(order["kind"], order["inputs"])}
world.session(declared, order["journal"]).create(order["address"], KINDS[order["kind"]])
