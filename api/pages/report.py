"""The control room: every figure with its interval, numbers and definition, beside what FPT reports."""

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from api.figures import GROUPS, Made, Wanted, made_of
from api.pages.charts import curves
from api.pages.render import page
from api.pages.session import LookPage
from api.security import Caller
from core.db import app_database
from core.store import inbox, outbox
from metrics.cohort import GroupBy
from metrics.report import Report

router = APIRouter(include_in_schema=False)
PERIODS = (7, 30, 90, 365)
HEROES = ("automation_share", "accuracy", "straight_through")
# Which of FPT's reported figures is marked on whose strip.
THEIRS = {"workload_share": 0.46, "accuracy": 0.95}
Days = Annotated[int, Query(ge=1, le=3650)]


@router.get("/report")
def report_page(request: Request, caller: LookPage, days: Days = 30, by: GroupBy = "agent") -> Response:
    made = _made(caller, days, by)
    with app_database().transaction(caller.tenant_id) as connection:
        queues = outbox.depth(connection)
        counts = inbox.counts(connection)
    return page(
        request,
        caller,
        "report.html",
        report=made.report,
        lines={line.definition.name: line for line in made.report.lines},
        heroes=HEROES,
        theirs=THEIRS,
        trend=made.trend,
        curves=curves(made.trend),
        periods=PERIODS,
        days=days,
        by=by,
        groups=GROUPS,
        queues=queues,
        counts=counts,
        target=0.95,
    )


@router.get("/report.csv")
def report_csv(caller: LookPage, days: Days = 30, by: GroupBy = "agent") -> Response:
    """The same figures as a table for a spreadsheet, whole and by group."""
    content = io.StringIO()
    out = csv.writer(content)
    out.writerow(["group", "value", "figure", "estimate", "low", "high", "k", "n", "pending", "missing", "simulated"])
    for row in _rows(_made(caller, days, by).report):
        out.writerow([_safe(cell) for cell in row])
    headers = {"Content-Disposition": f'attachment; filename="saola-report-{days}-days.csv"'}
    return Response(content.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)


def _rows(report: Report) -> list[list[object]]:
    found: list[list[object]] = []
    groups = [("all", "", {line.definition.name: line.estimate for line in report.lines})]
    groups += [(str(report.by), part.value, part.figures) for part in report.parts]
    for group, value, figures in groups:
        for name, e in figures.items():
            found.append([group, value, name, e.value, e.low, e.high, e.k, e.n, e.pending, e.missing, e.simulated])
    return found


def _safe(cell: object) -> object:
    """A spreadsheet takes a text that begins with one of these for a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell


def _made(caller: Caller, days: int, by: GroupBy) -> Made:
    end = datetime.now(UTC).replace(microsecond=0, second=0) + timedelta(minutes=1)
    return made_of(Wanted(caller.tenant_id, end - timedelta(days=days), end, by, None))
