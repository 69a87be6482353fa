"""Our figures beside the vendors', over the same items."""

from collections.abc import Sequence

from metrics import automation_share, containment, resolution, waterfall
from metrics.definitions.compare import Compared, compare
from metrics.sums import Sums

OURS = (
    (automation_share.DEFINITION, automation_share.estimate),
    (containment.DEFINITION, containment.estimate),
    (resolution.DEFINITION, resolution.estimate),
)
AUDITED = waterfall.DEFINITION.model_copy(
    update={
        "name": "audited_right",
        "title": "Automated, durable and audited right",
        "numerator": "tickets counted by the automation share, times the accuracy that audits of them show",
    }
)


def side_by_side(sums: Sums, vendors: Sequence[str] = (), *, judge: bool = False) -> tuple[Compared, ...]:
    """Ours first, then the vendors asked for, or all. Figures that need a judge are unknown without one.

    Raises Rejected for a vendor whose definitions are not here.
    """
    ours = [Compared(vendor="saola", definition=d, estimate=estimate(sums)) for d, estimate in OURS]
    right = Compared(vendor="saola", definition=AUDITED, estimate=waterfall.stages(sums)[-1].share)
    return (*ours, right, *compare(sums.tickets, vendors, judge=judge))
