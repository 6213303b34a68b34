"""Orders: what is signed by two people before a system is cut over."""

from govcloud.migrations.orders.folder import (
    OrderFolder,
    approve,
    demand_ordered,
    is_order,
    order_page,
    read_order,
    tool_digest,
    write_order,
)
from govcloud.migrations.orders.order import Accepted, Order

__all__ = [
    "Accepted",
    "Order",
    "OrderFolder",
    "approve",
    "demand_ordered",
    "is_order",
    "order_page",
    "read_order",
    "tool_digest",
    "write_order",
]
