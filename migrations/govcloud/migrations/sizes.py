"""Sizes as people read them."""

from __future__ import annotations

KIB, MIB, GIB = 1024, 1024**2, 1024**3


def size(number: float) -> str:
    """`1.5 GiB` of a number of bytes."""
    for unit, bytes_ in (("GiB", GIB), ("MiB", MIB), ("KiB", KIB)):
        if number >= bytes_:
            return f"{number / bytes_:.1f} {unit}"
    return f"{number:.0f} B"
