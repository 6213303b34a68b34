"""The plans that were applied to a plane, kept whole in its store, in a chain that shows a rewriting."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from functools import cached_property

from govcloud.engine.folder import PlanFolder
from govcloud.engine.stores import Store
from govcloud.evidence import MANIFEST, SIGNATURES, Approval, Chain, Entry

ENTRIES = ".govcloud/history/entries/"
PLANS = ".govcloud/history/plans/"


class History:
    """One plane's history."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._chain = Chain(store, ENTRIES)

    def begun(self, folder: PlanFolder, approval: Approval, asked: int) -> Entry:
        """Keep a plan with its signatures before it is applied, and note that it is."""
        plan = folder.plan
        place = f"{PLANS}{folder.digest}/"
        contents = {**folder.sealed.files, MANIFEST: folder.sealed.text}
        contents |= {f"{SIGNATURES}/{name}": text for name, text in folder.sealed.signatures.items()}
        for name, content in contents.items():
            self._store.create(place + name, content)
        return self.note(
            "begun",
            plan=folder.digest,
            site=plan.site,
            plane=plan.plane,
            tool=plan.tool,
            counts=plan.counts(),
            signatures_asked=asked,
            author=asdict(approval.author) if approval.author else plan.author,
            approvers=[asdict(one) for one in approval.approvers],
        )

    def note(self, what: str, **more: object) -> Entry:
        """Add an entry: what was done, and more about it."""
        return self._chain.append(
            {"at": datetime.now(UTC).isoformat(timespec="seconds"), "what": what, **more}
        )

    def entries(self) -> Iterator[Entry]:
        """Every entry, checked against the one before."""
        return self._chain.entries()

    def applied(self, plan: str) -> Entry | None:
        """The entry that says that a plan, by its digest, has been applied."""
        found = [one for one in self._past if one.said["what"] == "applied" and one.said.get("plan") == plan]
        return found[-1] if found else None

    def signatures_asked(self) -> int:
        """How many signatures the last applied plan needed: fewer may be asked for by such a plan alone."""
        asked = [int(one.said["signatures_asked"]) for one in self._past if "signatures_asked" in one.said]
        return asked[-1] if asked else 0

    @cached_property
    def _past(self) -> tuple[Entry, ...]:
        """The entries that there were when this was first asked, read once."""
        return tuple(self.entries())
