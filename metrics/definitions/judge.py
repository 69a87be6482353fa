"""What several vendors let an LLM decide: whether a conversation went well. Here it is handed in, never assumed."""

from collections.abc import Callable
from typing import NamedTuple

from metrics.facts import TicketFacts


class Verdict(NamedTuple):
    """A judge's word on a conversation: how well the customer was helped, 1 to 5, and whether they gave up."""

    score: int
    gave_up: bool = False


Judge = Callable[[TicketFacts], Verdict]
NO_JUDGE = "an LLM judge's verdict on each conversation, and how often it agrees with people"
