"""Figures over HTTP: each with its interval, its numbers, its definition, and FPT's reported figure beside it."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from fastapi.responses import FileResponse
from pydantic import BaseModel
from starlette.background import BackgroundTask

from api.exports import EVENTS, FIGURES, MEDIA, Format, figure_rows, write
from api.figures import Wanted, added, make, no_figure, period, report_of
from api.gate_seen import Judging, judging_of
from api.insights import Changes, One, changes, days_before, fairness, knowledge_gaps, one_figure
from api.security import Reader
from api.shapes import Past
from core.db import app_database
from core.errors import Rejected
from core.store import events, health
from metrics.cohort import GroupBy
from metrics.definitions.compare import Compared, known
from metrics.fairness import Gap
from metrics.figure import Definition
from metrics.gaps import KnowledgeGap
from metrics.report import DEFINITIONS, Report
from metrics.side_by_side import side_by_side

router = APIRouter(prefix="/v1/metrics", tags=["figures"])
Origin = Literal["live", "import", "demo"]
Since = Annotated[Past | None, Query(description="Items that arrived from then on; default 30 days before `until`.")]
Until = Annotated[Past | None, Query(description="Items that arrived before then; default now.")]


@router.get("/report", operation_id="report", summary="Every figure of a period")
def whole_report(
    caller: Reader, since: Since = None, until: Until = None, by: GroupBy | None = None, origin: Origin | None = None
) -> Report:
    """What is not measured is null, with what is missing; never 0 or 1 instead."""
    return report_of(Wanted(caller.tenant_id, *period(since, until), by, origin))


@router.get("/definitions", operation_id="definitions", summary="What each figure counts")
def definitions(_: Reader) -> list[Definition]:
    return list(DEFINITIONS.values())


@router.get("/side-by-side", operation_id="side_by_side", summary="The same items under other vendors' definitions")
def beside_others(
    caller: Reader,
    since: Since = None,
    until: Until = None,
    origin: Origin | None = None,
    definitions: Annotated[str, Query(description="Vendors, separated by commas: fin,zendesk. Default: all.")] = "",
) -> list[Compared]:
    """Ours first. Figures that need a language model's verdict are null here, never guessed."""
    vendors = known([name.strip() for name in definitions.split(",") if name.strip()])
    with app_database().transaction(caller.tenant_id, snapshot=True) as connection:
        found = added(connection, Wanted(caller.tenant_id, *period(since, until), None, origin))
    return list(side_by_side(found.whole, vendors))


@router.get("/changes", operation_id="changes", summary="A period beside the one before, and what explains the change")
def what_changed(
    caller: Reader,
    since: Since = None,
    until: Until = None,
    origin: Origin | None = None,
    figure: Annotated[
        Literal["automation_share", "resolution"], Query(description="Whose change is explained.")
    ] = "automation_share",
) -> Changes:
    """Every difference has its interval. Slices explain a change by their own share (rate) or their weight (mix)."""
    wanted = Wanted(caller.tenant_id, *period(since, until), None, origin)
    with app_database().transaction(caller.tenant_id, snapshot=True) as connection:
        return changes(connection, wanted, figure)


@router.get("/fairness", operation_id="fairness", summary="Each language, or other group, against all others")
def who_is_served_worse(
    caller: Reader,
    since: Since = None,
    until: Until = None,
    by: GroupBy = "language",
    origin: Origin | None = None,
) -> list[Gap]:
    """`worse` names figures that are surely below the others', however many groups were looked at."""
    wanted = Wanted(caller.tenant_id, *period(since, until), by, origin)
    with app_database().transaction(caller.tenant_id, snapshot=True) as connection:
        return list(fairness(connection, wanted))


@router.get("/knowledge-gaps", operation_id="knowledge_gaps", summary="Intents that would add most, and what they lack")
def what_is_missing(
    caller: Reader, since: Since = None, until: Until = None, origin: Origin | None = None
) -> list[KnowledgeGap]:
    """By the workload share that automating the rest of an intent would add, at most."""
    wanted = Wanted(caller.tenant_id, *period(since, until), None, origin)
    with app_database().transaction(caller.tenant_id, snapshot=True) as connection:
        return list(knowledge_gaps(connection, wanted))


@router.get(
    "/export", operation_id="export_figures", summary="Figures or events as a file", response_class=FileResponse
)
def export(
    caller: Reader,
    since: Since = None,
    until: Until = None,
    what: Annotated[
        Literal["figures", "events"], Query(description="Events need scope ops: they name people.")
    ] = "figures",
    format: Format = "csv",
    by: GroupBy | None = None,
    origin: Origin | None = None,
) -> FileResponse:
    """CSV, JSON lines or Parquet; of events, those that happened in the period."""
    start, end = period(since, until)
    if what == "events" and not caller.may("ops"):
        raise Rejected("events need the scope ops", code="scope_missing", hint="Use a key of scope ops.")
    columns = EVENTS if what == "events" else FIGURES
    with tempfile.NamedTemporaryFile(suffix=f".{format}", delete=False) as made:
        file = Path(made.name)
    try:
        with app_database().transaction(caller.tenant_id, snapshot=True) as connection:
            if what == "events":
                rows: Iterator[dict[str, Any]] = map(dict, events.stream(connection, start, end))
            else:
                rows = figure_rows(make(connection, Wanted(caller.tenant_id, start, end, by, origin)).report)
            write(rows, columns, format, file)
    except BaseException:
        file.unlink()
        raise
    name = f"saola-{what}-{start:%Y-%m-%d}-{end:%Y-%m-%d}.{format}"
    return FileResponse(file, filename=name, media_type=MEDIA[format], background=BackgroundTask(file.unlink))


@router.get("/judged", operation_id="judged", summary="Accuracy by a model as a judge, corrected by people's audits")
def judged(caller: Reader, since: Since = None, until: Until = None) -> Judging:
    """Beside the accuracy by audits alone, and never without the judge's own errors (sensitivity, specificity); null,
    with what is missing, until people have audited enough of what it judged."""
    with app_database().transaction(caller.tenant_id, snapshot=True) as connection:
        return judging_of(connection, period(since, until))


class Waiting(BaseModel):
    """What waits for a person in one queue, and since when it is here."""

    queue: Literal["review", "handoff", "failed", "document", "audit"]
    waiting: int
    oldest_seconds: float
    median_seconds: float
    p90_seconds: float


@router.get("/waiting", operation_id="waiting", summary="What waits for people now, and how long already")
def waiting(caller: Reader) -> list[Waiting]:
    """As of now, not of a period: all of them are counted, so there is no interval. A queue where nothing waits is
    left out."""
    with app_database().transaction(caller.tenant_id) as connection:
        return [Waiting(**row) for row in health.waiting(connection)]


@router.get("/{figure}", operation_id="figure", summary="One figure of a period, by group, beside an earlier one")
def one(
    figure: str,
    caller: Reader,
    since: Since = None,
    until: Until = None,
    by: GroupBy | None = None,
    compare: Annotated[
        Literal["before", "year"] | None,
        Query(description="Beside the period just before, or the same weekdays a year (364 days) earlier."),
    ] = None,
    origin: Origin | None = None,
) -> One:
    """Differences have intervals of their own; a figure that is not known in one period has none."""
    wanted = Wanted(caller.tenant_id, *period(since, until), by, origin)
    now, then = report_of(wanted), None
    if compare is not None:
        then = report_of(days_before(wanted, now.since, now.until, year=compare == "year"))
    found = one_figure(now, then, figure)
    if found is None:
        raise no_figure(figure)
    return found
