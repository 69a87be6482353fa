"""The same log under everyone's definitions, side by side, so that like is compared with like."""

from collections.abc import Mapping, Sequence

from core.contracts import Frozen
from core.errors import Rejected
from metrics.definitions import ada, agentforce, chatwoot, decagon, fin, libredesk, zendesk
from metrics.definitions.rule import Rule
from metrics.estimate import Estimate
from metrics.figure import Definition

VENDORS: dict[str, tuple[Rule, ...]] = {
    "fin": fin.RULES,
    "zendesk": zendesk.RULES,
    "agentforce": agentforce.RULES,
    "ada": ada.RULES,
    "chatwoot": chatwoot.RULES,
    "decagon": decagon.RULES,
    "libredesk": libredesk.RULES,
}
RULES = tuple(rule for rules in VENDORS.values() for rule in rules)


class Compared(Frozen):
    """One figure under one vendor's definition ("saola" is ours)."""

    vendor: str
    definition: Definition
    estimate: Estimate


def known(vendors: Sequence[str]) -> Sequence[str]:
    """The vendors asked for, or all. Raises Rejected for one whose definitions are not here."""
    strange = [name for name in vendors if name not in VENDORS]
    if strange:
        raise Rejected(f"there are no definitions of {strange[0]!r}", hint=f"There are: {', '.join(VENDORS)}.")
    return vendors or tuple(VENDORS)


def compare(counts: Mapping[str, int], vendors: Sequence[str] = (), *, judge: bool = False) -> tuple[Compared, ...]:
    """The vendors' figures from the summed counts of tickets; those that need a judge are unknown without one."""
    every = {"among_all": counts.get("items", 0), **counts}
    return tuple(
        Compared(vendor=name, definition=rule.definition, estimate=rule.estimate(every, judge=judge))
        for name in known(vendors)
        for rule in VENDORS[name]
    )
