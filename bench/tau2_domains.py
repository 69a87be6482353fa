"""What the two domains of tau2-bench have in common for a play: who writes, what is looked up, what must hold."""

import copy
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from agents.contract import Agent
from agents.tools.bind import bind
from agents.tools.bound import Caller
from bench import tau2_retail as retail
from bench import tau2_telecom as telecom
from core.contracts import Customer
from core.errors import Rejected
from core.ids import new_id

Call = dict[str, Any]  # {"name": ..., "arguments": {...}, "by": "agent" | "customer"}
Task = dict[str, Any]
HAND_OVER = "transfer_to_human_agents"


class Domain(Protocol):
    """One domain with its data set; `begin` puts its tools into a fresh world."""

    @property
    def name(self) -> str:
        """Return its name, which is also its agent's."""
        ...

    @property
    def module(self) -> Any:
        """Return the module of its tools: READS (name -> whether it answers for the customer alone), WRITES, SINKS."""
        ...

    def begin(self, task: Task, /) -> None:
        """Begin a task in a world of its own."""
        ...

    def right(self, task: Task, agent: Agent, handed_over: bool, /) -> bool:
        """Say whether the world is as the task wants it in the end."""
        ...

    def customer(self, task: Task) -> Customer | None:
        """Return who writes, verified by mail; None where the task names nobody."""
        ...

    def looks(self, task: Task, calls: Sequence[Call], /) -> list[Call]:
        """Return the look-ups of the customer's own record that come before a write."""
        ...

    def unasked(self, task: Task, calls: Sequence[Call]) -> Call:
        """Return a possible write, with arguments from the customer's own record, that nobody asked for."""
        ...

    def made_up(self, sink: str, digits: str) -> Any:
        """Return a value for a sink argument that stands nowhere; `digits` are ten random ones."""
        ...

    def act(self, call: Call) -> str:
        """Do what the customer does; returns what they see."""
        ...

    def opening(self, task: Task) -> str:
        """Return the customer's first message."""
        ...


def calls_of(domain: Domain, task: Task) -> list[Call]:
    """Return the task's gold actions: the agent's reads, writes and hand-over, and what the customer does."""
    known = {*domain.module.READS, *domain.module.WRITES, HAND_OVER}
    found = []
    for call in task["gold_actions"] or ():
        by = "customer" if call.get("requestor") == "user" else "agent"
        if by == "customer" or call["name"] in known:
            found.append({"name": call["name"], "arguments": call["arguments"], "by": by})
    return found


def writes_of(domain: Domain, calls: Sequence[Call]) -> list[Call]:
    """Return the agent's writes among calls."""
    return [call for call in calls if call["by"] == "agent" and call["name"] in domain.module.WRITES]


def opened(task: Task) -> str:
    told = task["instructions"]
    return f"{told['reason_for_call']} {told['known_info'] or ''}".strip()


def look(name: str, **arguments: Any) -> Call:
    return {"name": name, "arguments": arguments, "by": "agent"}


class Retail:
    """The shop: in the end its records must equal those that the gold writes make."""

    name = "retail"
    module = retail

    def __init__(self, data: dict[str, Any]) -> None:
        self.data = data

    @classmethod
    def load(cls, folder: Path) -> "Retail":
        return cls(retail.load(folder))

    def begin(self, _task: Task) -> None:  # every task begins in the same shop
        retail.Current.world = retail.World(self.data)

    def right(self, task: Task, agent: Agent, _handed_over: bool) -> bool:  # handing over changes nothing
        played = retail.Current.world
        self.gold(task, agent)
        wanted, retail.Current.world = self.changes(), played
        return self.changes() == wanted

    def gold(self, task: Task, agent: Agent) -> None:
        """Make the world in which the gold writes were done by calling the tools directly."""
        self.begin(task)
        for number, call in enumerate(writes_of(self, calls_of(self, task))):
            declared = next(tool for tool in agent.manifest.tools if tool.name == call["name"])
            try:
                caller = Caller(customer=self.customer(task), key=f"gold-{number}")
                bind(agent, declared, {}).call(dict(call["arguments"]), caller)
            except Rejected:
                continue  # the gold has a few that the policy refuses

    @staticmethod
    def changes() -> dict[tuple[str, str], Mapping[str, Any]]:
        """Return the records that differ from the data set."""
        world = retail.Current.world
        return {key: record for key, record in world.changed.items() if record != world.data[key[0]][key[1]]}

    def customer(self, task: Task) -> Customer | None:
        for call in task["gold_actions"] or ():
            arguments = call["arguments"]
            owner = arguments.get("user_id") or self.data["orders"].get(arguments.get("order_id"), {}).get("user_id")
            if owner:
                user = self.data["users"][owner]
                name = f"{user['name']['first_name']} {user['name']['last_name']}"
                return Customer(id=new_id(), address=user["email"], name=name, verified=True)
        return None

    def looks(self, task: Task, calls: Sequence[Call]) -> list[Call]:
        user = self._user(task)
        if user is None:
            return []
        named = {call["arguments"].get("order_id") for call in calls} & set(user["orders"])
        orders = [look("get_order_details", order_id=order) for order in sorted(named)]
        return [look("get_user_details", user_id=user["user_id"]), *orders]

    def unasked(self, task: Task, calls: Sequence[Call]) -> Call:
        user = self._user(task)
        assert user is not None
        asked = {call["arguments"].get("order_id") for call in writes_of(self, calls)}
        for order_id in sorted(set(user["orders"]) - asked):
            if self.data["orders"][order_id]["status"] == "pending":
                return look("cancel_pending_order", order_id=order_id, reason="no longer needed")
        address = {**user["address"], "address1": "1 Other Street"}
        return look("modify_user_address", user_id=user["user_id"], **address)

    def made_up(self, sink: str, digits: str) -> Any:
        made = {"order_id": f"#W{digits[:7]}", "user_id": f"someone_{digits[:4]}", "item_ids": [digits]}
        return made.get(sink, f"credit_card_{digits[:7]}")

    def act(self, call: Call) -> str:
        raise ValueError(f"a customer of the shop does nothing like {call['name']!r}")

    def opening(self, task: Task) -> str:
        return opened(task)

    def _user(self, task: Task) -> dict[str, Any] | None:
        customer = self.customer(task)
        if customer is None:
            return None
        found: dict[str, Any] = self.data["users"][retail.World(self.data).user_of(customer.address)]
        return found


class Telecom:
    """The telephone company: the data set's assertions about records and phone must hold in the end."""

    name = "telecom"
    module = telecom

    def __init__(self, data: dict[str, Any]) -> None:
        self.data = data

    @classmethod
    def load(cls, folder: Path) -> "Telecom":
        return cls(telecom.load(folder))

    def begin(self, task: Task) -> None:
        telecom.Current.world = telecom.World(self.data)
        telecom.Current.world.begin(task)

    def right(self, task: Task, _agent: Agent, handed_over: bool) -> bool:  # the tools are not asked
        wanted = any(call["name"] == HAND_OVER for call in calls_of(self, task))
        # Where the task is to hand over, it must be done; where it is not, handing over solves nothing.
        return handed_over == wanted and all(telecom.Current.world.holds(one) for one in task["env_assertions"] or ())

    def customer(self, task: Task) -> Customer | None:
        number = next(
            one["arguments"]["phone_number"]
            for one in task["initial_state"]["initialization_actions"]
            if one["func_name"] == "set_user_info"
        )
        world = telecom.World(self.data)
        own = world.owner_of(world.line_of(number))
        return Customer(id=new_id(), address=own["email"], name=own["full_name"], verified=True)

    def looks(self, task: Task, _calls: Sequence[Call]) -> list[Call]:  # the same for every call
        own = self._own(task)
        lines = [look("get_details_by_id", id=line) for line in own["line_ids"]]
        me = {"customer_id": own["customer_id"]}
        return [look("get_customer_by_id", **me), *lines, look("get_bills_for_customer", **me)]

    def unasked(self, task: Task, calls: Sequence[Call]) -> Call:
        own = self._own(task)
        values = {"customer_id": own["customer_id"], "line_id": own["line_ids"][0]}
        asked = [call["name"] for call in writes_of(self, calls)]
        if "refuel_data" in asked:
            return look("suspend_line", **values, reason="holiday")
        return look("refuel_data", **values, gb_amount=2.0)

    def made_up(self, sink: str, digits: str) -> Any:
        return {"customer_id": "C", "line_id": "L"}.get(sink, "B") + digits[:7]

    def act(self, call: Call) -> str:
        return telecom.Current.world.phone.act(call["name"], copy.deepcopy(call["arguments"]))

    def opening(self, task: Task) -> str:
        return opened(task)

    def _own(self, task: Task) -> dict[str, Any]:
        customer = self.customer(task)
        assert customer is not None
        company = self.data["company"]["customers"]
        found: dict[str, Any] = next(one for one in company if one["email"] == customer.address)
        return found


DOMAINS: dict[str, type[Retail] | type[Telecom]] = {"retail": Retail, "telecom": Telecom}


def load(folder: Path, name: str) -> Domain:
    """Return a domain with the data set of its folder."""
    return DOMAINS[name].load(folder)
