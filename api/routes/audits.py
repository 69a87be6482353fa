"""Audits over HTTP: what waits for a judgement, without its score, and the judgement."""

from collections.abc import Set
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import AfterValidator, BaseModel, Field

from api import views
from api.routes.reviews import Seconds
from api.security import Staff
from api.shapes import Line, Shape, clean
from core.db import app_database
from core.errors import Rejected
from core.store import audits, desk, known_bad

router = APIRouter(prefix="/v1/audits", tags=["audits"])


class Audit(BaseModel):
    """A run to be judged. Neither its score nor the gate's decision is here: the judgement must not know them.

    Where reviewers judge blind to who wrote it too, `agent` is null, and nothing is told that only an agent gives: no
    sources, no provenance of values."""

    id: UUID
    agent: str | None
    intent: str
    language: str
    drawn_at: datetime
    due_at: datetime | None
    ticket_id: UUID | None
    document_id: UUID | None
    turn: int
    subject: str
    question: str
    reply: str
    actions: list[dict[str, Any]]
    fields: list[dict[str, Any]]
    sources: list[dict[str, Any]]


class Audits(BaseModel):
    """Open audits, oldest first."""

    audits: list[Audit]


class Judgement(Shape):
    """Was all of it right: intent, answer, every action and value? `critical`: would it have done harm?
    `wrong_fields`: which of a document's fields are wrong; each field's certificate rests on it."""

    right: bool
    critical: bool = False
    wrong_fields: Annotated[list[Line] | None, Field(max_length=500)] = None
    note: Annotated[str, Field(max_length=2000), AfterValidator(clean)] = ""
    seconds: Seconds | None = None


class Judged(BaseModel):
    """The judgement is recorded; now the score may be seen. `known_bad`: it was an answer to another question, put
    there to see whether it is caught, and has neither score nor action; `right` is then the first word on it. Where
    reviewers judge blind to who wrote it, neither agent nor score nor action is told."""

    id: UUID
    agent: str | None
    score: float | None
    action: str
    right: bool
    known_bad: bool = False


@router.get("", operation_id="list_audits", summary="What waits for a judgement, oldest first")
def list_audits(caller: Staff, limit: Annotated[int, Query(ge=1, le=200)] = 50) -> Audits:
    with app_database().transaction(caller.tenant_id) as connection:
        rows, hidden = audits.waiting(connection, limit, caller.name), audits.author_hidden(connection)
    return Audits(audits=[of_row(row, author_hidden=hidden) for row in rows])


@router.post("/{audit_id}/judge", operation_id="judge_audit", summary="Judge a run, blind to its score")
def judge_audit(audit_id: UUID, body: Judgement, caller: Staff) -> Judged:
    """Judging again corrects the earlier judgement; both are kept."""
    with app_database().transaction(caller.tenant_id) as connection:
        return judge(connection, caller.tenant_id, audit_id, body, caller.name)


def judge(connection: Any, tenant_id: UUID, audit_id: UUID, body: Judgement, by: str) -> Judged:
    """Record a judgement. Raises Rejected (not_found)."""
    hidden = audits.author_hidden(connection)
    if said := known_bad.judge(connection, audit_id, right=body.right, by=by):
        agent = None if hidden else said.agent
        return Judged(id=audit_id, agent=agent, score=None, action="", right=said.right, known_bad=True)
    found = desk.open_audit(connection, audit_id)
    if found is None:
        raise Rejected("there is no such audit", code="not_found", hint="List what waits: GET /v1/audits")
    at = datetime.now().astimezone()  # the store dates it back by the item's own shift
    told = body.model_dump(include={"right", "critical", "note", "seconds", "wrong_fields"})
    row = audits.judge(connection, tenant_id, audit_id, by=by, at=at, **told)
    if hidden:
        return Judged(id=audit_id, agent=None, score=None, action="", right=body.right)
    return Judged(id=row["id"], agent=row["agent"], score=row["score"], action=row["action"], right=body.right)


def of_row(row: views.Row, *, author_hidden: bool) -> Audit:
    """Make an audit of a row, leaving out what would tell how sure the agent was, or who wrote it where that is
    hidden."""
    without = {"score", "provenance"} if author_hidden else {"score"}
    lists = {name: [_without(without, one) for one in row[name] or ()] for name in ("actions", "fields", "sources")}
    words = {name: row[name] or "" for name in ("subject", "question", "reply")}
    shown = {**{name: row[name] for name in Audit.model_fields if name in row}, **lists, **words}
    return Audit(**(shown | {"agent": None, "sources": []} if author_hidden else shown))


def _without(names: Set[str], value: dict[str, Any]) -> dict[str, Any]:
    return {name: part for name, part in value.items() if name not in names}
