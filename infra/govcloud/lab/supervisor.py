"""`python -m govcloud.lab.supervisor PLANE INDEX`: start a cloud's units in order and tell how they do."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

from govcloud.lab.clouds import LabCloud
from govcloud.lab.configuration import Secrets
from govcloud.lab.layout import Layout
from govcloud.lab.units import Unit, service_environment, units

_TICK_SECONDS = 0.1
_ENOUGH_SECONDS = 0.5


class Supervisor:
    """The units of one cloud and the state of each: `waiting`, `starting`, `ready`, or `failed`.

    `state` is rewritten whole at each change: a mapping from unit to state, in the order of the units.
    """

    def __init__(
        self, cloud_units: tuple[Unit, ...], variables: dict[str, str], log: Path, state: Path
    ) -> None:
        self._units = {unit.name: unit for unit in cloud_units}
        self._variables = variables
        self._log = log
        self._file = state
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self.states = dict.fromkeys(self._units, "waiting")

    def run(self) -> None:
        """Look after the units for as long as the cloud stands."""
        self.tell()
        while True:
            before = dict(self.states)
            self.turn()
            if self.states != before:
                self.tell()
            time.sleep(_TICK_SECONDS)

    def turn(self) -> None:
        """Move every unit on by what has happened since the last turn."""
        for name, unit in self._units.items():
            match self.states[name]:
                case "waiting" if all(self.states[other] == "ready" for other in unit.after):
                    self._start(unit)
                case "starting" | "ready" if not (unit.once and self.states[name] == "ready"):
                    self.states[name] = self._judge(unit)

    def end(self) -> None:
        """Kill every unit that runs (a cloud does not need it: it ends with its first process)."""
        for process in self._running.values():
            process.kill()
            process.wait()

    def _start(self, unit: Unit) -> None:
        self.states[unit.name] = "starting"
        with (self._log / f"{unit.name}.log").open("ab") as log:
            try:
                self._running[unit.name] = subprocess.Popen(
                    unit.command,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    env=self._variables | dict(unit.environment),
                    cwd="/",
                )
            except OSError as error:
                log.write(f"{error}\n".encode())
                self.states[unit.name] = "failed"

    def _judge(self, unit: Unit) -> str:
        code = self._running[unit.name].poll()
        if unit.once:
            return "starting" if code is None else "ready" if code == 0 else "failed"
        if code is not None:
            return "failed"
        return "ready" if self.states[unit.name] == "ready" or answers(unit.ready) else "starting"

    def tell(self) -> None:
        """Write the state file."""
        aside = self._file.with_suffix(".partial")
        aside.write_text(json.dumps(self.states))
        aside.rename(self._file)


def answers(place: str) -> bool:
    """Whether something listens at `place`: a Unix socket's path, `host:port`, or nothing asked."""
    if not place:
        return True
    family, address = (
        (socket.AF_UNIX, place) if place.startswith("/") else (socket.AF_INET, _host_and_port(place))
    )
    with socket.socket(family) as probe:
        probe.settimeout(_ENOUGH_SECONDS)
        return probe.connect_ex(address) == 0


def _host_and_port(place: str) -> tuple[str, int]:
    host, _, port = place.rpartition(":")
    return host, int(port)


def main(plane: str, index: int) -> None:
    """Supervise the cloud that `up` has prepared."""
    cloud = LabCloud(plane, index)
    layout = Layout.of(cloud)
    environment = Path(json.loads(layout.description.read_text())["environment"])
    private = Secrets.load(layout.secrets)
    os.umask(0o077)
    wanted = units(cloud, layout, environment, private)
    Supervisor(wanted, service_environment(layout, environment), layout.log, layout.state).run()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
