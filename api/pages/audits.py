"""The audit queue: one run at a time, judged blind, with one key."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from pydantic import TypeAdapter

from api.agents_seen import catalog
from api.gate_seen import agreement_of, attention_of, standing_of
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
        hidden = audits.author_hidden(connection)
        agents = [*(row["agent"] for row in rows if not hidden), *(one["agent"] for one in progress)]
        attention, agreed = attention_of(connection), agreement_of(connection)
        standing = standing_of(connection, [owner for agent in agents for owner in _owners(agent)])
    audit = routes.of_row(rows[0], author_hidden=hidden) if rows else None
    left = counts["audits"] if counts else 0
    supported = of_proposal(audit.model_dump()) if audit else []
    return page(
        request,
        caller,
        "audits.html",
        audit=audit,
        blind=hidden,
        supported=supported,
        progress=progress,
        left=left,
        notice=notice,
        standing=list(standing.values()),
        attention=attention,
        agreement=agreed,
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
        judged = routes.judge(connection, caller.tenant_id, audit_id, body, caller.name)
    if is_htmx(request):
        return show(request, caller, _told(Words(caller.language), judged))
    return go(request, "/audits")


def _told(words: Words, judged: routes.Judged) -> dict[str, str]:
    """What is said after a judgement: the score that was hidden, if it may be told, or that the answer was known to be
    bad."""
    if judged.known_bad:
        missed = "audit.known_bad_missed" if judged.right else "audit.known_bad_caught"
        return {"tone": "bad" if judged.right else "good", "text": words(missed)}
    if judged.agent is None:
        return {"tone": "good", "text": words("audit.done_blind")}
    score = "" if judged.score is None else words.number(judged.score, 2)
    return {"tone": "good", "text": words("audit.done", score=score, action=words.known("action", judged.action))}
