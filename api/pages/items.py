"""The items behind a figure of the control room: those it counts, and those it looks at and does not count."""

from datetime import UTC, datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from api.exports import MEDIA, lines
from api.figures import Wanted, behind_figure, no_figure
from api.pages.render import page
from api.pages.report import Days
from api.pages.session import LookPage
from core.db import app_database
from core.errors import Rejected
from core.store.rollup_items import Asked, Which
from metrics.behind import BEHIND, behind
from metrics.cohort import GROUPS, GroupBy
from metrics.report import DEFINITIONS

router = APIRouter(include_in_schema=False, prefix="/report/items")
PAGE = 50
MOST = 50_000  # rows of a file
COLUMNS = {
    **dict.fromkeys(("id", "item"), "VARCHAR"),
    "received_at": "TIMESTAMPTZ",
    **dict.fromkeys(("subject", "customer_name", "agent", "intent", "language", "outcome"), "VARCHAR"),
    "hit": "BOOLEAN",
}
Figure = Annotated[str, Query(max_length=80)]
Part = Annotated[str, Query(max_length=100)]


@router.get("")
def items_page(
    request: Request,
    caller: LookPage,
    figure: Figure,
    which: Which = "all",
    days: Days = 30,
    by: GroupBy | None = None,
    value: Part = "",
    cursor: Annotated[str, Query(max_length=100)] = "",
) -> Response:
    asked = _asked(figure, which, by, value)
    with app_database().transaction(caller.tenant_id) as connection:
        wanted = _wanted(caller.tenant_id, days)
        found = list(behind_figure(connection, wanted, asked, _read(cursor), PAGE + 1))
    after = f"{found[PAGE - 1]['received_at'].isoformat()}~{found[PAGE - 1]['id']}" if len(found) > PAGE else None
    return page(
        request,
        caller,
        "items.html",
        figure=figure,
        definition=DEFINITIONS["waterfall" if figure.startswith("stage_") else figure] if ":" not in figure else None,
        asked=asked,
        missed=behind(figure).missed,
        items=found[:PAGE],
        next=after,
        days=days,
        by=by if by in GROUPS else None,
        value=value,
    )


@router.get(".csv")
def items_csv(
    caller: LookPage, figure: Figure, which: Which = "all", days: Days = 30, by: GroupBy | None = None, value: Part = ""
) -> Response:
    """The same items as a table for a spreadsheet."""
    asked = _asked(figure, which, by, value)
    with app_database().transaction(caller.tenant_id) as connection:
        wanted = _wanted(caller.tenant_id, days)
        found = behind_figure(connection, wanted, asked, None, MOST)
    headers = {"Content-Disposition": 'attachment; filename="saola-items.csv"'}
    return Response(b"".join(lines(map(dict, found), COLUMNS, "csv")), media_type=MEDIA["csv"], headers=headers)


def _asked(figure: str, which: Which, by: GroupBy | None, value: str) -> Asked:
    if not (figure in DEFINITIONS or figure in BEHIND or figure.startswith("held:")):
        raise no_figure(figure)
    found = behind(figure)
    return Asked(found.item, found.of, found.hit, which, by or "", value)


def _wanted(tenant_id: UUID, days: int) -> Wanted:
    end = datetime.now(UTC).replace(microsecond=0, second=0) + timedelta(minutes=1)
    return Wanted(tenant_id, end - timedelta(days=days), end, None, None)


def _read(cursor: str) -> tuple[datetime, UUID] | None:
    at, _, last = cursor.partition("~")
    try:
        return (datetime.fromisoformat(at), UUID(last)) if cursor else None
    except ValueError as error:
        raise Rejected("the cursor is not one that this list gave", code="malformed") from error
