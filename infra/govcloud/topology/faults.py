"""Validation errors in the words of the person who wrote the file."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from govcloud.errors import ToolkitError
from govcloud.topology.document import Document

_WANTED: Mapping[str, str] = {
    "string_type": "text; quote it if it looks like a number",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "bool_type": "true or false",
    "tuple_type": "a list",
    "list_type": "a list",
    "dict_type": "a mapping of `key: value`",
    "model_type": "a mapping of `key: value`",
    "model_attributes_type": "a mapping of `key: value`",
}


def translate(document: Document, error: ValidationError, model: type[BaseModel]) -> Iterator[ToolkitError]:
    """One ToolkitError for every faulty place that pydantic found in `document`."""
    seen: set[tuple[str | int, ...]] = set()
    for detail in error.errors(include_url=False):
        path = _in_file(document, detail["loc"], detail["type"])
        if path in seen:
            continue
        seen.add(path)
        what, remedy = _words(detail, path, model)
        yield ToolkitError(what, document.where(*path), remedy)


def _in_file(document: Document, loc: tuple[str | int, ...], kind: str) -> tuple[str | int, ...]:
    """Pydantic's location without the parts (names of union members) that no file holds."""
    if kind == "missing":
        return loc
    while loc and loc not in document.lines:
        loc = loc[:-1]
    return loc


def _words(detail: Any, path: tuple[str | int, ...], model: type[BaseModel]) -> tuple[str, str]:
    name = ".".join(str(part) for part in path) or "the file"
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "govcloud":
        return (f"{name}: {context['what']}" if path else context["what"]), context["remedy"]
    if kind == "extra_forbidden":
        return f"unknown key `{name}`", _nearest(str(path[-1]), model, path)
    if kind == "missing":
        return f"`{name}` is missing", f"add `{path[-1]}`"
    if kind in _WANTED:
        return f"`{name}` has the wrong type: {_shown(detail['input'])}", f"write {_WANTED[kind]}"
    if kind in ("enum", "literal_error"):
        return f"`{name}` cannot be {_shown(detail['input'])}", f"write one of {context['expected']}"
    if kind == "string_pattern_mismatch":
        return f"`{name}` cannot be {_shown(detail['input'])}", f"it has the form {context['pattern']}"
    return f"`{name}`: {detail['msg'][0].lower()}{detail['msg'][1:]}", f"correct {_shown(detail['input'])}"


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"


def _nearest(key: str, model: type[BaseModel], path: tuple[str | int, ...]) -> str:
    """What may stand there instead: the nearest known key, or all of them."""
    known = _known_keys(model, path[:-1])
    near = difflib.get_close_matches(key, known, 1)
    if near:
        return f"did you mean `{near[0]}`? Otherwise remove it"
    return f"remove it; known here: {', '.join(known)}" if known else "remove it"


def _known_keys(model: type[BaseModel], path: tuple[str | int, ...]) -> list[str]:
    current: type[BaseModel] | None = model
    for part in path:
        if current is None or isinstance(part, int) or part not in current.model_fields:
            continue
        current = _model_in(current.model_fields[part].annotation)
    return sorted(field.alias or name for name, field in current.model_fields.items()) if current else []


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for argument in getattr(annotation, "__args__", ()):
        if found := _model_in(argument):
            return found
    return None
