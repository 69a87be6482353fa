"""Who gets a ticket's next turn: the model that waits for an outcome or an answer, else whom triage chooses."""

from collections.abc import Callable, Mapping

from agents.manifest import Manifest
from core.contracts import Route, WorkItem
from core.store.items import Loaded

SURE = 0.9  # probability from which triage may take a follow-up away from the model that the ticket is with


def stay(loaded: Loaded, manifests: Mapping[str, Manifest]) -> Route | None:
    """Return the route of a turn that goes on with what the turn before began; None where triage decides.

    A model that waited for its action's outcome, or that asked the customer something, gets the ticket's next turn:
    "Yes, please." says nothing to a classifier.
    """
    if loaded.item.goes_on:
        return _same_agent(loaded, manifests, "the outcome of its action is known")
    return _same_agent(loaded, manifests, "the customer answers its question") if loaded.asked else None


def keep(loaded: Loaded, manifests: Mapping[str, Manifest], triage: Callable[[WorkItem], Route]) -> Route:
    """Return triage's route; of a follow-up only where it is sure that the talk with a model is at its end, by the
    message and by all that the customer wrote: "I did that, and it still does not work" alone says nothing."""
    item = loaded.item
    found = triage(item)
    same = _same_agent(loaded, manifests, "nothing says that this follow-up is for another agent")
    if same is None or found.agent == loaded.agent:
        return found
    said = "\n".join(message.text for message in item.messages if message.author == "customer")
    whole = triage(item.model_copy(update={"text": said}))
    another = found.agent is not None and found.agent == whole.agent
    return found if another and min(found.score, whole.score) >= SURE else same


def _same_agent(loaded: Loaded, manifests: Mapping[str, Manifest], reason: str) -> Route | None:
    manifest, item = manifests.get(loaded.agent), loaded.item
    if manifest is None or manifest.engine != "llm" or item.turn == 1:
        return None
    values = {"intent": loaded.intent, "language": item.language, "priority": loaded.priority, "reason": reason}
    return Route.model_validate({"agent": loaded.agent, "score": 1.0, **values})
