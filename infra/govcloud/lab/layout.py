"""Where one cloud keeps what it runs from; nothing of it outlives the cloud."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from govcloud.lab.clouds import LabCloud

HOME = Path("/var/lib/govcloud-lab")


@dataclass(frozen=True)
class Layout:
    """The directories and files below a cloud's `root` (mode 0700)."""

    root: Path

    @classmethod
    def of(cls, cloud: LabCloud) -> Layout:
        """A cloud's own: one per machine, as its addresses and namespaces are."""
        return cls(HOME / cloud.plane)

    @property
    def etc(self) -> Path:
        """Configuration files."""
        return self.root / "etc"

    @property
    def log(self) -> Path:
        """One log per unit."""
        return self.root / "log"

    @property
    def data(self) -> Path:
        """Databases, images, guests."""
        return self.root / "data"

    @property
    def database_socket(self) -> Path:
        """MariaDB's only door."""
        return self.root / "run" / "mysql.sock"

    @property
    def secrets(self) -> Path:
        """The cloud's passwords."""
        return self.root / "secrets.json"

    @property
    def state(self) -> Path:
        """What the supervisor last said of its units."""
        return self.root / "state.json"

    @property
    def description(self) -> Path:
        """What the cloud was made from."""
        return self.root / "cloud.json"
