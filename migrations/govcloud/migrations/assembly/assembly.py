"""The movers of one move, between hosts that are entered when they are needed and left at the end."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from govcloud.migrations.assembly.placing import (
    DatabasePlace,
    FilesPlace,
    MachinePlace,
    Place,
    WebPlace,
    opened,
    places,
)
from govcloud.migrations.assembly.servers import (
    MariadbServer,
    MariadbSide,
    PostgresqlServer,
    PostgresqlSide,
    joined,
    reached,
)
from govcloud.migrations.files import FilesMover
from govcloud.migrations.files import Place as Tree
from govcloud.migrations.machines import Container, LiveHost, MachineMover
from govcloud.migrations.mariadb import Comers, MariadbMover
from govcloud.migrations.moves import Mover
from govcloud.migrations.pace import Pace
from govcloud.migrations.postgresql import PostgresqlMover
from govcloud.migrations.remote import Host, Login
from govcloud.migrations.sites import SitePlace, SitesMover
from govcloud.progress import Progress
from govcloud.topology import Machine, PlaneTopology
from govcloud.topology.moving import Move, MovedDatabase

_P = TypeVar("_P", bound=Place)
MARIADB_PORT = 3306
CLONE, NIGHT = "clone", "night"
"""What a rehearsal copies the system to, and what it cuts that over to."""


def _legacy(moved: MovedDatabase) -> PostgresqlServer:
    return PostgresqlServer(port=moved.port) if moved.port else PostgresqlServer()


def _shared(machine: Machine) -> PostgresqlServer:
    return PostgresqlServer(address=str(machine.address))


@dataclass(frozen=True)
class Ways:
    """How the host of today is entered, and a machine of the platform; where the servers are on either."""

    host: Login
    machine: Callable[[Machine], Login]
    legacy: Callable[[MovedDatabase], PostgresqlServer] = _legacy
    shared: Callable[[Machine], PostgresqlServer] = _shared
    mariadb: tuple[MariadbServer, MariadbServer] = (MariadbServer(), MariadbServer())
    """On the host of today, and on the platform."""
    ports: tuple[int, ...] = ()
    """At which the platform's machines may come to the host of today."""


@dataclass
class Assembly:
    """One move's movers. `directory` is the move's own; what is entered is left when `stack` is closed."""

    plane: PlaneTopology
    move: Move
    ways: Ways
    directory: Path
    progress: Progress
    stack: ExitStack
    _hosts: dict[tuple[str, str], Host] = field(default_factory=dict)

    @property
    def places(self) -> tuple[Place, ...]:
        """Where each part comes to lie."""
        return places(self.plane, self.move)

    def pinned(self) -> dict[str, object]:
        """What the move is about, and may not change once it has begun."""
        return {
            "host": self.ways.host.label,
            "address": self.ways.host.address,
            "parts": [list(place.text) for place in self.places],
            "without": {one.path: list(one.without) for one in self.move.files},
        }

    def movers(self) -> tuple[Mover, ...]:
        """From the host of today to the platform."""
        return tuple(self._mover(place, self.move.id, self.directory) for place in self.places)

    def clones(self) -> tuple[Mover, ...]:
        """From the host of today to the copy that a rehearsal cuts over."""
        directory = self.directory / CLONE
        return tuple(
            self._mover(place.aside(CLONE), f"{self.move.id}-{CLONE}", directory) for place in self.places
        )

    def nights(self) -> tuple[Mover, ...]:
        """From that copy to a second one: what a rehearsal's night moves."""
        directory, name = self.directory / NIGHT, f"{self.move.id}-{NIGHT}"
        return tuple(
            self._mover(place.aside(NIGHT), name, directory, place.aside(CLONE)) for place in self.places
        )

    def _mover(self, place: Place, name: str, directory: Path, source: Place | None = None) -> Mover:
        if isinstance(place, DatabasePlace):
            return self._database(place, name, directory, source)
        if isinstance(place, WebPlace):
            return self._site(place, directory)
        if isinstance(place, MachinePlace):
            return self._whole(place, directory, source)
        return self._files(place, directory, source)

    def _database(self, place: DatabasePlace, name: str, directory: Path, source: Place | None) -> Mover:
        clone = source if isinstance(source, DatabasePlace) else None
        make = self._postgresql if place.moved.engine == "postgresql" else self._mariadb
        return make(place, name, directory / place.moved.name, clone)

    def _postgresql(
        self, place: DatabasePlace, name: str, directory: Path, clone: DatabasePlace | None
    ) -> Mover:
        if clone is None:
            server = self.ways.legacy(place.moved)
            theirs = PostgresqlSide(self._today, server, place.moved.name)
        else:
            theirs = PostgresqlSide(self._on(clone), self.ways.shared(clone.machine), clone.name)
        ours = PostgresqlSide(self._on(place), self.ways.shared(place.machine), place.name)
        reading, writing = self.stack.enter_context(joined(theirs, ours))
        return PostgresqlMover(reading, writing, name, directory, self._pace, self.progress)

    def _mariadb(
        self, place: DatabasePlace, name: str, directory: Path, clone: DatabasePlace | None
    ) -> Mover:
        there, here = self.ways.mariadb
        if clone is None:
            theirs = MariadbSide(self._today, there, place.moved.name)
        else:
            theirs = MariadbSide(self._on(clone), here, clone.name)
        reading = self.stack.enter_context(reached(theirs))
        writing = self.stack.enter_context(reached(MariadbSide(self._on(place), here, place.name)))
        machines = {one.machine for one in self.places if isinstance(one, WebPlace)}
        comers = Comers(place.moved.accounts, tuple(sorted(str(one.address) for one in machines)))
        made = MariadbMover(reading, writing, name, directory, self._pace, self.progress, comers)
        return replace(made, given=place.of == CLONE)

    @property
    def _today(self) -> Host:
        return self._host(self.ways.host, "databases")

    def _on(self, place: DatabasePlace) -> Host:
        return self._host(self.ways.machine(place.machine), "databases")

    def _files(self, place: FilesPlace, directory: Path, source: Place | None) -> Mover:
        there = self._host(self.ways.host, "files")
        here = self._host(self.ways.machine(place.machine), "files")
        theirs = Tree(there, os.fsencode(place.moved.path.rstrip("/")), ports=self.ways.ports)
        if isinstance(source, FilesPlace):
            theirs = Tree(here, os.fsencode(source.path))
        kept = directory / f"files{place.path.replace('/', '-')}"
        ours = Tree(here, os.fsencode(place.path))
        return FilesMover(theirs, ours, kept, place.moved.without, self._pace, self.progress)

    def _site(self, place: WebPlace, directory: Path) -> Mover:
        there = self._host(self.ways.host, "files")
        here = self._host(self.ways.machine(place.machine), "files")
        address = str(place.machine.floating or place.machine.address)
        kept = directory / f"site-{place.moved.domain}"
        lies = SitePlace(
            place.moved,
            place.machine.id,
            place.name,
            self.move.system,
            place.root,
            address,
            {one.moved.path.rstrip("/"): one.path for one in self._beside(place, FilesPlace)},
            self._words(place),
            served=not place.of,
        )
        return SitesMover(there, here, lies, kept)

    def _whole(self, place: MachinePlace, directory: Path, source: Place | None) -> Mover:
        here = self._host(self.ways.machine(place.machine), "files")
        today = LiveHost(self._host(self.ways.host, "files"), self.ways.ports)
        old = Container(here, source.name, alone=True) if isinstance(source, MachinePlace) else today
        new = Container(here, place.name, alone=bool(place.of))
        return MachineMover(
            old.place,
            new.place,
            directory / "machine",
            today.look["patterns"],
            self._pace,
            self.progress,
            old,
            new,
            str(place.machine.floating or place.machine.address),
            opened(self.plane, place.machine),
        )

    def _beside(self, place: WebPlace, kind: type[_P]) -> list[_P]:
        """The parts of a kind that move beside a site; in a rehearsal, their copies."""
        found = [one.aside(place.of) if place.of else one for one in self.places]
        return [one for one in found if isinstance(one, kind)]

    def _words(self, place: WebPlace) -> dict[str, str]:
        """What rewrites may say: of the one database, or of each by its name at the host."""
        bases = self._beside(place, DatabasePlace)
        words = {"system": place.root}
        for base in bases:
            address, port = self._reached(base)
            said = {"host": address, "port": str(port), "name": base.name}
            for prefix in ("database", base.moved.name) if len(bases) == 1 else (base.moved.name,):
                words |= {f"{prefix}.{key}": value for key, value in said.items()}
        return words

    def _reached(self, base: DatabasePlace) -> tuple[str, int]:
        """Address and port at which a database's applications find it on the platform."""
        if base.moved.engine == "mariadb":
            return str(base.machine.address), MARIADB_PORT
        server = self.ways.shared(base.machine)
        return server.address, server.port

    def _host(self, login: Login, purpose: str) -> Host:
        """Entered once for each purpose: a server lets a connection open ten sessions at most."""
        key = (login.label, purpose)
        if key not in self._hosts:
            self._hosts[key] = self.stack.enter_context(Host(login))
        return self._hosts[key]

    @cached_property
    def _pace(self) -> Pace:
        """One allowance for all parts."""
        return Pace(self.plane.declaration.migration.bytes_per_second)


@contextmanager
def assembled(
    plane: PlaneTopology, move: Move, ways: Ways, directory: Path, progress: Progress
) -> Iterator[Assembly]:
    """A move's parts, put together for as long as the context lasts."""
    with ExitStack() as stack:
        yield Assembly(plane, move, ways, directory, progress, stack)
