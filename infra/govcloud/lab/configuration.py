"""The configuration files of one cloud, rendered from `templates/`, and the passwords in them."""

from __future__ import annotations

import base64
import json
import secrets
from dataclasses import asdict, dataclass
from importlib import resources
from pathlib import Path
from string import Template

from govcloud.lab.clouds import LabCloud
from govcloud.lab.layout import Layout

SERVICE_USERS = ("glance", "neutron", "nova", "placement")
_FERNET_KEY_BYTES = 32


@dataclass(frozen=True)
class Secrets:
    """The passwords of one cloud: `accounts` by user name, and what the services share among themselves."""

    accounts: dict[str, str]
    rabbit: str
    metadata: str

    @classmethod
    def random(cls) -> Secrets:
        """New ones."""
        accounts = {name: secrets.token_urlsafe(24) for name in ("admin", *SERVICE_USERS)}
        return cls(accounts, secrets.token_urlsafe(24), secrets.token_urlsafe(24))

    @classmethod
    def load(cls, file: Path) -> Secrets:
        """Those that `save` wrote."""
        return cls(**json.loads(file.read_text()))

    def save(self, file: Path) -> None:
        """Write them for this machine's root alone."""
        write_private(file, json.dumps(asdict(self)))


def write_private(file: Path, text: str) -> None:
    """Write a file that only its owner reads, never for a moment otherwise."""
    file.unlink(missing_ok=True)
    file.touch(mode=0o600)
    file.write_text(text)


def render(cloud: LabCloud, layout: Layout, environment: Path, private: Secrets) -> None:
    """Write every configuration file of the cloud into `layout.etc`."""
    values = {
        "root": str(layout.root),
        "environment": str(environment),
        "socket": str(layout.database_socket),
        "rabbit_password": private.rabbit,
        "metadata_secret": private.metadata,
        "privsep": f"{environment}/bin/privsep-helper --config-file {layout.etc}",
    }
    values |= {f"{name}_account": _account(cloud, name, private) for name in SERVICE_USERS}
    running = {"host": cloud.name, "driver": "libvirt.LibvirtDriver", "state": "nova"}
    simulated = {"host": cloud.simulated_host, "driver": "fake.FakeDriver", "state": "nova-simulated"}
    for template in sorted(
        (resources.files("govcloud.lab") / "templates").iterdir(), key=lambda item: item.name
    ):
        _fill(layout.etc / template.name, template.read_text(), values | running)
        if template.name == "nova.conf":
            _fill(layout.etc / "nova-simulated.conf", template.read_text(), values | simulated)


def write_keys(layout: Layout) -> None:
    """Make Keystone's token and credential keys: 1 signs, 0 is the next."""
    for repository in ("fernet", "credential"):
        directory = layout.root / "keys" / repository
        directory.mkdir(parents=True, mode=0o700)
        for number in ("0", "1"):
            key = base64.urlsafe_b64encode(secrets.token_bytes(_FERNET_KEY_BYTES))
            write_private(directory / number, key.decode())


def _fill(file: Path, text: str, values: dict[str, str]) -> None:
    write_private(file, Template(text).substitute(values))


def _account(cloud: LabCloud, name: str, private: Secrets) -> str:
    lines = {
        "auth_type": "password",
        "auth_url": f"http://{cloud.address}:5000/v3",
        "www_authenticate_uri": f"http://{cloud.address}:5000",
        "username": name,
        "password": private.accounts[name],
        "project_name": "service",
        "user_domain_name": "Default",
        "project_domain_name": "Default",
    }
    return "\n".join(f"{key} = {value}" for key, value in lines.items())
