"""Figures over HTTP: each with its interval, its numbers, its definition, and FPT's reported figure beside it."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query

from api.figures import Wanted, no_figure, period, report_of
from api.security import Reader
from api.shapes import Past
from metrics.cohort import GroupBy
from metrics.figure import Definition
from metrics.report import DEFINITIONS, Line, Report

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


@router.get("/{figure}", operation_id="figure", summary="One figure of a period")
def one_figure(
    figure: str, caller: Reader, since: Since = None, until: Until = None, origin: Origin | None = None
) -> Line:
    made = report_of(Wanted(caller.tenant_id, *period(since, until), None, origin))
    for line in made.lines:
        if line.definition.name == figure:
            return line
    raise no_figure(figure)
