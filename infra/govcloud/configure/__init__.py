"""Configures machines: Ansible's inventory from the topology, runs through the bastion, and verifiers."""

from govcloud.configure.access import Access, ssh_config
from govcloud.configure.admission import admitted
from govcloud.configure.databases import Database, databases
from govcloud.configure.expectations import expected
from govcloud.configure.hostkeys import HostKeys, known_hosts, parse_console, recorded, trust, trusted
from govcloud.configure.inventory import inventory
from govcloud.configure.preparing import Prepared, prepare
from govcloud.configure.rolefiles import roles_directory
from govcloud.configure.running import MachineRun, PlaneRun, run
from govcloud.configure.verifying import Finding, verify

__all__ = [
    "Access",
    "Database",
    "Finding",
    "HostKeys",
    "MachineRun",
    "PlaneRun",
    "Prepared",
    "admitted",
    "databases",
    "expected",
    "inventory",
    "known_hosts",
    "parse_console",
    "prepare",
    "recorded",
    "roles_directory",
    "run",
    "ssh_config",
    "trust",
    "trusted",
    "verify",
]
