"""What the weekly report says, as plain blocks: HTML and PDF are made from the same ones."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import Connection

from api.figures import Wanted, added, make
from api.insights import Changes, changes, fairness, knowledge_gaps
from api.words import Words
from cli.commands.report import number
from metrics import accuracy, automation_share
from metrics.beside import Beside
from metrics.change import Change
from metrics.cohort import GroupBy
from metrics.estimate import Estimate
from metrics.figure import Definition
from metrics.gaps import KnowledgeGap
from metrics.report import Report

SHOWN = (
    *("automation_share", "workload_share", "accuracy", "repeat_contact"),
    *("straight_through", "document_accuracy", "field_accuracy"),
)
WEEKS = 8
FAIR: tuple[GroupBy, ...] = ("language", "channel", "customer_group")
TIMES = ("first_response", "resolution_time", "hours_saved", "net_hours_saved", "cost_per_item", "cost_per_resolution")


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table; `right` names columns of numbers, `bars` are shares of 1 drawn beside its rows, None for none."""

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str = ""
    right: Sequence[int] = ()
    bars: Sequence[float | None] = field(default=())


@dataclass(frozen=True, kw_only=True)
class Chart:
    """A share over the last weeks: of each, its label, value and interval; None where it is not known."""

    title: str
    points: Sequence[tuple[str, Estimate]]
    note: str


@dataclass(frozen=True, kw_only=True)
class Weekly:
    """The whole report: a title, its period, what matters in sentences and two charts, then tables."""

    title: str
    period: str
    sentences: Sequence[str]
    charts: Sequence[Chart]
    tables: Sequence[Table]
    footnotes: Sequence[str]


def content(connection: Connection, week: Wanted) -> Weekly:
    """Put together the report of one settled week."""
    report = make(connection, week).report
    change, missing = changes(connection, week), knowledge_gaps(connection, week)
    lines = {line.definition.name: line for line in report.lines}
    by_name = {one.name: one for one in change.figures}

    def row(name: str) -> list[str]:
        definition = lines[name].definition
        moved = _moved(by_name.get(name), definition)
        return [definition.title, number(lines[name].estimate, definition), f"{lines[name].estimate.n:,}", moved]

    head = ("Figure", "Value [95 % interval]", "n", "Against the week before")
    last = report.until - timedelta(days=1)
    return Weekly(
        title="Saola: the week in customer service",
        period=f"Items that arrived from {report.since:%d %B %Y} to {last:%d %B %Y}, as of {report.now:%d %B %Y}",
        sentences=_sentences(report, change, next(iter(missing), None)),
        charts=_charts(connection, week),
        tables=[
            Table(title="How right, how much", head=head, rows=[row(name) for name in SHOWN], right=(2,)),
            _waterfall(report),
            Table(title="Times and costs", head=head, rows=[row(name) for name in TIMES], right=(2,)),
            _explained(change),
            *(one for by in FAIR if (one := _fairness(connection, week, by)).rows),
            _gaps(missing),
            _beside(report, {name: line.definition for name, line in lines.items()}),
        ],
        footnotes=[
            "A week is reported once all of its tickets are 7 days old: until then none of them counts as good.",
            "Intervals are 95 %. A figure that was not measured is said to be not yet known; it is never shown as 0.",
            *(f"{lines[name].definition.title}: {_meaning(lines[name].definition)}." for name in SHOWN),
        ],
    )


def _charts(connection: Connection, week: Wanted) -> list[Chart]:
    """The two main figures over the eight weeks up to this one."""
    weeks = [
        week._replace(since=week.since - timedelta(days=7 * n), until=week.until - timedelta(days=7 * n))
        for n in reversed(range(WEEKS))
    ]
    sums = [(f"{one.since:%d %b}", added(connection, one).whole) for one in weeks]
    return [
        Chart(title=title, points=[(label, estimate(one)) for label, one in sums], note=note)
        for title, estimate, note in (
            (
                "Automation share, by week of arrival",
                automation_share.estimate,
                "Share of all tickets. Lines: 95 % intervals.",
            ),
            ("Accuracy of what was automated", accuracy.estimate, "By audits drawn at random. Lines: 95 % intervals."),
        )
    ]


def _meaning(definition: Definition) -> str:
    return f"{definition.numerator}; of {definition.denominator}"


def _moved(one: Change | None, definition: Definition) -> str:
    """What changed against the week before, and whether it is more than chance may do."""
    if one is None or one.difference.value is None:
        return "–"
    d, value = one.difference, one.difference.value
    known = d.low is not None and d.high is not None
    sure = ", a real change" if known and not _by_chance(d) else ""
    if definition.unit == "share":
        around = f" [{_signed(d.low)}, {_signed(d.high)}]" if d.low is not None and d.high is not None else ""
        return f"{_signed(value)} points{around}{sure}"
    said = number(Estimate(value=abs(value)), definition)
    if abs(value) < 0.005 * abs(one.before.value or 0) or not any(digit in said for digit in "123456789"):
        return "the same"
    return f"{'−' if value < 0 else '+'}{said}{sure}"


def _by_chance(difference: Estimate) -> bool:
    return difference.low is None or difference.high is None or difference.low <= 0 <= difference.high


def _signed(part: float | None, digits: int = 1) -> str:
    """A part of 1 in points, with a sign where it is not nought as written."""
    text = f"{100 * (part or 0):+.{digits}f}"
    return text[1:] if float(text) == 0 else text.replace("-", "−")


def _sentences(report: Report, change: Changes, gap: KnowledgeGap | None) -> list[str]:
    found = [f"{report.tickets:,} tickets and {report.documents:,} documents arrived."]
    share, right = report.figure("automation_share"), report.figure("accuracy")
    if share.value is not None:
        found.append(
            f"Agents alone dealt with {_percent(share)} of all tickets, and those customers did not come back."
        )
    else:
        found.append(f"How much was automated is not yet known: {share.missing}.")
    if right.value is not None:
        found.append(f"Of what went out unseen, {_percent(right)} was right, by {right.n:,} audits drawn at random.")
    else:
        found.append(f"How right it was is not yet known: {right.missing}.")
    found += _what_moved(change)
    if gap is not None:
        found.append(
            f"Most could be gained in {gap.intent or 'tickets without an intent'}: at most {100 * gap.adds:.1f} points "
            f"of the workload. What is missing there: {gap.missing}."
        )
    if report.simulated:
        found.append("A simulated reviewer judged some of it: a demonstration, not a measurement.")
    return found


def _what_moved(change: Changes) -> list[str]:
    """Only a change that is more than chance is explained: what lies behind noise is noise."""
    top = next(iter(change.explained), None)
    moved = next((one.difference for one in change.figures if one.name == "automation_share"), None)
    if top is None or moved is None or moved.value is None:
        return []
    said = f"Against the week before the automation share moved by {_signed(moved.value)} points"
    if _by_chance(moved):
        return [f"{said}, no more than chance may do."]
    said += f", a real change; most of it, {_signed(top.total)}, lies in {top.by} {top.value or 'unknown'}."
    same = change.same_mix.difference.value
    return [said if same is None else f"{said} Had customers asked the same as then: {_signed(same)} points."]


def _percent(e: Estimate) -> str:
    if e.value is None or e.low is None or e.high is None:
        return "–"
    return f"{e.value:.1%} (between {e.low:.1%} and {e.high:.1%})"


def _waterfall(report: Report) -> Table:
    rows, bars = [], []
    for stage in report.waterfall:
        count = "–" if stage.count is None else f"{stage.count:,}"
        definition = report.waterfall_definition
        shares = (_whole(number(one, definition), one) for one in (stage.share, stage.workload))
        rows.append([stage.title, count, *shares])
        bars.append(stage.share.value)
    return Table(
        title="From received to audited right",
        head=("Stage", "Tickets", "Share of all", "Share of the workload"),
        rows=rows,
        right=(1,),
        bars=bars,
    )


def _whole(said: str, share: Estimate) -> str:
    """All of all is no estimate."""
    return "100 %" if share.k is not None and share.k == share.n else said


def _explained(change: Changes) -> Table:
    rows = [
        [
            f"{one.by} {one.value or 'unknown'}",
            *(_signed(part, 2) for part in (one.total, one.rate, one.mix)),
        ]
        for one in change.explained[:5]
    ]
    note = "Points of automation share; each quality (agent, intent, language, channel) adds up to the whole change."
    head = ("Slice", "Explains", "By its own share", "By there being more or less of it")
    return Table(title="What moved the automation share", head=head, rows=rows, note=note, right=(1, 2, 3))


def _fairness(connection: Connection, week: Wanted, by: GroupBy) -> Table:
    """Empty where nobody says of which group customers are."""
    found = [gap for gap in fairness(connection, week._replace(by=by)) if gap.value or by != "customer_group"]
    rows = [
        [
            gap.value or "unknown",
            f"{gap.tickets:,}",
            _points(gap.share_gap),
            _points(gap.accuracy_gap),
            ", ".join(name.replace("_", " ") for name in gap.worse) or "–",
        ]
        for gap in found
    ]
    head = (
        by.replace("_", " ").capitalize(),
        "Tickets",
        "Automation share, against all others",
        "Accuracy, against all others",
        "Worse",
    )
    note = "Worse: surely below the others, however many groups were looked at."
    return Table(title=f"Served alike, by {by.replace('_', ' ')}", head=head, rows=rows, note=note, right=(1,))


def _points(e: Estimate) -> str:
    if e.value is None:
        return "not yet known"
    if e.low is None or e.high is None:
        return f"{_signed(e.value)} points"
    return f"{_signed(e.value)} points [{_signed(e.low)}, {_signed(e.high)}]"


def _gaps(missing: Sequence[KnowledgeGap]) -> Table:
    rows, words = [], Words()
    for gap in missing:
        reasons = "; ".join(f"{words(f'reason.{why.code}')} ({why.tickets:,})" for why in gap.held[:2])
        adds = f"{100 * gap.adds:.1f} points"
        rows.append([gap.intent or "no intent", f"{gap.tickets:,}", adds, gap.missing, reasons or "–"])
    head = ("Intent", "Tickets", "Would add at most", "What is missing", "Held because")
    note = "Points of the workload automated, if every ticket of the intent were dealt with by agents for good."
    return Table(title="Ten knowledge gaps", head=head, rows=rows, note=note, right=(1, 2))


def _what_it_takes(one: Beside) -> str:
    return one.note.removeprefix("not yet known: ") if one.ours.missing in one.note else one.note


def _beside(report: Report, definitions: dict[str, Definition]) -> Table:
    rows = []
    for one in report.beside:
        definition = definitions.get(one.name, report.waterfall_definition)
        known = one.ours.value is not None
        rows.append([one.words, number(one.ours, definition) if known else "not yet known", _what_it_takes(one)])
    return Table(title="Beside what FPT Smart Cloud reports", head=("FPT", "Here", "What it would take"), rows=rows)
