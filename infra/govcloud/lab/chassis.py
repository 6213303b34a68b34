"""`python -m govcloud.lab.chassis PLANE INDEX`: the simulated hypervisor, as OVN must know it.

Neutron binds a port only on a host that OVN counts as an alive chassis; this one has no process that would
say so, and gets a counter that is never behind.
"""

from __future__ import annotations

import sys

from govcloud.lab.bridges import EXTERNAL_BRIDGE, PHYSICAL_NETWORK
from govcloud.lab.clouds import LabCloud
from govcloud.lab.commands import run

_TUNNEL_END = "127.0.0.9"
_ALWAYS_CURRENT = 2**31 - 1


def add_chassis(cloud: LabCloud) -> None:
    """Register the chassis of simulated guests in the southbound database."""
    name = cloud.simulated_host
    south = ["ovn-sbctl", "--db=unix:/run/ovn/ovnsb_db.sock"]
    run([*south, "chassis-add", name, "geneve", _TUNNEL_END])
    mappings = f'other_config:ovn-bridge-mappings="{PHYSICAL_NETWORK}:{EXTERNAL_BRIDGE}"'
    run([*south, "set", "chassis", name, f"hostname={name}", mappings])
    chassis = run([*south, "--bare", "--columns=_uuid", "find", "chassis", f"name={name}"]).strip()
    run(
        [
            *south,
            "create",
            "chassis_private",
            f"name={name}",
            f"chassis={chassis}",
            f"nb_cfg={_ALWAYS_CURRENT}",
        ]
    )


if __name__ == "__main__":
    add_chassis(LabCloud(sys.argv[1], int(sys.argv[2])))
