"""For operations: dead letters with their replay, and the journal."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import AfterValidator

from api.pages.noted import noted
from api.pages.render import go, page
from api.pages.session import OpsPage
from api.routes.operations import replay
from api.shapes import clean
from core.db import app_database
from core.store import dead, journal

router = APIRouter(include_in_schema=False)
PAGE = 100
Text = Annotated[str, Query(max_length=320), AfterValidator(clean)]
Number = Annotated[str, Query(max_length=18)]


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
def journal_page(
    request: Request, caller: OpsPage, actor: Text = "", action: Text = "", object: Text = "", before: Number = ""
) -> Response:
    chosen = {"actor": actor, "action": action, "object": object}
    last = int(before) if before.isdecimal() else None
    with app_database().transaction(caller.tenant_id) as connection:
        found = journal.read(connection, PAGE + 1, **chosen, before=last)
        broken, named = journal.first_broken(connection), journal.named(connection)
    after = found[PAGE - 1]["number"] if len(found) > PAGE else None
    shown: dict[str, Any] = {"entries": found[:PAGE], "next": after, "broken": broken, "named": named, "chosen": chosen}
    shown["noted"] = noted
    return page(request, caller, "journal.html", **shown)
