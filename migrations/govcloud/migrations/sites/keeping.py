"""Lays a site down, and compares what lies on both sides with what was noted then: digests, never texts."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from govcloud.local import private_directory, write_private
from govcloud.migrations.sites.agent import Agent, raw_digests
from govcloud.migrations.sites.laying import HELD, laid_for, rewriting_for
from govcloud.migrations.sites.place import SitePlace
from govcloud.migrations.steps import Facts


@dataclass(frozen=True)
class Notes:
    """Small private files by name, each written whole."""

    directory: Path

    def read(self, name: str) -> dict[str, Any]:
        """What was noted; empty where nothing was."""
        path = self.directory / f"{name}.json"
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        return found

    def write(self, name: str, said: Mapping[str, Any]) -> None:
        """Note it, in the place of what was."""
        write_private(private_directory(self.directory) / f"{name}.json", json.dumps(said, indent=1) + "\n")

    def forget(self, name: str = "*") -> None:
        """Take a note away, or all."""
        for path in self.directory.glob(f"{name}.json"):
            path.unlink()


def lay(there: Agent, here: Agent, place: SitePlace, notes: Notes) -> Facts:
    """Lay the site down as it is now; each file is whole or as it was before."""
    taken = there.taken(place.moved)
    laid = laid_for(taken, place, rewriting_for(place, taken))
    sources = [*taken.site.homes, *taken.files]
    if taken.unit is not None:
        sources.append(taken.unit["FragmentPath"])
    noted = {
        "there": raw_digests(there.read(sources)),
        "here": {one.path: one.digest for one in laid},
        "bytes": sum(len(one.text) for one in laid),
    }
    here.put(laid)
    if taken.unit is not None:
        here.service(anew=True)
    notes.write("laid", noted)
    return {"files": len(laid), "bytes": noted["bytes"]}


def compared(there: Agent, here: Agent, place: SitePlace, notes: Notes) -> dict[str, Any]:
    """Both sides, read anew, against what was noted when it was laid down."""
    noted = notes.read("laid")
    theirs = raw_digests(there.read(list(noted["there"]), place.name))
    ours = _served(raw_digests(here.read([*noted["here"], *map(_shown, noted["here"])])), noted["here"])
    differences = [f"{path} has changed at its host" for path in _unlike(theirs, noted["there"])]
    differences += [f"{path} has changed on the platform" for path in _unlike(ours, noted["here"])]
    return {
        "entries": len(ours),
        "bytes": noted["bytes"],
        "source": _whole(theirs),
        "target": _whole(ours),
        "differences": differences,
        "written since": 0,
    }


def _shown(path: str) -> str:
    return path.removesuffix(HELD)


def _served(found: Mapping[str, str], wanted: Mapping[str, str]) -> dict[str, str]:
    """By the name under which each was laid down, though nginx reads one under another by now."""
    return {path: found[_shown(path)] if found[path] == "missing" else found[path] for path in wanted}


def _unlike(found: Mapping[str, str], noted: Mapping[str, str]) -> list[str]:
    return sorted(path for path, digest in noted.items() if found.get(path) != digest)


def _whole(digests: Mapping[str, str]) -> str:
    text = "\n".join(f"{path} {digest}" for path, digest in sorted(digests.items()))
    return hashlib.sha256(text.encode()).hexdigest()
