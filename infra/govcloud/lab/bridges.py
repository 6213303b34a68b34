"""`python -m govcloud.lab.bridges PLANE INDEX`: the cloud's bridges, on the userspace datapath."""

from __future__ import annotations

import sys
from pathlib import Path

from govcloud.lab.clouds import LabCloud
from govcloud.lab.commands import run

PHYSICAL_NETWORK = "external"
EXTERNAL_BRIDGE = "br-ex"


def make_bridges(cloud: LabCloud) -> None:
    """Describe this chassis to OVN and put the host's way to the external network on its bridge."""
    identity = {
        "system-id": cloud.name,
        "hostname": cloud.name,  # Neutron binds ports by Nova's name of the host
        "ovn-remote": "tcp:127.0.0.1:6642",
        "ovn-encap-type": "geneve",
        "ovn-encap-ip": "127.0.0.1",
        "ovn-bridge-mappings": f"{PHYSICAL_NETWORK}:{EXTERNAL_BRIDGE}",
        "ovn-bridge-datapath-type": "netdev",
        "ovn-cms-options": "enable-chassis-as-gw",
    }
    switch = ["ovs-vsctl"]
    run(
        [
            *switch,
            "set",
            "open_vswitch",
            ".",
            *(f"external-ids:{key}={value}" for key, value in identity.items()),
        ]
    )
    for bridge in ("br-int", EXTERNAL_BRIDGE):
        run([*switch, "--may-exist", "add-br", bridge, "--", "set", "bridge", bridge, "datapath_type=netdev"])
    run([*switch, "set", "bridge", "br-int", "fail_mode=secure"])
    run(["ip", "address", "add", f"{cloud.floating_gateway}/24", "dev", EXTERNAL_BRIDGE])
    run(["ethtool", "--offload", EXTERNAL_BRIDGE, "tx", "off"])
    run(["ip", "link", "set", EXTERNAL_BRIDGE, "up"])
    Path("/proc/sys/net/ipv4/ip_forward").write_text("1")  # of this network namespace alone


if __name__ == "__main__":
    make_bridges(LabCloud(sys.argv[1], int(sys.argv[2])))
