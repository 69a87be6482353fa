"""How probable an audit is: fixed before the outcome, recorded with the run, never below the floor. Pure.

Runs that show a sign of doubt are audited more often, because errors gather there and a judgement teaches more. Where
the judge's flag of docs/decisions/0002 is not to be had, the doubt is what triage and the engine say of themselves.
"""

from typing import NamedTuple

from core.contracts import Proposal, Route, WorkItem

USUAL = 0.15  # the part of what goes out alone that people judge, where an owner says nothing else
FLOOR = 0.02
MORE = 4.5  # times as often where there is a doubt (Neyman's allocation for a flag that finds most errors)
BURST = 0.5
SECOND_LOOKER = 0.10  # part of audits that a second reviewer judges too
RUNNER_UP = 0.15


class Draw(NamedTuple):
    """The probability of this run's audit, and the smallest that any run of the agent had at that time."""

    probability: float
    smallest: float
    flagged: bool


def doubtful(item: WorkItem, proposal: Proposal, route: Route) -> bool:
    """Whether something that is known before the outcome speaks for looking: a judge's flag, a second intent that is
    nearly as likely, or a customer who had to write again."""
    signals = {**route.signals, **proposal.signals}
    return signals.get("flag", 0.0) >= 0.5 or signals.get("runner_up", 0.0) >= RUNNER_UP or item.turn > 1


def draw(probability: float, floor: float, *, flagged: bool, burst: bool, more: float | None = None) -> Draw:
    """The agent's own probability, or more of it for a flagged run, or half of all while an alarm is looked into.

    more: what a flagged run has where a budget set it; else 4.5 times as much.
    """
    least = max(probability, floor, BURST if burst else 0.0)
    often = least * MORE if more is None else max(least, more)
    return Draw(min(1.0, often) if flagged else least, least, flagged)
