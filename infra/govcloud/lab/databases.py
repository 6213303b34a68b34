"""The OpenStack databases, migrated once and kept as a MariaDB data directory that each cloud copies.

No address and no password is in them: MariaDB trusts root of its own socket, and Nova's cell mappings are
templates that are filled in from its configuration.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from govcloud.errors import ToolkitError
from govcloud.lab.builds import build_once, digest
from govcloud.lab.clouds import LabCloud
from govcloud.lab.commands import bound_to_us, run
from govcloud.lab.configuration import Secrets, render
from govcloud.lab.environment import environment, lock_digest
from govcloud.lab.layout import Layout

_NAMES = ("keystone", "placement", "glance", "neutron", "nova", "nova_api", "nova_cell0")
_CELL0 = "{scheme}://{username}@{hostname}/nova_cell0?{query}"
_CELL1 = "{scheme}://{username}@{hostname}/nova?{query}"
_BUS = "{scheme}://{username}:{password}@{hostname}:{port}/"


def migrated_databases() -> Path:
    """A data directory with every service's schema, to be copied; built on first use (about a minute)."""
    made_by = repr((_NAMES, server_command(Path("data"), Path("socket")), _migrations(Path("etc"))))
    key = digest(lock_digest(), made_by, run(["mariadbd", "--version"]))
    services = environment()
    return build_once("databases", key, lambda directory: _build(directory, services)) / "mysql"


def server_command(datadir: Path, socket: Path) -> list[str]:
    """MariaDB reached by its socket alone; a lab cloud forgoes surviving a crash of the machine for speed."""
    return [
        "mariadbd",
        "--no-defaults",
        "--user=root",
        f"--datadir={datadir}",
        f"--socket={socket}",
        "--skip-networking",
        "--skip-log-bin",
        "--performance-schema=OFF",
        "--max-connections=500",
        "--innodb-buffer-pool-size=256M",
        "--innodb-log-file-size=64M",
        "--innodb-flush-log-at-trx-commit=0",
        "--innodb-doublewrite=0",
        "--innodb-flush-method=nosync",
        "--character-set-server=utf8mb4",
    ]


def _build(directory: Path, services: Path) -> None:
    run(
        bound_to_us([sys.executable, "-m", "govcloud.lab.migrating", directory, services]),
        log=directory / "build.log",
        environment=os.environ | {"PATH": f"{services}/bin:{os.environ['PATH']}"},
    )


def migrate_all(directory: Path, services: Path) -> None:
    """Fill `directory` (empty) with the data directory `mysql`.

    For a process in namespaces that end with the build: what it starts leaves no trace.
    """
    layout = Layout(directory)
    for part in (layout.etc, layout.log, layout.database_socket.parent):
        part.mkdir()
    render(LabCloud("template", 99), layout, services, Secrets.random())
    datadir = directory / "mysql"
    account = ["--user=root", "--auth-root-authentication-method=socket"]
    run(["mariadb-install-db", "--no-defaults", f"--datadir={datadir}", "--skip-test-db", *account])
    with subprocess.Popen(server_command(datadir, layout.database_socket)) as server:
        _create(layout.database_socket)
        with ThreadPoolExecutor() as pool:
            list(pool.map(lambda commands: [run(command) for command in commands], _migrations(layout.etc)))
        server.terminate()
    for part in (layout.etc, layout.log, layout.database_socket.parent):
        shutil.rmtree(part)


def _create(socket: Path) -> None:
    client = ["mariadb", "--no-defaults", f"--socket={socket}", "--user=root", "--execute"]
    statements = "".join(f"create database {name} character set utf8mb4;" for name in _NAMES)
    give_up = time.monotonic() + 60
    while not socket.exists():
        if time.monotonic() > give_up:
            raise ToolkitError("MariaDB did not start within 60 s", "lab", "read build.log beside it")
        time.sleep(0.1)
    run([*client, statements])


def _migrations(etc: Path) -> list[list[list[str]]]:
    """Per service, the commands that bring its empty databases to the schema, in order."""

    def manage(command: str, *files: str) -> list[str]:
        return [command, *(word for file in files for word in ("--config-file", str(etc / file)))]

    nova = manage("nova-manage", "nova.conf")
    cell1 = ["--name", "cell1", "--database_connection", _CELL1, "--transport-url", _BUS]
    return [
        [[*manage("neutron-db-manage", "neutron.conf", "ml2_conf.ini"), "upgrade", "heads"]],
        [
            [*nova, "api_db", "sync"],
            [*nova, "cell_v2", "map_cell0", "--database_connection", _CELL0],
            [*nova, "db", "sync"],
            [*nova, "cell_v2", "create_cell", *cell1],
        ],
        [[*manage("keystone-manage", "keystone.conf"), "db_sync"]],
        [[*manage("glance-manage", "glance-api.conf"), "db_sync"]],
        [[*manage("placement-manage", "placement.conf"), "db", "sync"]],
    ]
