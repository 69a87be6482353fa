"""The audit queue: one run at a time, judged blind, with one key."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from pydantic import TypeAdapter

from api.agents_seen import catalog
from api.gate_seen import standing_of
from api.pages.passages import of_proposal
from api.pages.render import go, is_htmx, page
from api.pages.session import StaffPage
from api.pages.ticket import number
from api.problems import invalid
from api.routes import audits as routes
from api.security import Caller
from api.words import Words
from core.contracts import owners_of
from core.db import app_database
from core.store import audits, inbox

router = APIRouter(include_in_schema=False, prefix="/audits")
_judgement: TypeAdapter[routes.Judgement] = TypeAdapter(routes.Judgement)
AGENTS = 20  # of which it is told how many audits wait: those with most
Verdict = Literal["right", "wrong", "harmful"]


@router.get("")
def audits_page(request: Request, caller: StaffPage) -> Response:
    return show(request, caller)


def show(request: Request, caller: Caller, notice: dict[str, str] | None = None) -> Response:
    """Return the page with the audit that has waited longest."""
    with app_database().transaction(caller.tenant_id) as connection:
        rows = audits.waiting(connection, 1, caller.name)
        progress = sorted(audits.progress(connection), key=lambda one: (-one["open"], one["agent"]))[:AGENTS]
        counts = inbox.counts(connection)
        agents = [*(row["agent"] for row in rows), *(one["agent"] for one in progress)]
        standing = standing_of(connection, [owner for agent in agents for owner in _owners(agent)])
    audit = routes.of_row(rows[0]) if rows else None
    left = counts["audits"] if counts else 0
    supported = of_proposal(audit.model_dump()) if audit else []
    return page(
        request,
        caller,
        "audits.html",
        audit=audit,
        supported=supported,
        progress=progress,
        left=left,
        notice=notice,
        standing=list(standing.values()),
    )


def _owners(agent: str) -> tuple[str, ...]:
    entry = catalog().entries.get(agent)
    return owners_of(agent, entry.manifest.family if entry else "")


@router.post("/{audit_id}")
def judge(
    request: Request,
    caller: StaffPage,
    audit_id: UUID,
    verdict: Annotated[Verdict, Form()],
    note: Annotated[str, Form()] = "",
    seconds: Annotated[str, Form()] = "",
    wrong_field: Annotated[list[str] | None, Form()] = None,
) -> Response:
    right = verdict == "right" and not wrong_field  # a field that was ticked as wrong speaks louder than the button
    said = {"right": right, "critical": verdict == "harmful", "note": note, "wrong_fields": wrong_field}
    said["seconds"] = number(seconds)
    body = invalid(_judgement, said)
    with app_database().transaction(caller.tenant_id) as connection:
        row = routes.judge(connection, caller.tenant_id, audit_id, body, caller.name)
    words = Words(caller.language)
    told = words("audit.done", score=words.number(row["score"], 2), action=words.known("action", row["action"]))
    if is_htmx(request):
        return show(request, caller, {"tone": "good", "text": told})
    return go(request, "/audits")
