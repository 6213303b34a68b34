"""Moves one web site, as parts of a night know it: laid down at first, served from the release on."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
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
from govcloud.migrations.sites.agent import Agent
from govcloud.migrations.sites.examining import examined
from govcloud.migrations.sites.keeping import Notes, compared, lay
from govcloud.migrations.sites.laying import (
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
        return examined(self._there, self._here, self.place, datetime.now(UTC))

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

    def approach(self) -> None:
        """Laid down as it is now: at the stop that would cost time."""
        lay(self._there, self._here, self.place, self._notes)

    def pause(self) -> None:
        """Nothing streams."""

    def lag(self) -> int:
        """Nothing streams: settings are read again before the stop."""
        return 0

    # -- the night -----------------------------------------------------------------------------

    def close(self, deadline: Deadline) -> Facts:
        """People are asked to come back; what its nginx has begun for them ends."""
        site, was = self._there.standing(self.place.moved)
        if self.place.served and not self._was:
            self._notes.write("was", was)
        self._stand_in(site, keeping_off(site, COMES_BACK))
        return {}

    def drain(self, deadline: Deadline) -> Facts:
        """Its service ends."""
        self._unit_there("stop")
        return {}

    def fence(self, deadline: Deadline) -> Facts:
        """Its service does not come back by itself, whatever starts the host anew."""
        if self._was.get("enabled"):
            self._unit_there("disable", "--no-reload")
        return {}

    def catch_up(self, deadline: Deadline) -> Facts:
        """Nothing: it was laid down before the stop, and what was changed since is found by `verify`."""
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
        """Its service comes up with the platform's machine. What people write lies in databases and files."""
        self._unit_here("enable", "--no-reload")
        return {}

    def switch(self, deadline: Deadline) -> Facts:
        """Nothing: people are led on when it answers there."""
        return {}

    def release(self, deadline: Deadline) -> Facts:
        """Serve it; when it answers, whoever still comes to the old host is led on.

        In a rehearsal nginx reads its settings anew without these, and the service does not start.
        """
        name, moved = self.place.name, self.place.moved
        left = deadline.demand(f"{self.name}: answering on {self.place.machine}")
        site = self._there.site(moved.domain)
        if not self.place.served:
            self._here.hide(settings_of(name))
            self._stand_in(site, [])
            return {}
        unit = None if moved.unit is None else f"{name}.service"
        status = self._here.serve(settings_of(name), moved.domain, unit, left)
        if status >= 500:
            raise ToolkitError(
                f"{self.name} answers {status} on {self.place.machine}",
                self.target.login.where,
                "see there what its service says, mend it, then run the cutover again: it goes on",
            )
        self._stand_in(site, leading_on(site, self.place.address))
        return {"status": status, "leads on to": self.place.address}

    # -- the ways back -------------------------------------------------------------------------

    def reopen(self) -> None:
        """Its own settings stand again; then what was noted of it counts no more."""
        if self._was:
            self._stand_back()
            self._notes.forget("was")

    def admit(self) -> None:
        """Its service runs, if it did."""
        if self._was.get("active"):
            self._unit_there("start")

    def unfence(self) -> None:
        """Its service comes back by itself again, if it did."""
        if self._was.get("enabled"):
            self._unit_there("enable")

    def disarm(self) -> None:
        """Its service does not come up with the platform's machine."""
        if self.place.served:
            self._unit_here("disable")

    def switch_back(self) -> None:
        """Nothing: nobody has been led on."""

    # -- after ---------------------------------------------------------------------------------

    def evidence(self) -> Facts:
        """What was laid down and what it was made of, read anew on both sides."""
        return compared(self._there, self._here, self.place, self._notes)

    def quiet(self) -> None:
        """People are asked to come back; it is not served on the platform any more, and its service ends."""
        name = self.place.name
        if self.place.served:
            site = self._there.site(self.place.moved.domain)
            self._stand_in(site, keeping_off(site, COMES_BACK))
            self._here.hide(settings_of(name))
            self._unit_here("disable", "--now")

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

    def _stand_in(self, site: Site, servers: list[Directive]) -> None:
        """Others in the place of its servers; what stands in already says as much of the site as they did.

        In a rehearsal its nginx only reads once more what stands, which takes as long.
        """
        if self.place.served:
            self._there.stand_in(site, self.place.name, servers)
        else:
            self._there.site(self.place.moved.domain)

    def _stand_back(self) -> None:
        self._there.stand_back(self._notes.read("was")["homes"], self.place.name)

    def _unit_there(self, *verbs: str) -> None:
        """In a rehearsal it is only looked at."""
        if (unit := self.place.moved.unit) is None:
            return
        if self.place.served:
            self._there.service([*verbs, unit])
        else:
            self._there.unit(unit)

    def _unit_here(self, *verbs: str) -> None:
        """In a rehearsal it is only looked at."""
        if self.place.moved.unit is None:
            return
        unit = f"{self.place.name}.service"
        if self.place.served:
            self._here.service([*verbs, unit])
        else:
            self._here.unit(unit)

    @property
    def _was(self) -> dict[str, Any]:
        """How it stood at its host before the stop; empty where there was none, and in a rehearsal."""
        return self._notes.read("was") if self.place.served else {}

    @cached_property
    def _notes(self) -> Notes:
        return Notes(self.directory)
