"""What runs in a cloud: every daemon and every once-only step, and what each waits for."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from govcloud.lab.clouds import LabCloud
from govcloud.lab.configuration import Secrets
from govcloud.lab.databases import server_command
from govcloud.lab.layout import Layout

_SCHEMAS = Path("/usr/share")
_SWITCH = "unix:/run/openvswitch/db.sock"
_NORTH = "unix:/run/ovn/ovnnb_db.sock"
_SOUTH = "unix:/run/ovn/ovnsb_db.sock"


@dataclass(frozen=True)
class Unit:
    """One process of a cloud.

    `after` names units that must be ready first. A `once` unit is ready when it has ended well, a daemon when
    something answers at `ready`: a Unix socket's path or a TCP address `host:port` (empty: once it runs).
    """

    name: str
    command: tuple[str, ...]
    after: tuple[str, ...] = ()
    ready: str = ""
    once: bool = False
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)


def units(cloud: LabCloud, layout: Layout, environment: Path, private: Secrets) -> tuple[Unit, ...]:
    """Every unit of the cloud."""
    return (
        *_stores(layout),
        *_switching(cloud, layout),
        *_identity(cloud, layout, environment, private),
        *_interfaces(cloud, layout, environment),
        *_workers(layout, environment),
        _ours("catalogue", cloud, "identity-bootstrap", "keystone", once=True),
        _ours("zones", cloud, "nova", "compute-running", "compute-simulated", once=True),
        _ours("links", cloud),
    )


def service_environment(layout: Layout, environment: Path) -> dict[str, str]:
    """The variables that every unit starts with: nothing of the caller's own."""
    etc = str(layout.etc)
    services = ("KEYSTONE", "PLACEMENT", "GLANCE", "NOVA", "NEUTRON")
    return {
        "PATH": f"{environment}/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "HOME": str(layout.root / "data"),
        # Not a mount over /tmp: the toolkit itself, or its cache, may live there.
        "TMPDIR": str(layout.root / "tmp"),
        "LANG": "C.UTF-8",
        "PYTHONDONTWRITEBYTECODE": "1",
        "OS_NEUTRON_CONFIG_FILES": "neutron.conf;ml2_conf.ini",
        **{f"OS_{service}_CONFIG_DIR": etc for service in services},
    }


def _stores(layout: Layout) -> tuple[Unit, ...]:
    rabbit = {
        "HOME": str(layout.data / "rabbitmq"),
        "RABBITMQ_NODENAME": "rabbit@localhost",
        "RABBITMQ_CONFIG_FILE": str(layout.etc / "rabbitmq.conf"),
        "RABBITMQ_MNESIA_BASE": str(layout.data / "rabbitmq"),
        "RABBITMQ_LOG_BASE": str(layout.log),
        "RABBITMQ_PID_FILE": str(layout.root / "run/rabbitmq.pid"),
        # Erlang's schedulers would otherwise spin while they wait, on processors that others need.
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 1:1 +sbwt none +sbwtdcpu none +sbwtdio none",
    }
    database = str(layout.database_socket)
    return (
        Unit("mariadb", tuple(server_command(layout.data / "mysql", layout.database_socket)), ready=database),
        Unit(
            "rabbitmq", ("/usr/lib/rabbitmq/bin/rabbitmq-server",), ready="127.0.0.1:5672", environment=rabbit
        ),
    )


def _switching(cloud: LabCloud, layout: Layout) -> tuple[Unit, ...]:
    def database(name: str, file: Path, socket: str, port: int) -> Unit:
        remotes = (f"--remote=p{socket}", f"--remote=ptcp:{port}:127.0.0.1")
        control = f"--unixctl={socket.removeprefix('unix:')}.ctl"
        return Unit(name, ("ovsdb-server", str(file), *remotes, control), ready=f"127.0.0.1:{port}")

    return (
        database("switch-database", layout.data / "openvswitch/conf.db", _SWITCH, 6640),
        database("northbound", layout.data / "ovn/northbound.db", _NORTH, 6641),
        database("southbound", layout.data / "ovn/southbound.db", _SOUTH, 6642),
        # Debian 12's can die of an assertion in its connection tracking: its monitor starts it again.
        Unit("switch", ("ovs-vswitchd", "--monitor", _SWITCH), after=("switch-database",)),
        # It computes everything anew at each change: giving way to Neutron, it takes many changes at once.
        Unit(
            "northd",
            ("nice", "-n", "10", "ovn-northd", f"--ovnnb-db={_NORTH}", f"--ovnsb-db={_SOUTH}"),
            after=("northbound", "southbound"),
        ),
        _ours("bridges", cloud, "switch", once=True),
        _ours("chassis", cloud, "southbound", "northd", once=True),
        Unit("controller", ("ovn-controller", _SWITCH), after=("bridges", "southbound")),
    )


def _identity(cloud: LabCloud, layout: Layout, environment: Path, private: Secrets) -> tuple[Unit, ...]:
    url = f"http://{cloud.address}:5000/v3"
    # In the environment and not among the arguments, which every user of the machine can read.
    variables = {
        "OS_BOOTSTRAP_PASSWORD": private.accounts["admin"],
        "OS_BOOTSTRAP_REGION_ID": "RegionOne",
        "OS_BOOTSTRAP_PUBLIC_URL": url,
        "OS_BOOTSTRAP_INTERNAL_URL": url,
        "OS_BOOTSTRAP_ADMIN_URL": url,
    }
    manage = (
        str(environment / "bin/keystone-manage"),
        "--config-file",
        str(layout.etc / "keystone.conf"),
        "bootstrap",
    )
    bootstrap = Unit("identity-bootstrap", manage, after=("mariadb",), once=True, environment=variables)
    keystone = _interface("keystone", cloud.address, 5000, "keystone.wsgi.api", environment, "mariadb")
    return bootstrap, keystone


def _interfaces(cloud: LabCloud, layout: Layout, environment: Path) -> tuple[Unit, ...]:
    def interface(name: str, port: int, module: str, *after: str, address: str = cloud.address) -> Unit:
        return _interface(name, address, port, module, environment, "mariadb", *after)

    switching = ("mariadb", "northbound", "southbound", "northd")
    return (
        interface("placement", 8778, "placement.wsgi.api"),
        interface("glance", 9292, "glance.wsgi.api"),
        # Neutron is what an apply waits for: a second process took 94 s where one took 151 s (two cores).
        _interface(
            "neutron",
            cloud.address,
            9696,
            "neutron_api",
            environment,
            *switching,
            more=("--processes=2", f"--pythonpath={layout.etc}"),
        ),
        interface("nova", 8774, "nova.wsgi.osapi_compute", "rabbitmq"),
        interface("nova-metadata", 8775, "nova.wsgi.metadata", "rabbitmq", address="127.0.0.1"),
    )


def _interface(
    name: str,
    address: str,
    port: int,
    module: str,
    environment: Path,
    *after: str,
    more: tuple[str, ...] = ("--processes=1",),
) -> Unit:
    """An OpenStack API under uWSGI.

    Without `Connection: close` a client's second request on a connection is reset.
    """
    words = (
        str(environment / "bin/uwsgi"),
        "--master",
        "--die-on-term",
        f"--http-socket={address}:{port}",
        f"--module={module}:application",
        *more,
        "--threads=4",
        "--enable-threads",
        "--lazy-apps",
        "--need-app",
        "--add-header=Connection: close",
        "--buffer-size=65535",
        "--listen=1024",
        f"--virtualenv={environment}",
        "--disable-logging",
    )
    return Unit(name, words, after=after, ready=f"{address}:{port}")


def _workers(layout: Layout, environment: Path) -> tuple[Unit, ...]:
    def worker(name: str, program: str, file: str, *after: str) -> Unit:
        words = (str(environment / "bin" / program), "--config-file", str(layout.etc / file))
        return Unit(name, words, after=after)

    nova = ("mariadb", "rabbitmq")
    compute = ("catalogue", "placement", "rabbitmq", "glance", "neutron")
    return (
        Unit("libvirt-log", ("virtlogd",), ready="/run/libvirt/virtlogd-sock"),
        Unit("libvirt", ("libvirtd",), after=("libvirt-log",), ready="/run/libvirt/libvirt-sock"),
        worker("conductor", "nova-conductor", "nova.conf", *nova),
        worker("scheduler", "nova-scheduler", "nova.conf", *nova),
        worker("compute-running", "nova-compute", "nova.conf", *compute, "libvirt", "bridges", "conductor"),
        worker("compute-simulated", "nova-compute", "nova-simulated.conf", *compute, "conductor"),
        worker("metadata", "neutron-ovn-metadata-agent", "metadata.ini", "controller", "chassis"),
    )


def _ours(name: str, cloud: LabCloud, *after: str, once: bool = False) -> Unit:
    words = (sys.executable, "-m", f"govcloud.lab.{name}", cloud.plane, str(cloud.index))
    return Unit(name, words, after=after, once=once)
