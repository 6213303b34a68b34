"""One host as the sites mover sees it: the script there, asked for one thing at a time."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from govcloud.errors import ToolkitError
from govcloud.migrations.remote import Host
from govcloud.migrations.sites.laying import HELD, Laid, Taken
from govcloud.migrations.sites.nginx import Site, replaced, site_in, split_dump
from govcloud.topology.moving import MovedSite

STORE = "/var/lib/govcloud/sites"
"""Where a host keeps the settings that were its own while others stand in their place."""


@dataclass(frozen=True)
class Agent:
    """Asks the script on a host; ToolkitError where it cannot do what is asked."""

    host: Host

    def do(self, what: str, **wishes: Any) -> dict[str, Any]:
        """One answer."""
        script = files("govcloud.migrations.sites").joinpath("holding.py").read_text(encoding="utf-8")
        found: dict[str, Any] = json.loads(self.host.python(script, {"do": what, **wishes}))
        if "error" in found:
            raise ToolkitError(found["error"], self.host.login.where, "mend it there, then run it again")
        return found

    def site(self, domain: str) -> Site:
        """The site of a domain, as nginx reads it now."""
        return _read(self.do("dump", unit=None)["text"], domain)

    def unit(self, name: str) -> dict[str, Any]:
        """A service's facts, its text unpacked; an empty one of a service that is not there."""
        facts = self.do("unit", unit=name)
        return {**facts, "text": _unpacked(facts.get("text", ""))}

    def read(self, paths: Sequence[str], name: str = "") -> dict[str, Any]:
        """Files with their modes and owners; None for those that are not there.

        Of a site whose place others have taken, its own settings are read where `name` says whose.
        """
        store = f"{STORE}/{name}" if name else ""
        found: dict[str, Any] = self.do("read", paths=list(paths), store=store)["files"]
        return found

    def standing(self, moved: MovedSite) -> tuple[Site, dict[str, Any]]:
        """A site, and what is to stand again: where its settings lie, and how its service is."""
        found = self.do("dump", unit=moved.unit)
        site, facts = _read(found["text"], moved.domain), found["unit"] or {}
        active, enabled = facts.get("ActiveState") == "active", facts.get("UnitFileState") == "enabled"
        return site, {"homes": list(site.homes), "active": active, "enabled": enabled}

    def taken(self, moved: MovedSite) -> Taken:
        """All that a site is made of."""
        site, unit = self.site(moved.domain), moved.unit
        found = self.read([*site.companions, *moved.configuration])
        missing = [path for path, held in found.items() if held is None]
        if missing:
            raise ToolkitError(
                f"{', '.join(missing)} is not there", self.host.login.where, "name what is there, or mend it"
            )
        return Taken(site, found, None if unit is None else self.unit(unit))

    def put(self, laid: Sequence[Laid]) -> None:
        """Write files."""
        self.do("put", files=[one.entry() for one in laid])

    def stand_in(self, site: Site, name: str, servers: Sequence[dict[str, Any]]) -> None:
        """Have other servers stand in the place of a site's, whose own settings are kept."""
        changed: dict[str, str] = {}
        left = list(servers)
        for path in site.homes:
            text = replaced(site.files[path], site.domain, left, path)
            changed[path] = _packed(text)
            left = []
        found = self.do("swap", store=f"{STORE}/{name}", files=changed)
        if "fault" in found:
            raise ToolkitError(
                f"its nginx refuses what is to stand in: {found['fault']}",
                self.host.login.where,
                "mend it there",
            )

    def stand_back(self, homes: Sequence[str], name: str) -> None:
        """Put a site's own settings back."""
        self.do("restore", store=f"{STORE}/{name}", files=list(homes))

    def attempt(self, text: str, instead_of: str, files: Mapping[str, str]) -> str:
        """What nginx says against a site's settings beside those that stand; nothing where it takes them.

        `files`, packed, are those that the settings name, by paths at which they need not lie yet.
        """
        wishes = {"text": _packed(text), "files": dict(files), "instead of": instead_of}
        return str(self.do("attempt", **wishes)["fault"])

    def serve(self, settings: str, domain: str, unit: str | None, seconds: float) -> int:
        """Have nginx read a site's settings and its service run; the status that it answers with in time."""
        wishes = {"settings": settings, "held": settings + HELD, "domain": domain}
        return int(self.do("serve", **wishes, unit=unit, seconds=seconds)["status"])

    def hide(self, settings: str) -> None:
        """Have nginx read a site's settings no more."""
        self.do("hide", settings=settings, held=settings + HELD)

    def service(self, *words: Sequence[str], anew: bool = False) -> None:
        """Have systemd do something with units."""
        self.do("service", words=[list(one) for one in words], anew=anew)


def raw_digests(found: Mapping[str, Any]) -> dict[str, str]:
    """By path, the digest of a file as it lies there, with owner and mode."""
    return {
        path: "missing"
        if held is None
        else Laid(path, base64.b64decode(held["text"]), held["mode"], held["user"], held["group"]).digest
        for path, held in found.items()
    }


def _read(text: str | None, domain: str) -> Site:
    return site_in(split_dump(_unpacked(text)) if text else {}, domain)


def _unpacked(text: str) -> str:
    return base64.b64decode(text).decode("utf-8", "surrogateescape")


def _packed(text: str) -> str:
    return base64.b64encode(text.encode("utf-8", "surrogateescape")).decode("ascii")
