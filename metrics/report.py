"""The report: every figure of a period with its definition, ready for the command line, the API and the pages."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

from core.contracts import Frozen
from core.errors import Rejected
from core.events import Event
from metrics import (
    accuracy,
    automation_share,
    containment,
    cost,
    field_accuracy,
    handoffs,
    hours_saved,
    involvement,
    latency,
    models,
    net_of_checks,
    repeat_contact,
    resolution,
    reviewer_agreement,
    satisfaction,
    satisfaction_answers,
    straight_through,
    volume,
    waterfall,
    workload_share,
)
from metrics.beside import Beside, beside_fpt
from metrics.cohort import GROUPS, GroupBy, cohort
from metrics.estimate import Estimate
from metrics.figure import Definition
from metrics.fold import fold
from metrics.sums import Sums, split_sums, sums_of

Figures = Sequence[tuple[Definition, Callable[[Sums], Estimate]]]
FIGURES: Figures = (
    (automation_share.DEFINITION, automation_share.estimate),
    (workload_share.DEFINITION, workload_share.estimate),
    (accuracy.DEFINITION, accuracy.estimate),
    (involvement.DEFINITION, involvement.estimate),
    (containment.DEFINITION, containment.estimate),
    (resolution.DEFINITION, resolution.estimate),
    (resolution.CONFIRMED, resolution.confirmed),
    (repeat_contact.DEFINITION, repeat_contact.estimate),
    (straight_through.DEFINITION, straight_through.estimate),
    (accuracy.DOCUMENTS, accuracy.documents),
    (field_accuracy.DEFINITION, field_accuracy.estimate),
    (reviewer_agreement.DEFINITION, reviewer_agreement.estimate),
    (handoffs.DEFINITION, handoffs.estimate),
    (latency.DEFINITION, latency.estimate),
    (latency.P90, latency.p90),
    (latency.BY_AGENTS, latency.by_agents),
    (latency.RESOLUTION, latency.resolution),
    (latency.RUN, latency.run_seconds),
    (hours_saved.DEFINITION, hours_saved.estimate),
    (net_of_checks.HOURS, net_of_checks.hours),
    (net_of_checks.SHARE, net_of_checks.share),
    (satisfaction.AUTOMATED, satisfaction.automated),
    (satisfaction.ASSISTED, satisfaction.assisted),
    (satisfaction.HUMAN, satisfaction.human),
    (satisfaction_answers.AUTOMATED, satisfaction_answers.automated),
    (satisfaction_answers.ASSISTED, satisfaction_answers.assisted),
    (satisfaction_answers.HUMAN, satisfaction_answers.human),
    (cost.DEFINITION, cost.estimate),
    (cost.PER_RESOLUTION, cost.per_resolution),
    (models.TOKENS, models.tokens),
    (models.CACHED, models.cached),
    (models.CALLS, models.provider_errors),
    (models.FAILURES, models.failures),
    (volume.DEFINITION, volume.estimate),
    (volume.AGENTS, volume.agents),
)
SHARES: Figures = (FIGURES[0], FIGURES[2])  # automation share and accuracy: what a table of parts shows
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
    calls: tuple[models.Asked, ...]
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
    whole = cohort(fold(events), since=since, until=until, now=now, origin=origin)
    return report_on(sums_of(whole), by=by, parts=split_sums(whole, by) if by else {}, uplift=uplift)


def report_on(
    sums: Sums,
    *,
    by: GroupBy | None = None,
    parts: Mapping[str, Sums] | None = None,
    of_parts: Figures = FIGURES,
    uplift: Estimate | None = None,
) -> Report:
    """The report of what a period's items add up to, and of its parts by `by` with the figures `of_parts`."""
    figures = {definition.name: estimate(sums) for definition, estimate in FIGURES}
    lines = tuple(Line(definition=definition, estimate=figures[definition.name]) for definition, _ in FIGURES)
    return Report(
        since=sums.since,
        until=sums.until,
        now=sums.now,
        tickets=sums.tickets["items"],
        documents=sums.documents["items"],
        pending=sums.pending,
        excluded={name: sums.tickets[name] for name in ("spam", "merged")},
        simulated=sums.both("simulated") > 0,
        lines=lines,
        waterfall_definition=waterfall.DEFINITION,
        waterfall=waterfall.stages(sums),
        endings=handoffs.endings(sums),
        why_held=handoffs.why_held(sums),
        calls=models.by_model(sums),
        beside=beside_fpt(figures, sums, uplift),
        by=by,
        parts=tuple(part_of(value, part, of_parts) for value, part in (parts or {}).items()),
    )


def part_of(value: str, sums: Sums, figures: Figures = FIGURES) -> Part:
    """The figures of one slice."""
    return Part(
        value=value,
        tickets=sums.tickets["items"],
        documents=sums.documents["items"],
        figures={definition.name: estimate(sums) for definition, estimate in figures},
    )
