"""Digests of chunks, each by the function that its host computes fastest; its letter says which that was."""

from __future__ import annotations

import hashlib
import time
from typing import Any, Callable

HOLE = "0"
"""Of a chunk that is nothing but a hole."""


def blake2b(content: Any) -> str:
    """BLAKE2b of 256 bits."""
    return hashlib.blake2b(content, digest_size=32).hexdigest()


def sha256(content: Any) -> str:
    """SHA-256: twice as fast as the other where the processor has instructions for it, half as fast elsewhere."""
    return hashlib.sha256(content).hexdigest()


FUNCTIONS: dict[str, Callable[[Any], str]] = {"b": blake2b, "s": sha256}
TRIED = bytes(256 * 1024)


def digest_by(letter: str, content: Any) -> str:
    """A chunk's digest, behind the letter of its function."""
    return letter + FUNCTIONS[letter](content)


def is_of(content: Any, digest: str) -> bool:
    """Whether that is the chunk's digest."""
    return digest == digest_by(digest[:1], content)


def letter_of(known: list[str] | None) -> str:
    """By which function a file's chunks are to be compared with these digests; the fastest where there are none."""
    for one in known or ():
        if one[:1] in FUNCTIONS:
            return one[0]
    if not FASTEST:
        FASTEST.append(min(FUNCTIONS, key=seconds))
    return FASTEST[0]


FASTEST: list[str] = []


def seconds(letter: str) -> float:
    """How long a function takes here, at best."""
    found = []
    for _ in range(3):
        begun = time.perf_counter()
        digest_by(letter, TRIED)
        found.append(time.perf_counter() - begun)
    return min(found)
