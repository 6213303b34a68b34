"""What a department's server holds: a database, an application, its attachments, and its site."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any

from govcloud.configure.authority import Authority
from govcloud.migrations.remote import Host
from govcloud.topology.moving import Engine

PORTS: dict[Engine, tuple[str, str]] = {"postgresql": ("5432", "8010"), "mariadb": ("3306", "8011")}
"""Where the database is reached, and the application: two may come to lie on one machine."""
_PUBLIC = "-----BEGIN CERTIFICATE-----"


@dataclass(frozen=True)
class Department:
    """One department's system. `account` names its database, its service and its directories, too."""

    account: str
    title: str
    domain: str
    engine: Engine = "postgresql"
    attachments: int = 200
    size: int = 96 * 1024
    """Bytes of each attachment: in all enough to go from host to host, where the way is open."""

    @property
    def tree(self) -> str:
        """Where its attachments lie."""
        return f"/srv/{self.account}/attachments"

    def wishes(self, certificate: str, password: str) -> dict[str, Any]:
        """What the script on the server is to set up; `certificate` is key and certificate in one."""
        place = f"/srv/{self.account}/application"
        words = {
            "account": self.account,
            "database": self.account,
            "title": self.title,
            "domain": self.domain,
            "attachments": self.tree,
            "place": place,
            "password": password,
            "port": PORTS[self.engine][0],
            "listens": PORTS[self.engine][1],
        }
        laid = [
            (f"{place}/application.py", _text("application.py"), "644"),
            (f"{place}/register.py", _text(f"register_{self.engine}.py"), "644"),
            (f"/etc/{self.account}/settings", _filled("settings", words), "600"),
            (f"/etc/systemd/system/{self.account}.service", _filled("application.service", words), "644"),
            (f"/etc/nginx/sites-enabled/{self.domain}", _filled("site.conf", words), "644"),
            (f"/etc/ssl/{self.domain}.pem", certificate[certificate.index(_PUBLIC) :], "644"),
            (f"/etc/ssl/private/{self.domain}.key", certificate, "600"),
        ]
        return {
            "account": self.account,
            "database": self.account,
            "password": password,
            "engine": self.engine,
            "schema": _text(f"schema_{self.engine}.sql"),
            "files": laid,
            "attachments": self.tree,
            "count": self.attachments,
            "size": self.size,
        }


def furnish(host: Host, department: Department, directory: Path) -> None:
    """Set the server up, entered as one who may become root; `directory` keeps the department's authority."""
    authority = Authority(directory / "authority", f"{department.title} CA")
    certificate = authority.vouch(department.account, [department.domain], [])
    # With the authority behind it, as a server that is to be verified sends it.
    proof = certificate.read_text(encoding="ascii") + authority.file.read_text(encoding="ascii")
    wishes = department.wishes(proof, secrets.token_urlsafe(18))
    host.python(_text("install.py"), wishes)


def _text(name: str) -> str:
    return files("govcloud.demo.department").joinpath(name).read_text(encoding="utf-8")


def _filled(name: str, words: dict[str, str]) -> str:
    return Template(_text(name)).substitute(words)
