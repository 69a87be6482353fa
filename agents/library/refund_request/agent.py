"""Tools of the demo shop: items are read from orders.json, refunds go to a ledger that plays the bookkeeping."""

import json
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from agents.tools.ledger import entries, write_once
from agents.tools.python_tools import tool
from core.contracts import Customer
from core.errors import Rejected
from core.settings import settings


@tool
def find_refundable(customer: Customer) -> list[dict[str, Any]]:
    """List the items of the customer's delivered orders that can still be refunded, with the amount of each."""
    records = json.loads(Path(__file__).with_name("orders.json").read_text(encoding="utf-8"))
    refunded = {(entry["order_id"], entry["sku"]) for entry in entries(_ledger())}
    return [
        {
            "order_id": order["order_id"],
            "sku": item["sku"],
            "name": item["name"],
            "amount": item["price"],
            "currency": order["currency"],
            "paid_by": order["paid_by"],
        }
        for record in records
        if record["customer"] == customer.address.lower()
        for order in record["orders"]
        if order["status"] == "delivered"
        for item in order["items"]
        if (order["order_id"], item["sku"]) not in refunded
    ]


@tool
def refund(
    order_id: Annotated[str, Field(description="as find_refundable gives it, for example SL-10000")],
    sku: Annotated[str, Field(description="the item, as find_refundable gives it")],
    amount: Annotated[float, Field(gt=0, description="the item's full amount, as find_refundable gives it")],
    reason: Literal["damaged", "wrong item", "missing"],
    *,
    customer: Customer,
    key: str,
) -> str:
    """Refund one item of a delivered order, the way it was paid."""
    if any(entry["key"] == key for entry in entries(_ledger())):
        return f"{sku} of {order_id}: {amount:g} is refunded"
    item = next((i for i in find_refundable(customer) if (i["order_id"], i["sku"]) == (order_id, sku)), None)
    if item is None:
        raise Rejected(f"{sku} of {order_id} is not an item that can be refunded to this customer")
    if item["amount"] != amount:
        raise Rejected(f"{sku} of {order_id} costs {item['amount']}, not {amount:g}")
    entry = {"order_id": order_id, "sku": sku, "amount": amount, "currency": item["currency"], "reason": reason}
    write_once(_ledger(), key, entry)
    return f"{sku} of {order_id}: {amount:g} {item['currency']} is refunded"


def _ledger() -> Path:
    return settings().home / "demo_refunds.jsonl"
