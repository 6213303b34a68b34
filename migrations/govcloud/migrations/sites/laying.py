"""What is laid down on the platform for a site: every file whole, in the platform's words. Pure."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from govcloud.migrations.sites.nginx import FILES, LOGS, PASSES, SECURE, Directive, Site, whole_path, written
from govcloud.migrations.sites.place import SitePlace
from govcloud.migrations.sites.rewriting import Rewriting

HELD = ".held"
"""Behind the name of settings that nginx does not read yet."""


@dataclass(frozen=True)
class Laid:
    """One file: where, what, with which mode, whose."""

    path: str
    text: bytes
    mode: int
    user: str = "root"
    group: str = "root"

    def entry(self) -> dict[str, Any]:
        """As the script on the host takes it."""
        text = base64.b64encode(self.text).decode("ascii")
        return {"path": self.path, "text": text, "mode": self.mode, "user": self.user, "group": self.group}

    @property
    def digest(self) -> str:
        """SHA-256 over its text, mode and owners."""
        facts = f"{self.mode:o} {self.user} {self.group}\n".encode()
        return hashlib.sha256(facts + self.text).hexdigest()


@dataclass(frozen=True)
class Taken:
    """What a site is made of at its host: settings, files by path, and its service as systemd has it."""

    site: Site
    files: Mapping[str, Mapping[str, Any]]
    unit: Mapping[str, Any] | None

    @property
    def texts(self) -> dict[str, str]:
        """By path, every text in which something may have to be rewritten."""
        found = {
            path: base64.b64decode(held["text"]).decode("utf-8", "surrogateescape")
            for path, held in self.files.items()
        }
        return found if self.unit is None else {**found, self.unit["FragmentPath"]: self.unit["text"]}

    @property
    def account(self) -> str | None:
        """The account as which its service runs."""
        return None if self.unit is None else str(self.unit["User"])


def laid_for(taken: Taken, place: SitePlace, rewriting: Rewriting) -> list[Laid]:
    """All files of the site, the settings of nginx first and held back."""
    settings = settings_for(taken.site, place.name, rewriting)
    found = [Laid(settings_of(place.name) + HELD, settings.encode(), 0o644)]
    texts = taken.texts
    for path, held in sorted(taken.files.items()):
        changed = rewriting.of(path, texts[path]).encode("utf-8", "surrogateescape")
        found.append(Laid(rewriting.moved[path], changed, held["mode"], held["user"], held["group"]))
    if taken.unit is not None:
        text = rewriting.of(taken.unit["FragmentPath"], taken.unit["text"])
        found.append(Laid(unit_of(place.name), text.encode("utf-8", "surrogateescape"), 0o644))
    return found


def rewriting_for(place: SitePlace, taken: Taken) -> Rewriting:
    """How a site's texts are rewritten: all that has moved is found under its new name."""
    alone = {path: f"{place.root}{path}" for path in taken.files}
    return Rewriting({**place.trees, **alone}, place.moved.rewrites, place.words)


def settings_of(system: str) -> str:
    """Where nginx reads a system's settings."""
    return f"/etc/nginx/sites/{system}.conf"


def unit_of(system: str) -> str:
    """Where systemd reads a system's service."""
    return f"/etc/systemd/system/{system}.service"


def settings_for(site: Site, system: str, rewriting: Rewriting) -> str:
    """The servers of a site as the shared web machine is to read them."""
    names = {
        one["args"][0]: f"{system}-{one['args'][0]}" for one in site.carried if one["directive"] == "upstream"
    }
    carried = [_changed(one, system, rewriting, names) for one in site.carried]
    servers = [_changed(one, system, rewriting, names) for one in site.servers]
    text = written([*carried, *(one for one in servers if _listens(one))])
    return f"# Brought by govcloud with system {system}.\n{text}"


def _changed(one: Directive, system: str, rewriting: Rewriting, names: Mapping[str, str]) -> Directive:
    args = [rewriting.paths(word) for word in one["args"]]
    if one["directive"] == "upstream":
        args = [names[one["args"][0]]]
    elif one["directive"] in PASSES:
        args = [_passed(args[0], names), *args[1:]]
    elif one["directive"] in FILES and (place := rewriting.place_of(whole_path(one["args"][0]))):
        args[0] = place
    elif one["directive"] in LOGS and args[0].startswith("/"):
        # A format of its own would have to be brought, too: the platform's logs have one for all.
        args = [f"/var/log/nginx/{system}-{args[0].rpartition('/')[2]}"]
    elif one["directive"] == "listen":
        args = [args[0].rpartition(":")[2], *(word for word in args[1:] if word in ("ssl", "http2"))]
    changed = {"directive": one["directive"], "args": args, "line": one["line"]}
    if "block" in one:
        block = [_changed(inner, system, rewriting, names) for inner in one["block"] if _kept(inner)]
        changed["block"] = _once(block)
    return changed


def _kept(one: Directive) -> bool:
    """Listening on ports that the platform does not open, or by IPv6, is left out."""
    if one["directive"] != "listen":
        return True
    address, _, port = one["args"][0].rpartition(":")
    if address.startswith("["):
        return False
    return bool(port == SECURE)


def _once(block: list[Directive]) -> list[Directive]:
    """The directives, those about listening each once: several addresses have become one."""
    kept: list[Directive] = []
    for one in block:
        said = (one["directive"], one["args"])
        if one["directive"] != "listen" or said not in [
            (other["directive"], other["args"]) for other in kept
        ]:
            kept.append(one)
    return kept


def _listens(server: Directive) -> bool:
    """A server without a port of its own would take nginx's default."""
    return any(one["directive"] == "listen" for one in server["block"])


def _passed(word: str, names: Mapping[str, str]) -> str:
    scheme, mark, rest = word.rpartition("://")
    name, slash, path = rest.partition("/")
    return f"{scheme}{mark}{names.get(name, name)}{slash}{path}"
