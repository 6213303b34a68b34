"""Moves one web site, as parts of a night know it: laid down at first, served from the release on."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from govcloud.errors import ToolkitError
from govcloud.migrations.findings import Finding
from govcloud.migrations.night import Deadline
from govcloud.migrations.planning import Load
from govcloud.migrations.remote import Host
from govcloud.migrations.sites import examining
from govcloud.migrations.sites.agent import Agent
from govcloud.migrations.sites.keeping import Notes, compared, lay
from govcloud.migrations.sites.laying import (
    HELD,
    Taken,
    laid_for,
    rewriting_for,
    settings_for,
    settings_of,
)
from govcloud.migrations.sites.nginx import Directive, Site
from govcloud.migrations.sites.place import SitePlace
from govcloud.migrations.sites.standing_in import keeping_off, leading_on
from govcloud.migrations.steps import Done, Facts, Step

COMES_BACK = 60
"""Seconds after which people are told to ask again, while a site stands still."""
PAUSE = 0.1


@dataclass
class SitesMover:
    """Moves the site of `source` to `place` on `target`; `directory` keeps digests of what was laid down."""

    source: Host
    target: Host
    place: SitePlace
    directory: Path

    @property
    def name(self) -> str:
        """What people call it."""
        return f"site {self.place.moved.domain}"

    @cached_property
    def _there(self) -> Agent:
        return Agent(self.source)

    @cached_property
    def _here(self) -> Agent:
        return Agent(self.target)

    # -- before --------------------------------------------------------------------------------

    def examine(self) -> Sequence[Finding]:
        """What its settings, certificates and service ask for, and the platform has not."""
        site = self._there.site(self.place.moved.domain)
        files = self._there.read([*site.companions, *self.place.moved.configuration])
        whole = Taken(site, {path: held for path, held in files.items() if held is not None}, None)
        rewriting = rewriting_for(self.place, whole)
        found = [
            *examining.of_servers(site, self.place, rewriting),
            *examining.of_certificates(site, files, datetime.now(UTC)),
            *examining.of_files(files),
        ]
        if self.place.moved.unit is not None:
            facts = self._there.unit(self.place.moved.unit)
            found += examining.of_unit(facts, self.place, self._here)
            whole = Taken(site, whole.files, facts)
        found += examining.of_rewrites(whole.texts, rewriting)
        if site.servers:
            found += examining.of_platform(whole, self.place, rewriting, self._here)
        return tuple(found)

    def shape(self) -> Facts:
        """Its settings and service, as they are to be on the platform; never certificates or passwords."""
        taken = self._taken()
        settings = settings_for(taken.site, self.place.name, rewriting_for(self.place, taken))
        unit = "" if taken.unit is None else taken.unit["text"]
        return {
            "domain": self.place.moved.domain,
            "settings": hashlib.sha256(settings.encode()).hexdigest(),
            "service": hashlib.sha256(unit.encode("utf-8", "surrogateescape")).hexdigest(),
            "files": sorted(taken.files),
        }

    def load(self) -> Load:
        """Little: some files of settings. What it serves moves as files."""
        texts = self._taken().texts
        return Load(data=sum(len(text) for text in texts.values()), changes=0.0, objects=len(texts))

    def prepare(self) -> None:
        """Have its account, which the files of the system belong to."""
        account = self._taken().account
        if account is None:
            return
        whose = self._here.do("account", name=account, mark=self.place.mark)["whose"]
        if whose != self.place.mark:
            raise ToolkitError(
                f"account {account} is another's: {whose or 'it says nothing'}",
                self.target.login.where,
                "have the service run as an account that bears the system's name",
            )

    def steps(self) -> Sequence[Step]:
        """Laid down, and not served yet."""
        return (Step("laid down", self._laid_down),)

    def _laid_down(self, _: Done) -> Facts:
        return lay(self._there, self._here, self.place, self._notes)

    def resume(self) -> None:
        """Nothing: each step enters both hosts by itself."""

    def pause(self) -> None:
        """Nothing streams."""

    def lag(self) -> int:
        """Nothing streams: settings are read again at the stop."""
        return 0

    # -- the night -----------------------------------------------------------------------------

    def drain(self, deadline: Deadline) -> Facts:
        """Lay it down as it is now; then people are asked to come back, and its service ends."""
        if not self.place.served:
            return lay(self._there, self._here, self.place, self._notes)
        facts: Facts = {}
        if not self._there.stands_in(self.place.name):
            facts = lay(self._there, self._here, self.place, self._notes)
            self._notes.write("was", self._there.standing(self.place.moved))
            deadline.demand(f"laying down {self.name}")
        self._stand_in(lambda site: keeping_off(site, COMES_BACK))
        self._unit_there("stop")
        return facts

    def fence(self, deadline: Deadline) -> Facts:
        """Its service does not come back by itself, whatever starts the host anew."""
        if self._was.get("enabled"):
            self._unit_there("disable")
        return {}

    def catch_up(self, deadline: Deadline) -> Facts:
        """Nothing: it was laid down at the stop."""
        return {}

    def verify(self, deadline: Deadline) -> Facts:
        """It lies there as it was laid down; at its host nobody has changed it, and nothing serves it."""
        found = compared(self._there, self._here, self.place, self._notes)
        unit = self.place.moved.unit
        if self.place.served and unit is not None and self._there.unit(unit)["ActiveState"] == "active":
            found["differences"].append(f"{unit} was started again at its host")
        if found["differences"]:
            raise ToolkitError(
                f"both sides differ: {'; '.join(found['differences'])}", self.name, "cut over again"
            )
        return found

    def arm(self, deadline: Deadline) -> Facts:
        """Nothing: what people write lies in databases and files."""
        return {}

    def switch(self, deadline: Deadline) -> Facts:
        """Whoever still comes to the old host is led on."""
        if self.place.served:
            self._stand_in(lambda site: leading_on(site, self.place.address))
        return {"leads on to": self.place.address}

    def release(self, deadline: Deadline) -> Facts:
        """Serve it: its service starts, nginx reads its settings, and it answers."""
        name = self.place.name
        if not self.place.served:
            return {}
        self._here.do("show", settings=settings_of(name), held=settings_of(name) + HELD)
        if self.place.moved.unit is not None:
            self._here.service(["enable", "--now", f"{name}.service"], anew=True)
        self._here.service(["reload", "nginx.service"])
        return {"status": self._answering(deadline)}

    def _answering(self, deadline: Deadline) -> int:
        """What it answers, once its database has let it in."""
        while True:
            left = deadline.demand(f"{self.name}: answering on {self.place.machine}")
            wanted = {"port": 443, "domain": self.place.moved.domain, "path": "/", "seconds": max(left, 1.0)}
            status = int(self._here.do("ask", **wanted)["status"])
            if status < 500:
                return status
            time.sleep(PAUSE)

    # -- the ways back -------------------------------------------------------------------------

    def admit(self) -> None:
        """Its own settings stand again, and its service runs if it did."""
        if was := self._was:
            if was["active"]:
                self._unit_there("start")
            self._stand_back()

    def unfence(self) -> None:
        """Its service comes back by itself again, if it did."""
        if self._was.get("enabled"):
            self._unit_there("enable")

    def disarm(self) -> None:
        """Nothing to take back."""

    def switch_back(self) -> None:
        """People are asked to come back in a moment."""
        if self._was:
            self._stand_in(lambda site: keeping_off(site, COMES_BACK))

    # -- after ---------------------------------------------------------------------------------

    def evidence(self) -> Facts:
        """What was laid down and what it was made of, read anew on both sides."""
        return compared(self._there, self._here, self.place, self._notes)

    def quiet(self) -> None:
        """Nobody works with it on the platform any more: it is not served, and its service ends."""
        name = self.place.name
        if self.place.served:
            self._here.do("hide", settings=settings_of(name), held=settings_of(name) + HELD)
            self._here.service(["reload", "nginx.service"])
            if self.place.moved.unit is not None:
                self._here.service(["disable", "--now", f"{name}.service"], anew=True)

    def bring_back(self) -> Facts:
        """Nothing: what people wrote lies in databases and files."""
        return {}

    def clean_up(self) -> Facts:
        """Nothing: the old host goes on leading people on, for as long as it stands."""
        return {"leads on to": self.place.address}

    def discard(self) -> None:
        """Take away what was laid down, and its account."""
        if self._was:
            self._stand_back()
        taken = self._taken()
        paths = [one.path for one in laid_for(taken, self.place, rewriting_for(self.place, taken))]
        self._here.do("remove", paths=paths, below=self.place.root)
        if taken.unit is not None:
            self._here.service(anew=True)
        if taken.account is not None:
            self._here.do("forget", name=taken.account, mark=self.place.mark)
        self._notes.forget()

    # -- what the others stand on --------------------------------------------------------------

    def _taken(self) -> Taken:
        return self._there.taken(self.place.moved)

    def _stand_in(self, servers: Callable[[Site], list[Directive]]) -> None:
        """Others in the place of its servers; what stands in already says as much of the site as they did."""
        site = self._there.site(self.place.moved.domain)
        self._there.stand_in(site, self.place.name, servers(site))

    def _stand_back(self) -> None:
        self._there.stand_back(self._notes.read("was")["homes"], self.place.name)

    def _unit_there(self, verb: str) -> None:
        if self.place.moved.unit is not None:
            self._there.service([verb, self.place.moved.unit])

    @property
    def _was(self) -> dict[str, Any]:
        """How it stood at its host before the stop; empty where there was none, and in a rehearsal."""
        return self._notes.read("was") if self.place.served else {}

    @cached_property
    def _notes(self) -> Notes:
        return Notes(self.directory)
