"""Where a site comes to lie, and what of it is where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from govcloud.topology.moving import MovedSite


@dataclass(frozen=True)
class SitePlace:
    """A site on a machine of the platform.

    `name` names its settings and its service there, `root` is the directory below which its files lie, each
    under its old path; `trees` are the directories that move beside it, by their old paths. `words` are what
    rewrites may say; `address` is where people reach it. A rehearsed site is laid down and never served.
    """

    moved: MovedSite
    machine: str
    name: str
    system: str
    root: str
    address: str
    trees: Mapping[str, str]
    words: Mapping[str, str]
    served: bool = True

    @property
    def mark(self) -> str:
        """What its account bears, so that nobody else's is taken for it."""
        return f"govcloud {self.system}"
