"""The lock file of a plane's address plan: what has been given out, and stays given out."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Address, IPv4Network
from typing import Any

from pydantic import PrivateAttr

from govcloud.errors import Where
from govcloud.topology.document import Document
from govcloud.topology.thing import Part
from govcloud.topology.words import Address, Id, Prefix

HEADER = """\
# yaml-language-server: $schema={schema}
# Written by `govcloud topology addresses --write`. What stands here has been given out: entries are added,
# never changed, and outlive what they were given to, so that no address ever means two things.
"""


class Lock(Part):
    """`<plane>/addresses.lock.yaml`: prefixes of summaries and segments, addresses of ports."""

    summaries: dict[Id, Prefix] = {}
    segments: dict[Id, Prefix] = {}
    addresses: dict[Id, Address] = {}
    _document: Document | None = PrivateAttr(default=None)

    def bind(self, document: Document) -> None:
        """Remember the file."""
        self._document = document

    def where(self, *path: str | int) -> Where | None:
        """The place of an entry, None when the plane has no lock file yet."""
        return self._document.where(*path) if self._document is not None else None


def render(
    schema: str,
    summaries: Mapping[str, IPv4Network],
    segments: Mapping[str, IPv4Network],
    addresses: Mapping[str, IPv4Address],
) -> str:
    """The lock file's text, sorted by address so that a person can read the plan in it."""
    parts = [HEADER.format(schema=schema)]
    sections: tuple[tuple[str, Mapping[str, Any]], ...] = (
        ("summaries", summaries),
        ("segments", segments),
        ("addresses", addresses),
    )
    for name, entries in sections:
        if entries:
            ordered = sorted(entries.items(), key=lambda item: (item[1], item[0]))
            lines = [f"  {key}: {value}" for key, value in ordered]
            parts.append("\n".join([f"{name}:", *lines]) + "\n")
    return "".join(parts)
