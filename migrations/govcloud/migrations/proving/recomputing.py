"""Holds a proof against what the source is now: it is fenced, so it must still be what was compared. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from govcloud.migrations.proving.proof import Proof
from govcloud.migrations.steps import Facts


def unlike(proof: Proof, seen: Mapping[str, Facts]) -> list[str]:
    """In what the sources are otherwise than the proof says; nothing where every digest is the same."""
    found = [f"{name}: is no part of the proof" for name in seen.keys() - proof.parts.keys()]
    for name, facts in proof.parts.items():
        if name not in seen:
            found.append(f"{name}: is not there any more")
        else:
            found += [f"{name}: {line}" for line in _differing(facts, seen[name])]
    return sorted(found)


def _differing(proved: Facts, seen: Facts) -> Iterator[str]:
    if "relations" in proved:
        theirs, ours = proved["relations"], seen["relations"]
        for relation in sorted(theirs.keys() | ours.keys()):
            was, now = theirs.get(relation, {}).get("digest"), ours.get(relation, {}).get("digest")
            if was != now:
                yield f"{relation} was {was}, and is {now}"
    elif proved["source"] != seen["source"]:
        yield f"its tree was {proved['source']}, and is {seen['source']}"
