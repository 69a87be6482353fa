"""For operations: dead letters with their replay, and the journal."""

from uuid import UUID

from fastapi import APIRouter, Request, Response

from api.pages.render import go, page
from api.pages.session import OpsPage
from api.routes.operations import replay
from core.db import app_database
from core.store import dead, journal

router = APIRouter(include_in_schema=False)


@router.get("/dead-letters")
def dead_page(request: Request, caller: OpsPage) -> Response:
    with app_database().transaction(caller.tenant_id) as connection:
        letters = dead.letters(connection)
    return page(request, caller, "dead.html", letters=letters)


@router.post("/dead-letters/replay")
def replay_all(request: Request, caller: OpsPage) -> Response:
    return _replay(request, caller, None)


@router.post("/dead-letters/{job_id}/replay")
def replay_one(request: Request, caller: OpsPage, job_id: UUID) -> Response:
    return _replay(request, caller, job_id)


def _replay(request: Request, caller: OpsPage, job_id: UUID | None) -> Response:
    with app_database().transaction(caller.tenant_id) as connection:
        replay(connection, caller, job_id)
    return go(request, "/dead-letters")


@router.get("/journal")
def journal_page(request: Request, caller: OpsPage) -> Response:
    with app_database().transaction(caller.tenant_id) as connection:
        entries, broken = journal.read(connection), journal.first_broken(connection)
    return page(request, caller, "journal.html", entries=entries, broken=broken)
