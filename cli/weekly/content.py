"""What the weekly report says, as plain blocks in the reader's language: HTML and PDF are made from the same ones."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import Connection

from api.figures import Wanted, added, make
from api.insights import Changes, changes, knowledge_gaps
from api.words import Words
from cli.weekly import tables
from cli.weekly.tables import Table
from cli.weekly.writing import amount, moved, points, signed, surely
from metrics import accuracy, automation_share
from metrics.estimate import Estimate
from metrics.figure import Definition
from metrics.gaps import KnowledgeGap
from metrics.report import Report

CARDS = ("automation_share", "accuracy", "straight_through", "net_hours_saved")
SHOWN = (
    *("automation_share", "workload_share", "accuracy", "repeat_contact"),
    *("straight_through", "document_accuracy", "field_accuracy"),
)
WEEKS = 8


@dataclass(frozen=True, kw_only=True)
class Card:
    """One figure at a glance: its value in large, its interval (or what is missing), and how it moved."""

    title: str
    value: str
    around: str
    moved: str


@dataclass(frozen=True, kw_only=True)
class Chart:
    """A share over the last weeks: of each, its label, value and interval; None where it is not known."""

    title: str
    points: Sequence[tuple[str, Estimate]]
    note: str


@dataclass(frozen=True, kw_only=True)
class Weekly:
    """The whole report: a title, its period, figures at a glance, what matters in sentences, two charts, then tables.

    words: what the page itself says (nothing, unknown, how_to_read)
    """

    language: str
    title: str
    period: str
    cards: Sequence[Card]
    sentences: Sequence[str]
    charts: Sequence[Chart]
    tables: Sequence[Table]
    footnotes: Sequence[str]
    words: dict[str, str] = field(default_factory=dict)


def content(connection: Connection, week: Wanted, t: Words) -> Weekly:
    """Put together the report of one settled week in the words of `t`."""
    report = make(connection, week).report
    change, missing = changes(connection, week), knowledge_gaps(connection, week)
    lines = {line.definition.name: line for line in report.lines}
    by_name = {one.name: one for one in change.figures}
    last = report.until - timedelta(days=1)
    return Weekly(
        language=t.language,
        title=t("weekly.title"),
        period=t("weekly.period", since=t.day(report.since), last=t.day(last), now=t.day(report.now)),
        cards=[
            _card(t, lines[name].definition, lines[name].estimate, moved(t, by_name.get(name), lines[name].definition))
            for name in CARDS
        ],
        sentences=_sentences(t, report, change, next(iter(missing), None)),
        charts=_charts(connection, week, t),
        tables=tables.of(t, connection, week, report, change, missing, SHOWN),
        footnotes=[
            t("weekly.about_week"),
            t("weekly.about_intervals"),
            *(_meaning(t, lines[name].definition) for name in SHOWN),
        ],
        words={name: t(f"weekly.{name}") for name in ("nothing", "unknown", "how_to_read", "what_matters")},
    )


def _card(t: Words, definition: Definition, e: Estimate, change: str) -> Card:
    title = t.phrase(definition.title)
    if e.value is None:
        return Card(title=title, value="–", around=f"{t('weekly.unknown')}: {t.phrase(e.missing)}", moved="")
    around = ""
    if e.low is not None and e.high is not None:
        ends = (amount(t, end, definition) for end in (e.low, e.high))
        around = f"95 %: {' … '.join(ends)} · n {t.number(e.n)}"
    said = "" if change == "–" else t("weekly.since_last", moved=change)
    return Card(title=title, value=amount(t, e.value, definition), around=around, moved=said)


def _charts(connection: Connection, week: Wanted, t: Words) -> list[Chart]:
    """The two main figures over the eight weeks up to this one."""
    weeks = [
        week._replace(since=week.since - timedelta(days=7 * n), until=week.until - timedelta(days=7 * n))
        for n in reversed(range(WEEKS))
    ]
    sums = [(t.month_day(one.since), added(connection, one).whole) for one in weeks]
    found = []
    for name, of in (("share", automation_share.estimate), ("accuracy", accuracy.estimate)):
        title, note = (t(f"weekly.{name}_{part}") for part in ("chart", "note"))
        found.append(Chart(title=title, points=[(label, of(one)) for label, one in sums], note=note))
    return found


def _meaning(t: Words, definition: Definition) -> str:
    parts = (t.phrase(part) for part in (definition.title, definition.numerator, definition.denominator))
    return t("weekly.meaning", **dict(zip(("title", "numerator", "denominator"), parts, strict=True)))


def _sentences(t: Words, report: Report, change: Changes, gap: KnowledgeGap | None) -> list[str]:
    found = [t("weekly.arrived", tickets=t.number(report.tickets), documents=t.number(report.documents))]
    if report.pending:
        found.append(t("weekly.pending", n=t.number(report.pending)))
    for name, figure in (("share", "automation_share"), ("right", "accuracy")):
        e = report.figure(figure)
        if e.value is None:
            found.append(t(f"weekly.{name}_unknown", missing=t.phrase(e.missing)))
        else:
            found.append(t(f"weekly.{name}", share=_between(t, e), n=t.number(e.n)))
    found += _what_moved(t, change)
    if gap is not None:
        found.append(
            t(
                "weekly.gap",
                intent=t.known("intent", gap.intent or t("weekly.no_intent")),
                points=points(t, gap.adds),
                missing=t.phrase(gap.missing),
            )
        )
    if report.simulated:
        found.append(t("weekly.simulated"))
    return found


def _between(t: Words, e: Estimate) -> str:
    if e.value is None or e.low is None or e.high is None:
        return "–"
    return t("weekly.between", value=t.share(e.value), low=t.share(e.low), high=t.share(e.high))


def _what_moved(t: Words, change: Changes) -> list[str]:
    """Only a change that is more than chance is explained: what lies behind noise is noise."""
    top = next(iter(change.explained), None)
    share = next((one.difference for one in change.figures if one.name == "automation_share"), None)
    if top is None or share is None or share.value is None:
        return []
    if not surely(share):
        return [t("weekly.by_chance", points=signed(t, share.value))]
    place = tables.slice_of(t, top.by, top.value)
    said = t("weekly.moved", points=signed(t, share.value), top=signed(t, top.total), place=place)
    same = change.same_mix.difference.value
    return [said if same is None else f"{said} {t('weekly.same_mix', points=signed(t, same))}"]
