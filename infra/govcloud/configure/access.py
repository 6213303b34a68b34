"""The way to one plane's machines: SSH by the operator's key, through its bastion, host keys verified."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from govcloud.errors import ToolkitError
from govcloud.local import private_directory, quoted, write_private
from govcloud.topology import Machine, PlaneTopology

LOGIN = "debian"
"""The account that the cloud's images give the operator's key to."""
BASTION = "bastion"
"""The role by which a machine is its plane's way in."""


@dataclass(frozen=True)
class Access:
    """How one plane's machines are reached; `directory` is the plane's own, `key` the private key."""

    site: str
    plane: PlaneTopology
    directory: Path
    key: Path

    @property
    def known_hosts(self) -> Path:
        """The host keys that the plane's cloud reported."""
        return private_directory(self.directory.absolute() / "ssh") / "known_hosts"

    @property
    def config(self) -> Path:
        """OpenSSH's settings for this plane, the jump through the bastion included."""
        return private_directory(self.directory.absolute() / "ssh") / "config"

    @cached_property
    def running(self) -> tuple[Machine, ...]:
        """The machines that really run: the others are simulated, and nothing is configured on them."""
        return tuple(machine for machine in self.plane.machines if machine.runs)

    @cached_property
    def bastion(self) -> Machine:
        """The plane's way in."""
        found = [machine for machine in self.running if BASTION in machine.configure and machine.floating]
        if len(found) != 1:
            raise ToolkitError(
                f"it has {len(found)} running bastions with a floating address, and must have one",
                f"plane {self.plane.id}",
                f"declare one machine with `configure: [base, {BASTION}]` and a `floating` address",
            )
        return found[0]

    def machine(self, name: str) -> Machine:
        """The running machine of that name."""
        found = self.plane.machine.get(name)
        if found is None:
            names = ", ".join(machine.id for machine in self.running)
            raise ToolkitError(
                f"there is no machine {name}", f"plane {self.plane.id}", f"name one of {names}"
            )
        if not found.runs:
            raise ToolkitError(
                f"{name} is simulated: it stands in the cloud's API, and nothing runs in it",
                f"plane {self.plane.id}",
                "give it a `placement` whose machines run, then plan and apply",
            )
        return found

    def address(self, machine: Machine) -> str:
        """Where SSH connects to: the bastion's floating address, any other machine's planned one."""
        return str(machine.floating if machine.id == self.bastion.id else machine.address)

    def options(self, machine: Machine) -> list[str]:
        """What `ssh` is told so that it reaches the machine, and nothing but the machine."""
        jump = [] if machine.id == self.bastion.id else ["-J", self.bastion.id]
        return ["-F", str(self.config), *jump]

    def command(self, machine: Machine, words: tuple[str, ...] = ()) -> list[str]:
        """The argument list that logs in, or has the login's shell run `words`, joined as OpenSSH does."""
        return ["ssh", *self.options(machine), "--", machine.id, *words]

    def write_config(self) -> None:
        """Write OpenSSH's settings; a jump host inherits the file, so they hold on both legs."""
        write_private(self.config, ssh_config(self))


def ssh_config(access: Access) -> str:
    """OpenSSH's settings of one plane. No option of the person's own configuration is read beside them."""
    known = quoted(access.known_hosts)
    everywhere = {
        "User": LOGIN,
        "IdentityFile": quoted(access.key),
        "IdentitiesOnly": "yes",
        "UserKnownHostsFile": known,
        "GlobalKnownHostsFile": "/dev/null",
        "StrictHostKeyChecking": "yes",
        "UpdateHostKeys": "no",
        "PreferredAuthentications": "publickey",
        "ForwardAgent": "no",
        "ConnectTimeout": "15",
        "ServerAliveInterval": "15",
    }
    lines = []
    for machine in access.running:
        lines += [f"Host {machine.id}", f"  HostName {access.address(machine)}"]
    lines += ["Host *", *(f"  {name} {value}" for name, value in everywhere.items())]
    return "\n".join(lines) + "\n"
