"""The same log under everyone's definitions, side by side, so that like is compared with like."""

from collections.abc import Sequence

from core.contracts import Frozen
from core.errors import Rejected
from metrics import automation_share, containment, resolution
from metrics.cohort import Cohort
from metrics.definitions import ada, agentforce, chatwoot, decagon, fin, libredesk, zendesk
from metrics.definitions.judge import Estimator, Judge
from metrics.estimate import Estimate
from metrics.figure import Definition

Figures = tuple[tuple[Definition, Estimator], ...]
VENDORS: dict[str, Figures] = {
    "fin": fin.FIGURES,
    "zendesk": zendesk.FIGURES,
    "agentforce": agentforce.FIGURES,
    "ada": ada.FIGURES,
    "chatwoot": chatwoot.FIGURES,
    "decagon": decagon.FIGURES,
    "libredesk": libredesk.FIGURES,
}
OURS = (
    (automation_share.DEFINITION, automation_share.estimate),
    (containment.DEFINITION, containment.estimate),
    (resolution.DEFINITION, resolution.estimate),
)


class Compared(Frozen):
    """One figure under one vendor's definition ("saola" is ours)."""

    vendor: str
    definition: Definition
    estimate: Estimate


def compare(cohort: Cohort, vendors: Sequence[str] = (), judge: Judge | None = None) -> tuple[Compared, ...]:
    """Ours first, then the vendors asked for, or all. Figures that need a judge are unknown without one.

    Raises Rejected for a vendor whose definitions are not here.
    """
    unknown = [name for name in vendors if name not in VENDORS]
    if unknown:
        raise Rejected(f"there are no definitions of {unknown[0]!r}", hint=f"There are: {', '.join(VENDORS)}.")
    found = [Compared(vendor="saola", definition=d, estimate=estimate(cohort)) for d, estimate in OURS]
    found += [
        Compared(vendor=name, definition=definition, estimate=estimate(cohort, judge))
        for name in (vendors or VENDORS)
        for definition, estimate in VENDORS[name]
    ]
    return tuple(found)
