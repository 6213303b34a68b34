"""How a host is entered: as whom, by which key, and by which keys it proves itself."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Login:
    """One way in. `host_keys` are `type base64`, and no other is taken; `label` is what people call the host.

    With `as_root`, what runs there runs by `sudo -n`: the account may become root without being asked.
    """

    label: str
    address: str
    port: int
    user: str
    key: Path
    host_keys: tuple[str, ...]
    via: Login | None = None
    as_root: bool = False

    @property
    def where(self) -> str:
        """The host in an error."""
        return f"{self.label} ({self.user}@{self.address}:{self.port})"
