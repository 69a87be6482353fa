"""Carrying out a proposed action after the gate, once, through the agent's own tool."""

from core.contracts import ActionProposal, Customer
from core.errors import Broken, Rejected
from core.store.deliveries import Delivery


class Refused(Rejected):
    """The system that the action was to change said no; the message is its reason."""


class CarryOut:
    """Runs the write tool with the delivery's id as its idempotency key; how far that protects is up to the tool."""

    name = "action"
    deduplicates = False

    def send(self, delivery: Delivery) -> str:
        """Return what the tool answered (text or JSON). Raises Refused where it said no, TryLater or Broken else."""
        from agents.tools.carry_out import carry_out
        from workers.resources import workshop

        agent = workshop().agent(str(delivery.payload["agent"]), "")
        proposal = ActionProposal(**{k: v for k, v in delivery.payload.items() if k != "agent"})
        outcome = carry_out(agent, proposal, str(delivery.id), customer=_customer(delivery))
        if outcome.status == "refused":
            raise Refused(outcome.result, code="action_refused")
        if outcome.status == "failed":
            raise Broken(outcome.result)
        return outcome.result


def _customer(delivery: Delivery) -> Customer | None:
    if delivery.customer_id is None:
        return None
    return Customer(
        id=delivery.customer_id, address=delivery.address, name=delivery.customer_name, verified=delivery.verified
    )
