"""The control room: every figure with its interval, numbers and definition, beside what FPT reports."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from api.exports import FIGURES, MEDIA, figure_rows, lines
from api.figures import Made, Wanted, made_of
from api.pages.charts import curves
from api.pages.render import page
from api.pages.session import LookPage
from api.routes.operations import LATE_SECONDS
from api.security import Caller
from core.db import app_database
from core.store import health, inbox, outbox, tenants
from metrics.cohort import GROUPS, GroupBy

router = APIRouter(include_in_schema=False)
PERIODS = (7, 30, 90, 365)
HEROES = ("automation_share", "accuracy", "straight_through")
# Which of FPT's reported figures is marked on whose strip.
THEIRS = {"workload_share": 0.46, "accuracy": 0.95}
Days = Annotated[int, Query(ge=1, le=3650)]


@router.get("/report")
def report_page(request: Request, caller: LookPage, days: Days = 30, by: GroupBy = "agent") -> Response:
    made = _made(caller, days, by, shares=True)
    with app_database().transaction(caller.tenant_id) as connection:
        queues = outbox.depth(connection)
        counts = inbox.counts(connection)
        processes = tenants.beats(connection)
        ages = {row["queue"]: row["oldest_seconds"] for row in health.waiting(connection)}
        models, failures = health.models(connection), health.failures(connection)
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
        ages=ages,
        counts=counts,
        processes=processes,
        late=LATE_SECONDS,
        models=models,
        failures=failures,
        target=0.95,
    )


@router.get("/report.csv")
def report_csv(caller: LookPage, days: Days = 30, by: GroupBy = "agent") -> Response:
    """The same figures as a table for a spreadsheet, whole and by group."""
    rows = figure_rows(_made(caller, days, by, shares=False).report)
    headers = {"Content-Disposition": f'attachment; filename="saola-report-{days}-days.csv"'}
    return Response(b"".join(lines(rows, FIGURES, "csv")), media_type=MEDIA["csv"], headers=headers)


def _made(caller: Caller, days: int, by: GroupBy, *, shares: bool) -> Made:
    end = datetime.now(UTC).replace(microsecond=0, second=0) + timedelta(minutes=1)
    return made_of(Wanted(caller.tenant_id, end - timedelta(days=days), end, by, None, shares))
