"""An order on disk: a sealed folder with the order for machines and a page for whoever must sign it."""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

import govcloud.migrations
from govcloud.errors import ToolkitError, Where
from govcloud.evidence import Approval, Sealed, Trust, demand_approved, opened, sign_as_approver, write_sealed
from govcloud.evidence.signatures import SignatureError
from govcloud.local import code_digest
from govcloud.migrations.orders.order import Order, order_from

ORDER = "order.json"
PAGE = "order.html"
FILES = frozenset({ORDER, PAGE})


@dataclass(frozen=True)
class OrderFolder:
    """An order with the sealed folder that it was read from."""

    order: Order
    sealed: Sealed


@functools.cache
def tool_digest() -> str:
    """What makes and carries out orders: the package's version and a digest of its code and pages."""
    return code_digest(Path(place) for place in govcloud.migrations.__path__)


def order_page(order: Order) -> str:
    """One HTML page that needs nothing beside it."""
    environment = Environment(
        loader=PackageLoader("govcloud.migrations.orders"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    return environment.get_template("order.html.j2").render(order=order)


def write_order(order: Order, orders: Path) -> OrderFolder:
    """Write it into a folder of its own below `orders`, whole or not at all."""
    text = json.dumps(order.document(), ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    stem = f"{order.made:%Y%m%dT%H%M%SZ}-{order.move}"
    return read_order(write_sealed({PAGE: order_page(order), ORDER: text}, orders, stem).folder)


def is_order(folder: Path) -> bool:
    """Whether a folder holds an order rather than something else that people sign."""
    return (folder / ORDER).exists()


def read_order(folder: Path) -> OrderFolder:
    """The order in a folder, as it was sealed; nothing is said of signatures."""
    sealed = opened(folder)
    if sealed.files.keys() != FILES:
        names = ", ".join(sorted(sealed.files))
        raise ToolkitError(f"it is no order: it holds {names}", str(folder), "name what `order` wrote")
    try:
        order = order_from(json.loads(sealed.files[ORDER].decode("utf-8")))
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise ToolkitError(f"it is no order: {error}", Where(folder / ORDER), "order again") from error
    return OrderFolder(order, sealed)


def approve(folder: OrderFolder, key: Path, trust: Trust, now: datetime) -> Approval:
    """Sign an order that somebody else has made; what it bears then. A refused folder is left as it was."""
    _demand_readable(folder, now)
    return sign_as_approver(folder.sealed, key, trust, now)


def demand_ordered(folder: OrderFolder, trust: Trust, now: datetime) -> Approval:
    """Refuse a cutover that nobody has ordered: too few signatures, another tool, another hour."""
    order = folder.order
    _demand_readable(folder, now)
    approval = demand_approved(folder.sealed, order.signatures, trust, now)
    if now < order.begins:
        raise SignatureError(
            f"its night begins at {order.begins:%Y-%m-%d %H:%M} UTC",
            str(folder.sealed.folder),
            "wait for it, or order another night",
        )
    return approval


def _demand_readable(folder: OrderFolder, now: datetime) -> None:
    """Refuse an order that this tool did not make, whose page shows another, or whose night is over."""
    where = str(folder.sealed.folder)
    order = folder.order
    if order.tool != tool_digest():
        raise ToolkitError(
            f"another version of the tool made it ({order.tool})", where, "use that one, or order again"
        )
    if order_page(order).encode() != folder.sealed.files[PAGE]:
        raise ToolkitError("its page shows another order", where, "order again, and see who wrote this one")
    if now > order.ends:
        raise SignatureError(
            f"its night ended at {order.ends:%Y-%m-%d %H:%M} UTC", where, "order another night"
        )
