"""Comparing what is declared with what the cloud says, whatever shape either gives it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from govcloud.provider.kind import Field


def canonical(value: Any, *, order_matters: bool = False) -> Any:
    """A value in the one shape in which two that mean the same are equal.

    Whole floats are integers (protobuf knows no integers), empty collections are nothing, mappings
    lose their empty members, and lists whose order means nothing are sorted.
    """
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Mapping):
        items = {str(k): canonical(v) for k, v in value.items()}
        return {k: v for k, v in items.items() if v is not None} or None
    if isinstance(value, (list, tuple)):
        items_ = [canonical(item) for item in value]
        return (items_ if order_matters else sorted(items_, key=_sort_key)) or None
    return value


def equal(field: Field, one: Any, other: Any) -> bool:
    """Whether two values of a field mean the same."""
    order = field.order_matters
    return bool(canonical(one, order_matters=order) == canonical(other, order_matters=order))


def walk(value: Any, visit: Callable[[str], Any]) -> Any:
    """The value with every string in it replaced by what `visit` makes of it."""
    if isinstance(value, str):
        return visit(value)
    if isinstance(value, Mapping):
        return {key: walk(item, visit) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [walk(item, visit) for item in value]
    return canonical(value)


def _sort_key(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)
