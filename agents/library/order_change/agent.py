"""Tools of the demo shop: orders are read from orders.json, changes go to a ledger that plays the shop's system."""

import json
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from agents.tools.ledger import entries, write_once
from agents.tools.python_tools import tool
from core.contracts import Customer
from core.errors import Rejected
from core.settings import settings

OrderId = Annotated[str, Field(description="as find_orders gives it, for example SL-10000")]


@tool
def find_orders(customer: Customer) -> dict[str, Any]:
    """List the customer's own orders with their status, and the addresses on file."""
    records = json.loads(Path(__file__).with_name("orders.json").read_text(encoding="utf-8"))
    own = next((r for r in records if r["customer"] == customer.address.lower()), None)
    if own is None:
        raise Rejected("there are no orders for this customer")
    for change in entries(_ledger()):
        for order in own["orders"]:
            if order["order_id"] == change["order_id"]:
                order.update(change["change"])
    return {"addresses": own["addresses"], "orders": own["orders"]}


@tool
def cancel_order(
    order_id: OrderId,
    reason: Literal["no longer needed", "ordered by mistake", "takes too long", "other"],
    *,
    customer: Customer,
    key: str,
) -> str:
    """Cancel a whole order that is still open."""
    _open_order(customer, order_id, key)
    write_once(_ledger(), key, {"order_id": order_id, "change": {"status": "cancelled"}, "reason": reason})
    return f"{order_id} is cancelled"


@tool
def change_delivery_address(
    order_id: OrderId, street: str, postcode: str, city: str, *, customer: Customer, key: str
) -> str:
    """Send an order that is still open to another address. `street` is the street with the house number."""
    _open_order(customer, order_id, key)
    address = {"street": street, "postcode": postcode, "city": city}
    write_once(_ledger(), key, {"order_id": order_id, "change": {"deliver_to": address}})
    return f"{order_id} goes to {street}, {postcode} {city}"


def _open_order(customer: Customer, order_id: str, key: str) -> None:
    """Refuse what is not the customer's own open order; a repeat of the same key was allowed the first time."""
    if any(entry["key"] == key for entry in entries(_ledger())):
        return
    order = next((o for o in find_orders(customer)["orders"] if o["order_id"] == order_id), None)
    if order is None:
        raise Rejected(f"{order_id} is not an order of this customer")
    if order["status"] != "open":
        raise Rejected(f"{order_id} is {order['status']}, so it cannot be changed any more")


def _ledger() -> Path:
    return settings().home / "demo_shop.jsonl"
