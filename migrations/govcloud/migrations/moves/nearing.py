"""The last while before a night, in which people still work."""

from __future__ import annotations

from collections.abc import Sequence

from govcloud.errors import ToolkitError
from govcloud.migrations.journal import Claims
from govcloud.migrations.moves.mover import Mover


def draw_near(movers: Sequence[Mover], move: str, claims: Claims) -> None:
    """Have each part bring over what no stream carries; ToolkitError where another run cuts the move over.

    Two runs may not write the same files, so this is claimed as the cutover is.
    """
    with claims.claim(f"{move}/cutover") as ours:
        if not ours:
            raise ToolkitError(
                "another run cuts it over", f"move {move}", "wait for it, or see where it runs"
            )
        for mover in movers:
            mover.approach()
