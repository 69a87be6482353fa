"""The tables of the weekly report."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from api.figures import Wanted
from api.insights import Changes, fairness
from api.words import Words
from cli.weekly.writing import difference, figure, moved, points, signed
from metrics.beside import Beside
from metrics.cohort import GroupBy
from metrics.estimate import Estimate
from metrics.gaps import KnowledgeGap
from metrics.report import DEFINITIONS, Report

FAIR: tuple[GroupBy, ...] = ("language", "channel", "customer_group")
TIMES = (
    *("first_response", "resolution_time", "hours_saved", "net_hours_saved"),
    *("cost_per_item", "cost_per_resolution", "provider_errors"),
)


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table; `right` names columns of numbers, `bars` are shares of 1 drawn beside its rows, None for none."""

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str = ""
    right: Sequence[int] = ()
    bars: Sequence[float | None] = field(default=())


def of(
    t: Words,
    connection: Connection,
    week: Wanted,
    report: Report,
    change: Changes,
    missing: Sequence[KnowledgeGap],
    shown: Sequence[str],
) -> list[Table]:
    """Return all tables of a week, in order."""
    return [
        _figures(t, "weekly.how_right", report, change, shown),
        _waterfall(t, report),
        _figures(t, "weekly.times", report, change, TIMES),
        _explained(t, change),
        *(one for by in FAIR if (one := _fairness(t, connection, week, by)).rows),
        _gaps(t, missing),
        _beside(t, report),
    ]


def slice_of(t: Words, by: str, value: str) -> str:
    """Return a slice as a reader knows it: what it is by, and its value."""
    return f"{t(f'field.{by}')}: {t.known(by, value) if value else t('report.none')}"


def _figures(t: Words, title: str, report: Report, change: Changes, names: Sequence[str]) -> Table:
    lines = {line.definition.name: line for line in report.lines}
    by_name = {one.name: one for one in change.figures}
    rows = []
    for name in names:
        definition, e = lines[name].definition, lines[name].estimate
        against = moved(t, by_name.get(name), definition)
        rows.append([t.phrase(definition.title), figure(t, e, definition), t.number(e.n), against])
    head = [t(f"weekly.{name}") for name in ("figure", "value", "n", "against")]
    return Table(title=t(title), head=head, rows=rows, right=(2,))


def _waterfall(t: Words, report: Report) -> Table:
    rows, bars = [], []
    for stage in report.waterfall:
        count = "–" if stage.count is None else t.number(stage.count)
        rows.append(
            [t(f"stage.{stage.name}"), count, *(_part(t, report, one) for one in (stage.share, stage.workload))]
        )
        bars.append(stage.share.value)
    head = [t(f"weekly.{name}") for name in ("stage", "tickets", "of_all", "of_workload")]
    return Table(title=t("weekly.waterfall"), head=head, rows=rows, right=(1,), bars=bars)


def _part(t: Words, report: Report, share: Estimate) -> str:
    """All of all is no estimate."""
    if share.value is not None and share.k is not None and share.k == share.n:
        return t.share(1, 0)
    return figure(t, share, report.waterfall_definition)


def _explained(t: Words, change: Changes) -> Table:
    rows = [
        [slice_of(t, one.by, one.value), *(signed(t, part, 2) for part in (one.total, one.rate, one.mix))]
        for one in change.explained[:5]
    ]
    head = [t(f"weekly.{name}") for name in ("slice", "explains", "by_rate", "by_mix")]
    return Table(title=t("weekly.explained"), head=head, rows=rows, note=t("weekly.about_explained"), right=(1, 2, 3))


def _fairness(t: Words, connection: Connection, week: Wanted, by: GroupBy) -> Table:
    """Empty where there is one group, for it has no others, or where nobody says of which group customers are."""
    found = [gap for gap in fairness(connection, week._replace(by=by)) if gap.value or by != "customer_group"]
    rows = [
        [
            t.known(by, gap.value) if gap.value else t("report.none"),
            t.number(gap.tickets),
            difference(t, gap.share_gap),
            difference(t, gap.accuracy_gap),
            ", ".join(t.phrase(DEFINITIONS[name].title) for name in gap.worse) or "–",
        ]
        for gap in found
        if len(found) > 1
    ]
    head = [t(f"field.{by}"), *(t(f"weekly.{name}") for name in ("tickets", "share_gap", "accuracy_gap", "worse"))]
    title = t("weekly.fair", by=t(f"field.{by}"))
    return Table(title=title, head=head, rows=rows, note=t("weekly.about_fair"), right=(1,))


def _gaps(t: Words, missing: Sequence[KnowledgeGap]) -> Table:
    rows = []
    for gap in missing:
        reasons = "; ".join(f"{t.known('reason', why.code)} ({t.number(why.tickets)})" for why in gap.held[:2])
        adds = t("weekly.points", n=points(t, gap.adds))
        rows.append(
            [
                t.known("intent", gap.intent) if gap.intent else t("report.none"),
                t.number(gap.tickets),
                adds,
                t.phrase(gap.missing),
                reasons or "–",
            ]
        )
    head = [t("field.intent"), *(t(f"weekly.{name}") for name in ("tickets", "would_add", "lacks", "held"))]
    return Table(title=t("weekly.gaps"), head=head, rows=rows, note=t("weekly.about_gaps"), right=(1, 2))


def _beside(t: Words, report: Report) -> Table:
    rows = []
    for one in report.beside:
        definition = DEFINITIONS.get(one.name, report.waterfall_definition)
        known = one.ours.value is not None
        ours = figure(t, one.ours, definition) if known else t("weekly.unknown")
        rows.append([t.phrase(one.words), ours, _what_it_takes(t, one)])
    head = [t(f"weekly.{name}") for name in ("theirs", "here", "it_takes")]
    return Table(title=t("weekly.beside"), head=head, rows=rows)


def _what_it_takes(t: Words, one: Beside) -> str:
    if one.ours.value is None and one.ours.missing in one.note:
        return t.phrase(one.ours.missing)
    return t.phrase(one.note)
