"""The telephone company of tau2-bench as Saola tools, written against its data and policy.

Reading tools answer for the verified customer only. A write refuses (Rejected) what the policy forbids, and does
nothing twice for one key. The customer's phone is in tau2_phone.py.
"""

import copy
import tomllib
from pathlib import Path
from typing import Any

from agents.tools.python_tools import tool
from bench.tau2_phone import Phone
from core.contracts import Customer
from core.errors import Rejected

TODAY = "2025-02-25"  # as the policy says
MOST_GB = 2.0
WRITES = (
    "suspend_line",
    "resume_line",
    "send_payment_request",
    "enable_roaming",
    "disable_roaming",
    "refuel_data",
)
READS = {
    "get_customer_by_phone": True,
    "get_customer_by_id": True,
    "get_customer_by_name": True,
    "get_details_by_id": True,
    "get_bills_for_customer": True,
    "get_data_usage": True,
}
SINKS = {"customer_id", "line_id", "bill_id"}
_ID_OF = {
    "customers": "customer_id",
    "lines": "line_id",
    "bills": "bill_id",
    "devices": "device_id",
    "plans": "plan_id",
}


class World:
    """The company's records and one customer's phone; each world has its own copy."""

    def __init__(self, data: dict[str, Any]) -> None:
        company = copy.deepcopy(data["company"])
        self.records: dict[str, dict[str, dict[str, Any]]] = {
            kind: {one[key]: one for one in company[kind]} for kind, key in _ID_OF.items()
        }
        self.phone = Phone(data["phone"], self)
        self.keys: set[str] = set()

    def begin(self, task: dict[str, Any]) -> None:
        """Bring about what a task begins with."""
        for one in task["initial_state"]["initialization_actions"]:
            if one["env_type"] == "user":
                self.phone.begin(one["func_name"], one["arguments"])
            else:
                self._begin(one["func_name"], one["arguments"])
        self.phone.registered = self.line_of(self.phone.phone_number)["status"] == "Active"

    def _begin(self, name: str, given: dict[str, Any]) -> None:
        line = self.records["lines"][given["line_id"]]
        if name in ("enable_roaming", "disable_roaming"):
            line["roaming_enabled"] = name == "enable_roaming"
        elif name == "set_data_usage":
            line["data_used_gb"] = given["data_used_gb"]
        elif name == "suspend_line_for_overdue_bill":
            bill = {"bill_id": given["new_bill_id"], "customer_id": given["customer_id"], "status": "Overdue"}
            self.records["bills"][given["new_bill_id"]] = {**bill, "total_due": 65.0, "due_date": "2025-02-10"}
            self.records["customers"][given["customer_id"]]["bill_ids"].append(given["new_bill_id"])
            line["status"] = "Suspended"
            if given["contract_ended"]:
                line["contract_end_date"] = "2025-02-01"
        else:
            raise ValueError(f"nobody knows the beginning {name!r}")

    def holds(self, one: dict[str, Any]) -> bool:
        """Say whether one of a task's assertions is as it must be."""
        name, given = one["func_name"], one["arguments"]
        if one["env_type"] == "user":
            found = self.phone.holds(name, given)
        elif name == "assert_data_refueling_amount":
            line = self.records["lines"][given["line_id"]]
            found = abs(line["data_refueling_gb"] - given["expected_amount"]) < 1e-6
        elif name == "assert_no_overdue_bill":
            bill = self.records["bills"].get(given["overdue_bill_id"])  # some tasks begin without one
            found = bill is None or bill["status"] == "Paid"
        else:
            raise ValueError(f"nobody knows the assertion {name!r}")
        return bool(found == one["assert_value"])

    def line_of(self, phone_number: str) -> dict[str, Any]:
        """Return the line with a telephone number."""
        return next(line for line in self.records["lines"].values() if line["phone_number"] == phone_number)

    def has_data_left(self, line: dict[str, Any]) -> bool:
        """Say whether the plan's data, and what was bought on top, is not used up."""
        limit = self.records["plans"][line["plan_id"]]["data_limit_gb"]
        return bool(line["data_used_gb"] < limit + line["data_refueling_gb"])

    def owner_of(self, line: dict[str, Any]) -> dict[str, Any]:
        """Return the customer who has a line."""
        return next(one for one in self.records["customers"].values() if line["line_id"] in one["line_ids"])

    def awaiting_payment(self, phone_number: str) -> dict[str, Any] | None:
        """Return the bill for which the customer with this number has a payment request."""
        bills = self.owner_of(self.line_of(phone_number))["bill_ids"]
        return next((b for key in bills if (b := self.records["bills"][key])["status"] == "Awaiting Payment"), None)


class Current:
    """The world that the tools work in; one task at a time."""

    world: World


def load(folder: Path) -> dict[str, Any]:
    """Return the data set."""
    names = {"company": "db.toml", "phone": "user_db.toml"}
    return {key: tomllib.loads((folder / name).read_text(encoding="utf-8")) for key, name in names.items()}


def _own(customer: Customer) -> dict[str, Any]:
    found = [c for c in Current.world.records["customers"].values() if c["email"] == customer.address]
    if not found:
        raise Rejected("there is no such customer")
    return found[0]


def _checked(customer: Customer, customer_id: str, line_id: str = "", bill_id: str = "") -> dict[str, Any]:
    """Return the customer's own record of the narrowest id. Raises Rejected where it is not theirs."""
    own = _own(customer)
    mine = customer_id == own["customer_id"]
    mine = mine and (not line_id or line_id in own["line_ids"]) and (not bill_id or bill_id in own["bill_ids"])
    if not mine:
        raise Rejected("this is not the verified customer's own")
    records = Current.world.records
    return records["lines"][line_id] if line_id else records["bills"][bill_id] if bill_id else own


@tool
def get_customer_by_phone(phone_number: str, customer: Customer) -> dict[str, Any]:
    """Find the customer by their own telephone number or that of one of their lines."""
    own = _own(customer)
    numbers = [Current.world.records["lines"][line_id]["phone_number"] for line_id in own["line_ids"]]
    if phone_number not in (own["phone_number"], *numbers):
        raise Rejected("this is not the verified customer's number")
    return own


@tool
def get_customer_by_id(customer_id: str, customer: Customer) -> dict[str, Any]:
    """Get the customer's record by its id."""
    return _checked(customer, customer_id)


@tool
def get_customer_by_name(full_name: str, dob: str, customer: Customer) -> dict[str, Any]:
    """Find the customer by full name and date of birth (YYYY-MM-DD)."""
    own = _own(customer)
    if (own["full_name"].lower(), own["date_of_birth"]) != (full_name.lower(), dob):
        raise Rejected("this is not the verified customer")
    return own


@tool
def get_details_by_id(id: str, customer: Customer) -> dict[str, Any]:
    """Get one of the customer's lines, bills or devices, or a plan, by its id."""
    own, records = _own(customer), Current.world.records
    lines = {key: records["lines"][key] for key in own["line_ids"]}
    mine = {own["customer_id"]: own, **lines, **{key: records["bills"][key] for key in own["bill_ids"]}}
    mine |= {line["device_id"]: records["devices"][line["device_id"]] for line in lines.values()}
    found = mine.get(id) or records["plans"].get(id)
    if found is None:
        raise Rejected(f"the customer has nothing with the id {id}")
    return found


@tool
def get_bills_for_customer(customer_id: str, limit: int = 12, *, customer: Customer) -> list[dict[str, Any]]:
    """List the customer's bills, newest first."""
    own = _checked(customer, customer_id)
    return [Current.world.records["bills"][key] for key in reversed(own["bill_ids"])][:limit]


@tool
def get_data_usage(customer_id: str, line_id: str, customer: Customer) -> dict[str, Any]:
    """Get how much data a line has used, its plan's limit and what was bought on top."""
    line = _checked(customer, customer_id, line_id)
    limit = Current.world.records["plans"][line["plan_id"]]["data_limit_gb"]
    return {**{key: line[key] for key in ("line_id", "data_used_gb", "data_refueling_gb")}, "data_limit_gb": limit}


def _first_time(key: str) -> bool:
    if key in Current.world.keys:
        return False
    Current.world.keys.add(key)
    return True


def _line(customer: Customer, customer_id: str, line_id: str, *allowed: str) -> dict[str, Any]:
    line = _checked(customer, customer_id, line_id)
    if allowed and line["status"] not in allowed:
        raise Rejected(f"{line_id} is {line['status']}")
    return line


@tool
def suspend_line(customer_id: str, line_id: str, reason: str, *, customer: Customer, key: str) -> str:
    """Suspend an active line."""
    if key not in Current.world.keys:
        line = _line(customer, customer_id, line_id, "Active")
        Current.world.keys.add(key)
        line |= {"status": "Suspended", "suspension_start_date": TODAY, "suspension_reason": reason}
    return f"{line_id} is suspended"


@tool
def resume_line(customer_id: str, line_id: str, *, customer: Customer, key: str) -> str:
    """Lift a line's suspension, once all overdue bills are paid and while its contract runs."""
    if key not in Current.world.keys:
        line = _line(customer, customer_id, line_id, "Suspended", "Pending Activation")
        bills = [Current.world.records["bills"][bill_id] for bill_id in _own(customer)["bill_ids"]]
        if any(bill["status"] in ("Overdue", "Awaiting Payment") for bill in bills):
            raise Rejected("a bill is overdue")
        if line["contract_end_date"] < TODAY:
            raise Rejected("the line's contract has ended")
        Current.world.keys.add(key)
        line["status"] = "Active"
        line.pop("suspension_start_date", None)
    return f"{line_id} is active; the phone must be started again"


@tool
def send_payment_request(customer_id: str, bill_id: str, *, customer: Customer, key: str) -> str:
    """Ask the customer to pay an overdue bill; one at a time."""
    bill = _checked(customer, customer_id, bill_id=bill_id)
    if key not in Current.world.keys:
        others = [Current.world.records["bills"][one]["status"] for one in _own(customer)["bill_ids"]]
        if bill["status"] != "Overdue" or "Awaiting Payment" in others:
            raise Rejected(f"{bill_id} is {bill['status']}, or another bill awaits payment")
        Current.world.keys.add(key)
        bill["status"] = "Awaiting Payment"
    return f"a payment request for {bill_id} was sent"


@tool
def enable_roaming(customer_id: str, line_id: str, *, customer: Customer, key: str) -> str:
    """Enable roaming on a line, at no cost."""
    line = _checked(customer, customer_id, line_id)
    if _first_time(key):
        line["roaming_enabled"] = True
    return f"{line_id} may roam"


@tool
def disable_roaming(customer_id: str, line_id: str, *, customer: Customer, key: str) -> str:
    """Disable roaming on a line."""
    line = _checked(customer, customer_id, line_id)
    if _first_time(key):
        line["roaming_enabled"] = False
    return f"{line_id} may not roam"


@tool
def refuel_data(customer_id: str, line_id: str, gb_amount: float, *, customer: Customer, key: str) -> str:
    """Add data to an active line, 2 GB at most, at the price of its plan."""
    if key not in Current.world.keys:
        line = _line(customer, customer_id, line_id)
        if not 0 < gb_amount <= MOST_GB:
            raise Rejected(f"between 0 and {MOST_GB:g} GB can be added")
        Current.world.keys.add(key)
        line["data_refueling_gb"] += gb_amount
    return f"{gb_amount:g} GB were added to {line_id}"
