"""Where a tree lies, and what a pass over it found."""

from __future__ import annotations

from dataclasses import dataclass, field

from govcloud.migrations.files.state import shown
from govcloud.migrations.remote import Host


@dataclass(frozen=True)
class Place:
    """A tree on a host; `numeric` where its owners are numbers of its own, and no accounts of the host.

    At `ports` of the host's address others may be let in, to fetch and to bring content; without, it goes
    through the tool.
    """

    host: Host
    root: bytes
    numeric: bool = False
    ports: tuple[int, ...] = ()

    def __str__(self) -> str:
        return f"{self.host.login.label}:{shown(self.root)}"


@dataclass
class Passed:
    """What one pass did: entries seen, files sent and bytes carried, and what it could not read, by path.

    `special` has the kind of what is no file, by path.
    """

    entries: int = 0
    files: int = 0
    carried: int = 0
    left: list[str] = field(default_factory=list)
    special: dict[str, str] = field(default_factory=dict)
    unread: dict[str, str] = field(default_factory=dict)
    unread_paths: set[bytes] = field(default_factory=set)

    def miss(self, path: bytes, why: str) -> None:
        """Something that could not be read."""
        self.unread[shown(path)] = why
        self.unread_paths.add(path)

    def below_unread(self, path: bytes) -> bool:
        """Whether nothing is known of a path because one above it could not be read."""
        parts = path.split(b"/")
        return any(b"/".join(parts[:count]) in self.unread_paths for count in range(1, len(parts) + 1))
