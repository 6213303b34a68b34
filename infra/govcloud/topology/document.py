"""One YAML file read safely, every value with its line.

The inventory is data from many hands, so the reader takes a small part of YAML: mappings, sequences and
scalars. No tags, no anchors or aliases, no second document, bounded size and depth. `on`, `yes` and dates
stay the strings that were written.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from govcloud.errors import ToolkitError, Where

try:
    from yaml import CSafeLoader as _Loader
except ImportError:  # PyYAML built without libyaml: slower, the same events
    from yaml import SafeLoader as _Loader  # type: ignore[assignment]

MAX_BYTES = 1 << 20
MAX_DEPTH = 16

Place = tuple[str | int, ...]
"""Keys and indices from the root of a file to one value."""

_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,17})")


@dataclass(frozen=True)
class Document:
    """A file's value and, for every key and item in it, the line where it stands."""

    file: Path
    value: Any = field(compare=False)
    lines: Mapping[Place, int] = field(compare=False, repr=False)

    def where(self, *path: str | int) -> Where:
        """The place of `path`, or of the nearest thing around it that the file does hold."""
        while path and path not in self.lines:
            path = path[:-1]
        return Where(self.file, self.lines.get(path, 1))


def read(file: Path, shown: Path | None = None) -> Document:
    """Read one file; `shown` is the name errors use for it. Raises ToolkitError."""
    shown = shown or file
    text = _text(file, shown)
    builder = _Builder(shown)
    try:
        value = builder.document(iter(yaml.parse(text, Loader=_Loader)))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        problem = error.problem or error.context or "unreadable"
        where = Where(shown, mark.line + 1 if mark is not None else 1)
        raise ToolkitError(f"not valid YAML: {problem}", where, "mend the syntax at this line") from error
    except yaml.YAMLError as error:
        raise ToolkitError(
            "not valid YAML: holds a character that YAML does not allow",
            Where(shown),
            "remove control characters from the file",
        ) from error
    return Document(shown, value, builder.lines)


def _text(file: Path, shown: Path) -> str:
    try:
        status = file.stat()
        if not stat.S_ISREG(status.st_mode):
            raise ToolkitError("is not a regular file", Where(shown), "put an ordinary YAML file here")
        if status.st_size > MAX_BYTES:
            raise ToolkitError(
                f"is {status.st_size:,} bytes large; a file of the inventory has at most {MAX_BYTES:,}",
                Where(shown),
                "write one thing per file; bulk data does not belong in the inventory",
            )
        return file.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise ToolkitError(
            "is not UTF-8 text",
            Where(shown, error.object.count(b"\n", 0, error.start) + 1),
            "save it as UTF-8, without GBK or UTF-16 parts",
        ) from error
    except FileNotFoundError as error:
        raise ToolkitError("is missing", Where(shown), "create the file, or correct the path") from error
    except OSError as error:
        raise ToolkitError(
            f"cannot be read: {error.strerror}", Where(shown), "correct its permissions"
        ) from error


class _Builder:
    """Builds plain values from libyaml's events and notes the lines."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.lines: dict[Place, int] = {}

    def document(self, events: Iterator[Any]) -> Any:
        value: Any = None
        documents = 0
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise self._error(
                        "holds a second document", event, "write one thing per file, without `---` between"
                    )
                value = self._value(next(events), events, ())
        if documents == 0:
            raise ToolkitError("is empty", Where(self.file), "write the thing, or remove the file")
        return value

    def _value(self, event: Any, events: Iterator[Any], path: Place) -> Any:
        self._refuse(event, path)
        self.lines.setdefault(path, _line(event))
        if isinstance(event, yaml.ScalarEvent):
            return _scalar(event)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(events, path)
        return self._mapping(events, path)

    def _sequence(self, events: Iterator[Any], path: Place) -> list[Any]:
        items: list[Any] = []
        for event in events:
            if isinstance(event, yaml.SequenceEndEvent):
                break
            items.append(self._value(event, events, (*path, len(items))))
        return items

    def _mapping(self, events: Iterator[Any], path: Place) -> dict[str, Any]:
        mapping: dict[str, Any] = {}
        for event in events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            self._refuse(event, path)
            if not isinstance(event, yaml.ScalarEvent):
                raise self._error("a key must be a plain word", event, "write `key: value`")
            key = event.value
            if key in mapping:
                raise self._error(f"key `{key}` stands twice", event, "keep one of the two")
            self.lines[(*path, key)] = _line(event)
            mapping[key] = self._value(next(events), events, (*path, key))
        return mapping

    def _refuse(self, event: Any, path: Place) -> None:
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise self._error("anchors and aliases are not taken", event, "write the value out")
        tag = getattr(event, "tag", None)
        if tag is not None and not (tag == "!" and isinstance(event, yaml.ScalarEvent)):
            raise self._error(f"YAML tag `{tag}` is not taken", event, "write plain YAML, without tags")
        if len(path) > MAX_DEPTH:
            raise self._error(f"is nested deeper than {MAX_DEPTH} levels", event, "flatten it")

    def _error(self, what: str, event: Any, remedy: str) -> ToolkitError:
        return ToolkitError(what, Where(self.file, _line(event)), remedy)


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1


def _scalar(event: Any) -> Any:
    if event.style not in (None, ""):
        return event.value
    text = event.value
    if text in ("true", "false"):
        return text == "true"
    if text in ("", "~", "null"):
        return None
    return int(text) if _INTEGER.fullmatch(text) else text
