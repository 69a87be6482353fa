"""The retail shop of tau2-bench as Saola tools, written against its data and policy: a world to read and change.

Reading tools answer for the verified customer only. A write refuses (Rejected) what the policy forbids, and does
nothing twice for one key.
"""

import ast
import copy
import json
import operator
from pathlib import Path
from typing import Any, Literal

from agents.tools.python_tools import tool
from core.contracts import Customer
from core.errors import Rejected

OPERATORS = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv}
READS = {  # name -> whether it answers for the verified customer alone
    "find_user_id_by_email": True,
    "find_user_id_by_name_zip": True,
    "get_user_details": True,
    "get_order_details": True,
    "get_product_details": False,
    "get_item_details": False,
    "list_all_product_types": False,
    "calculate": False,
}
WRITES = (
    "cancel_pending_order",
    "exchange_delivered_order_items",
    "modify_pending_order_address",
    "modify_pending_order_items",
    "modify_pending_order_payment",
    "modify_user_address",
    "return_delivered_order_items",
)
SINKS = {"order_id", "user_id", "item_ids", "payment_method_id"}


class World:
    """Users, orders and products; changed records are copied first, so that many worlds share one data set."""

    def __init__(self, data: dict[str, Any]) -> None:
        self.data = data
        self.changed: dict[tuple[str, str], dict[str, Any]] = {}
        self.keys: set[str] = set()

    def get(self, kind: str, key: str) -> dict[str, Any]:
        """Return a record to read. Raises Rejected if there is none."""
        found = self.changed.get((kind, key)) or self.data[kind].get(key)
        if found is None:
            raise Rejected(f"there is no such {kind.removesuffix('s')}: {key}")
        return found

    def change(self, kind: str, key: str) -> dict[str, Any]:
        """Return a record to change."""
        record = self.get(kind, key)
        return self.changed.setdefault((kind, key), copy.deepcopy(record))

    def user_of(self, address: str) -> str:
        """Return the id of the user with a mail address, '' if there is none."""
        return next((key for key, user in self.data["users"].items() if user["email"] == address), "")


class Current:
    """The world that the tools work in; one task at a time."""

    world: World


def load(folder: Path) -> dict[str, Any]:
    """Return the data set."""
    data: dict[str, Any] = json.loads((folder / "db.json").read_text(encoding="utf-8"))
    return data


def _own_user(customer: Customer, user_id: str) -> dict[str, Any]:
    if user_id != Current.world.user_of(customer.address):
        raise Rejected("this is not the verified customer's own account")
    return Current.world.get("users", user_id)


def _own_order(customer: Customer, order_id: str) -> dict[str, Any]:
    order = Current.world.get("orders", order_id)
    _own_user(customer, order["user_id"])
    return order


@tool
def find_user_id_by_email(email: str, customer: Customer) -> str:
    """Find the customer's user id by mail address."""
    user_id = Current.world.user_of(email)
    _own_user(customer, user_id)
    return user_id


@tool
def find_user_id_by_name_zip(first_name: str, last_name: str, zip: str, customer: Customer) -> str:
    """Find the customer's user id by name and postcode."""
    user_id = Current.world.user_of(customer.address)
    user = _own_user(customer, user_id)
    name = user["name"]
    if (name["first_name"].lower(), name["last_name"].lower()) != (first_name.lower(), last_name.lower()):
        raise Rejected("there is no such user")
    if user["address"]["zip"] != zip:
        raise Rejected("there is no such user")
    return user_id


@tool
def get_user_details(user_id: str, customer: Customer) -> dict[str, Any]:
    """Get the customer's profile, payment methods and order numbers."""
    return _own_user(customer, user_id)


@tool
def get_order_details(order_id: str, customer: Customer) -> dict[str, Any]:
    """Get one of the customer's orders."""
    return _own_order(customer, order_id)


@tool
def get_product_details(product_id: str) -> dict[str, Any]:
    """Get a product with all its variants."""
    return Current.world.get("products", product_id)


@tool
def get_item_details(item_id: str) -> dict[str, Any]:
    """Get one variant of a product."""
    return _variant(item_id)[1]


@tool
def list_all_product_types() -> dict[str, str]:
    """List all products: name to product id."""
    return {product["name"]: key for key, product in Current.world.data["products"].items()}


@tool
def calculate(expression: str) -> str:
    """Work out a sum such as (2 + 3) * 4."""

    def value(node: ast.expr) -> float:
        if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
            return float(node.value)
        if isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
            return float(OPERATORS[type(node.op)](value(node.left), value(node.right)))
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            return -value(node.operand)
        raise Rejected("only numbers, + - * / and brackets")

    return f"{value(ast.parse(expression, mode='eval').body):.2f}"


def _variant(item_id: str) -> tuple[str, dict[str, Any]]:
    for product_id, product in Current.world.data["products"].items():
        if item_id in product["variants"]:
            return product_id, product["variants"][item_id]
    raise Rejected(f"there is no such item: {item_id}")


def _method(order: dict[str, Any], method_id: str) -> dict[str, Any]:
    methods: dict[str, dict[str, Any]] = Current.world.get("users", order["user_id"])["payment_methods"]
    if method_id not in methods:
        raise Rejected(f"the customer has no payment method {method_id}")
    return methods[method_id]


def _done(key: str) -> bool:
    return key in Current.world.keys


def _begin(customer: Customer, order_id: str, key: str, status: str) -> dict[str, Any]:
    """Return the order to change. Raises Rejected where it is not the customer's, or its status forbids the change."""
    order = _own_order(customer, order_id)
    if order["status"] != status and not (status == "pending*" and order["status"].startswith("pending")):
        raise Rejected(f"{order_id} is {order['status']}, not {status.removesuffix('*')}")
    Current.world.keys.add(key)
    return Current.world.change("orders", order_id)


def _pay(order: dict[str, Any], method_id: str, amount: float) -> None:
    """Note a payment (or, below zero, a refund), and book it on a gift card at once."""
    amount = round(amount, 2)
    kind = "payment" if amount > 0 else "refund"
    order["payment_history"].append({"transaction_type": kind, "amount": abs(amount), "payment_method_id": method_id})
    if "gift_card" in method_id:
        user = Current.world.change("users", order["user_id"])
        method = user["payment_methods"][method_id]
        method["balance"] = round(method["balance"] - amount, 2)


def _lines(order: dict[str, Any], item_ids: list[str]) -> list[dict[str, Any]]:
    """Return the order's lines for `item_ids`, one for each mention."""
    left = list(order["items"])
    found = []
    for item_id in item_ids:
        line = next((one for one in left if one["item_id"] == item_id), None)
        if line is None:
            raise Rejected(f"{item_id} is not in the order that often")
        left.remove(line)
        found.append(line)
    return found


def _difference(order: dict[str, Any], item_ids: list[str], new_item_ids: list[str]) -> float:
    """Return what the new items cost more than the old ones. Raises Rejected where they do not match."""
    lines = _lines(order, item_ids)
    if len(lines) != len(new_item_ids):
        raise Rejected("there must be one new item for each old one")
    total = 0.0
    for line, new_id in zip(lines, new_item_ids, strict=True):
        product_id, variant = _variant(new_id)
        if product_id != line["product_id"] or not variant["available"]:
            raise Rejected(f"{new_id} is another product or not available")
        total += variant["price"] - line["price"]
    return round(total, 2)


def _afford(method: dict[str, Any], amount: float) -> None:
    if method["source"] == "gift_card" and method["balance"] < amount:
        raise Rejected("the gift card's balance is too low")


@tool
def cancel_pending_order(
    order_id: str, reason: Literal["no longer needed", "ordered by mistake"], *, customer: Customer, key: str
) -> str:
    """Cancel a pending order and refund what was paid."""
    if not _done(key):
        order = _begin(customer, order_id, key, "pending")
        for payment in list(order["payment_history"]):
            _pay(order, payment["payment_method_id"], -payment["amount"])
        order |= {"status": "cancelled", "cancel_reason": reason}
    return f"{order_id} is cancelled"


@tool
def modify_pending_order_address(
    order_id: str,
    address1: str,
    address2: str,
    city: str,
    state: str,
    country: str,
    zip: str,
    *,
    customer: Customer,
    key: str,
) -> str:
    """Change where a pending order goes."""
    if not _done(key):
        order = _begin(customer, order_id, key, "pending*")
        order["address"] = _address(address1, address2, city, state, country, zip)
    return f"{order_id} goes to {address1}"


def _address(address1: str, address2: str, city: str, state: str, country: str, zip: str) -> dict[str, str]:
    return {"address1": address1, "address2": address2, "city": city, "country": country, "state": state, "zip": zip}


@tool
def modify_pending_order_items(
    order_id: str,
    item_ids: list[str],
    new_item_ids: list[str],
    payment_method_id: str,
    *,
    customer: Customer,
    key: str,
) -> str:
    """Exchange items of a pending order for other variants of the same products; once for an order."""
    if not _done(key):
        checked = _own_order(customer, order_id)
        amount = _difference(checked, item_ids, new_item_ids)
        _afford(_method(checked, payment_method_id), amount)
        order = _begin(customer, order_id, key, "pending")
        if amount:
            _pay(order, payment_method_id, amount)
        for line, new_id in zip(_lines(order, item_ids), new_item_ids, strict=True):
            variant = _variant(new_id)[1]
            line |= {"item_id": new_id, "price": variant["price"], "options": variant["options"]}
        order["status"] = "pending (items modified)"
    return f"{order_id} is changed"


@tool
def modify_pending_order_payment(order_id: str, payment_method_id: str, *, customer: Customer, key: str) -> str:
    """Pay a pending order another way."""
    if not _done(key):
        checked = _own_order(customer, order_id)
        first = checked["payment_history"][0]
        if first["payment_method_id"] == payment_method_id:
            raise Rejected("this is how it was paid")
        _afford(_method(checked, payment_method_id), first["amount"])
        order = _begin(customer, order_id, key, "pending*")
        _pay(order, payment_method_id, first["amount"])
        _pay(order, first["payment_method_id"], -first["amount"])
    return f"{order_id} is paid by {payment_method_id}"


@tool
def modify_user_address(
    user_id: str,
    address1: str,
    address2: str,
    city: str,
    state: str,
    country: str,
    zip: str,
    *,
    customer: Customer,
    key: str,
) -> str:
    """Change the customer's default address."""
    if not _done(key):
        _own_user(customer, user_id)
        Current.world.keys.add(key)
        user = Current.world.change("users", user_id)
        user["address"] = _address(address1, address2, city, state, country, zip)
    return f"{user_id} lives at {address1}"


@tool
def return_delivered_order_items(
    order_id: str, item_ids: list[str], payment_method_id: str, *, customer: Customer, key: str
) -> str:
    """Return items of a delivered order; the refund goes to the original payment method or a gift card."""
    if not _done(key):
        checked = _own_order(customer, order_id)
        _lines(checked, item_ids)
        original = checked["payment_history"][0]["payment_method_id"]
        if _method(checked, payment_method_id)["source"] != "gift_card" and payment_method_id != original:
            raise Rejected("a refund goes to the original payment method or to a gift card")
        order = _begin(customer, order_id, key, "delivered")
        returned = {"return_items": sorted(item_ids), "return_payment_method_id": payment_method_id}
        order |= {"status": "return requested", **returned}
    return f"a return of {len(item_ids)} items of {order_id} is requested"


@tool
def exchange_delivered_order_items(
    order_id: str,
    item_ids: list[str],
    new_item_ids: list[str],
    payment_method_id: str,
    *,
    customer: Customer,
    key: str,
) -> str:
    """Exchange items of a delivered order for other variants of the same products."""
    if not _done(key):
        checked = _own_order(customer, order_id)
        amount = _difference(checked, item_ids, new_item_ids)
        _afford(_method(checked, payment_method_id), amount)
        order = _begin(customer, order_id, key, "delivered")
        order |= {
            "status": "exchange requested",
            "exchange_items": sorted(item_ids),
            "exchange_new_items": sorted(new_item_ids),
            "exchange_payment_method_id": payment_method_id,
            "exchange_price_difference": amount,
        }
    return f"an exchange of {len(item_ids)} items of {order_id} is requested"
