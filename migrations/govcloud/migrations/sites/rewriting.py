"""What settings name on the host of today, in the platform's words. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from govcloud.topology.moving import Rewrite

_WORD = re.compile(r"\{([A-Za-z0-9_.-]+)\}")


@dataclass(frozen=True)
class Rewriting:
    """Directories and files that have moved, by their old path; and what the move declares beside that.

    `words` are what `{database.host}` and the like stand for.
    """

    moved: Mapping[str, str]
    declared: Sequence[Rewrite]
    words: Mapping[str, str]

    def of(self, path: str, text: str) -> str:
        """The text of the file that lay at `path`, for the platform."""
        for one in self._declared(path):
            text = text.replace(one.found, self.filled(one.becomes))
        return self.paths(text)

    def missing(self, path: str, text: str) -> list[str]:
        """What is declared to be rewritten in it, and is not there."""
        return [one.found for one in self._declared(path) if one.found not in text]

    def filled(self, text: str) -> str:
        """A text with its words in braces replaced; those that stand for nothing stay as they are."""
        return _WORD.sub(lambda match: self.words.get(match[1], match[0]), text)

    def paths(self, text: str) -> str:
        """A text with what has moved under its new paths: whole names alone, the longest first."""
        if not self.moved:
            return text
        longest = sorted(self.moved, key=len, reverse=True)
        names = "|".join(re.escape(path) for path in longest)
        whole = re.compile(rf"(?<![\w./-])({names})(?![\w.-])")
        return whole.sub(lambda match: self.moved[match[1]], text)

    def place_of(self, path: str) -> str | None:
        """Where a path has come to lie, below a directory that has moved too; None where it has not moved."""
        for old, new in sorted(self.moved.items(), key=lambda pair: -len(pair[0])):
            if path == old or path.startswith(f"{old}/"):
                return f"{new}{path[len(old) :]}"
        return None

    def _declared(self, path: str) -> list[Rewrite]:
        return [one for one in self.declared if one.where == path]
