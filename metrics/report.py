"""The report: every figure of a period with its definition, ready for the command line, the API and the pages."""

from collections.abc import Callable, Iterable
from datetime import datetime

from core.contracts import Frozen
from core.errors import Rejected
from core.events import Event
from metrics import (
    accuracy,
    automation_share,
    containment,
    cost,
    handoffs,
    involvement,
    latency,
    resolution,
    straight_through,
    volume,
    waterfall,
    workload_share,
)
from metrics.beside import Beside, beside_fpt
from metrics.cohort import GROUPS, Cohort, GroupBy, cohort, split
from metrics.estimate import Estimate
from metrics.figure import Definition
from metrics.fold import fold

FIGURES: tuple[tuple[Definition, Callable[[Cohort], Estimate]], ...] = (
    (automation_share.DEFINITION, automation_share.estimate),
    (workload_share.DEFINITION, workload_share.estimate),
    (accuracy.DEFINITION, accuracy.estimate),
    (involvement.DEFINITION, involvement.estimate),
    (containment.DEFINITION, containment.estimate),
    (resolution.DEFINITION, resolution.estimate),
    (resolution.CONFIRMED, resolution.confirmed),
    (straight_through.DEFINITION, straight_through.estimate),
    (handoffs.DEFINITION, handoffs.estimate),
    (latency.DEFINITION, latency.estimate),
    (latency.P90, latency.p90),
    (latency.BY_AGENTS, latency.by_agents),
    (latency.RUN, latency.run_seconds),
    (cost.DEFINITION, cost.estimate),
    (cost.PER_RESOLUTION, cost.per_resolution),
    (volume.DEFINITION, volume.estimate),
    (volume.AGENTS, volume.agents),
)
DEFINITIONS: dict[str, Definition] = {d.name: d for d, _ in FIGURES} | {waterfall.DEFINITION.name: waterfall.DEFINITION}


class Line(Frozen):
    """One figure: what it is and how much it is."""

    definition: Definition
    estimate: Estimate


class Part(Frozen):
    """The figures of one slice, by name; `value` is the agent, intent, language ... it is about."""

    value: str
    tickets: int
    documents: int
    figures: dict[str, Estimate]


class Report(Frozen):
    """A period's report. Counts are of the cohort by arrival; `simulated` says that a simulated reviewer judged."""

    since: datetime
    until: datetime
    now: datetime
    tickets: int
    documents: int
    pending: int
    excluded: dict[str, int]
    simulated: bool
    lines: tuple[Line, ...]
    waterfall_definition: Definition
    waterfall: tuple[waterfall.Stage, ...]
    endings: handoffs.Endings
    why_held: tuple[handoffs.WhyHeld, ...]
    beside: tuple[Beside, ...]
    by: GroupBy | None = None
    parts: tuple[Part, ...] = ()

    def figure(self, name: str) -> Estimate:
        """The estimate of one figure by its name. Raises KeyError for a name that no figure has."""
        for line in self.lines:
            if line.definition.name == name:
                return line.estimate
        raise KeyError(name)


def report(
    events: Iterable[Event],
    *,
    since: datetime,
    until: datetime,
    now: datetime,
    by: GroupBy | None = None,
    origin: str | None = None,
    uplift: Estimate | None = None,
) -> Report:
    """Fold a log and report on the items that arrived in [since, until).

    Hand in the events of items that arrived up to 7 days after `until` too, so that repeat contacts are seen, and of
    imported or earlier tickets, so that the workload is measured. `uplift` comes from a randomised campaign.
    Raises Rejected for a `by` that is no quality of a ticket.
    """
    if by is not None and by not in GROUPS:
        raise Rejected(f"there is no group {by!r}", hint=f"Group by one of: {', '.join(GROUPS)}.")
    return report_on(cohort(fold(events), since=since, until=until, now=now, origin=origin), by=by, uplift=uplift)


def report_on(whole: Cohort, *, by: GroupBy | None = None, uplift: Estimate | None = None) -> Report:
    """The report of a cohort that is already folded."""
    figures = {definition.name: estimate(whole) for definition, estimate in FIGURES}
    lines = tuple(Line(definition=definition, estimate=figures[definition.name]) for definition, _ in FIGURES)
    return Report(
        since=whole.since,
        until=whole.until,
        now=whole.now,
        tickets=len(whole.tickets),
        documents=len(whole.documents),
        pending=whole.pending,
        excluded=whole.excluded,
        simulated=any(run.simulated for run in whole.runs),
        lines=lines,
        waterfall_definition=waterfall.DEFINITION,
        waterfall=waterfall.stages(whole),
        endings=handoffs.endings(whole),
        why_held=handoffs.why_held(whole),
        beside=beside_fpt(figures, whole, uplift),
        by=by,
        parts=_parts(whole, by) if by else (),
    )


def _parts(whole: Cohort, by: GroupBy) -> tuple[Part, ...]:
    return tuple(
        Part(
            value=value,
            tickets=len(part.tickets),
            documents=len(part.documents),
            figures={definition.name: estimate(part) for definition, estimate in FIGURES},
        )
        for value, part in split(whole, by).items()
    )
