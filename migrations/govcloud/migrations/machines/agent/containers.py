"""A root that runs on a server of the platform: a container of its own, which shares the server's network."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import time

from govcloud.migrations.machines.agent.units import put, said

ROOTS = "/var/lib/machines"
SETTINGS = "/etc/systemd/nspawn"
PLATFORM_DOES = (
    "ssh.service ssh.socket sshd.service sshd.socket dropbear.service networking.service NetworkManager.service"
    " systemd-networkd.service systemd-networkd.socket systemd-resolved.service nftables.service"
    " iptables.service ip6tables.service firewalld.service ufw.service chrony.service chronyd.service"
    " ntp.service ntpd.service ntpsec.service systemd-timesyncd.service cloud-init.service"
    " cloud-init-local.service cloud-config.service cloud-final.service qemu-guest-agent.service"
    " open-vm-tools.service smartd.service mdmonitor.service systemd-remount-fs.service"
)
"""Its network, clock, firewall, disks and way in are the server's."""


def laid(alone: bool) -> str:
    """How systemd runs it; `alone` has no network: a copy talks to nobody."""
    lines = ["[Exec]", "Boot=yes", "NotifyReady=yes", "PrivateUsers=no", "ResolvConf=bind-host"]
    lines += ["Timezone=off", "LinkJournal=no"]
    lines += ["Parameters=" + " ".join("systemd.mask=" + unit for unit in PLATFORM_DOES.split())]
    lines += ["[Network]", "VirtualEthernet=no"] + (["Private=yes"] if alone else [])
    return "\n".join(lines) + "\n"


def unit(name: str) -> str:
    """What systemd calls it."""
    return "systemd-nspawn@%s.service" % name


def make(name: str, alone: bool) -> None:
    """Have room for its root, and settings by which it would run; it does not."""
    os.makedirs(os.path.join(ROOTS, name), 0o755, exist_ok=True)
    put("%s/%s.nspawn" % (SETTINGS, name), laid(alone), 0o644)


def start(name: str, seconds: float) -> str:
    """Run it, at every start of the server too; what systemd says of it once it has started, or in time has not."""
    said("systemctl", "enable", "--quiet", unit(name))
    said("systemctl", "start", "--no-block", unit(name))
    until = time.monotonic() + seconds
    while True:
        state = shown(name)
        if state in ("active", "failed") or time.monotonic() > until:
            return state
        time.sleep(0.1)


def shown(name: str) -> str:
    """What systemd says of it: `active` once all in it has started."""
    return said("systemctl", "show", "--value", "--property=ActiveState", unit(name)).strip()


def stop(name: str) -> None:
    """End it as a machine is shut down, for good."""
    said("systemctl", "disable", "--quiet", unit(name))
    said("systemctl", "stop", unit(name))
    subprocess.run(["systemctl", "reset-failed", "--", unit(name)], stderr=subprocess.DEVNULL)


def remove(name: str) -> None:
    """Take it away, its root included."""
    if os.path.exists("%s/%s.nspawn" % (SETTINGS, name)):
        stop(name)
        os.unlink("%s/%s.nspawn" % (SETTINGS, name))
    with contextlib.suppress(FileNotFoundError):
        shutil.rmtree(os.path.join(ROOTS, name))
