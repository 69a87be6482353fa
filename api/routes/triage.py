"""Triage over HTTP: its versions, which serves and which is a candidate; and what a ticket was really about."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from agents.labels import resolve
from api.agents_seen import catalog
from api.security import Caller, Ops, Reader, Staff
from api.shapes import Line, Shape
from core.db import app_database
from core.errors import Rejected
from core.ids import new_id
from core.store import history, outbox, policies, triage_versions

router = APIRouter(prefix="/v1", tags=["triage"])


class Side(BaseModel):
    """One version on the messages that judged both: `right` of those in scope, and its mean log probability of the
    truth."""

    right: int
    score: float


class Compared(BaseModel):
    """Two versions on later messages that neither had learnt from."""

    messages: int
    in_scope: int
    before: Side
    now: Side
    better: bool


class TriageVersion(BaseModel):
    """A trained version. A candidate runs in shadow beside the one that serves."""

    id: UUID
    fingerprint: str
    state: Literal["candidate", "serving", "retired"]
    created_at: datetime
    intents: int
    examples: int = Field(description="Messages it has learnt from.")
    labelled: int = Field(description="Labelled tickets there were; the newest may judge instead of teaching.")
    compared: Compared | None = Field(description="With the version that served when it was trained.")


class Why(Shape):
    """Why somebody decides by hand; it stands in the journal."""

    reason: Line = Field("", examples=["it knows the new intents"])


class IntentIn(Shape):
    """What a ticket was really about."""

    intent: Line = Field(
        description="agent/intent, or the intent alone where only one agent has it; empty: no agent covers it.",
        examples=["delivery_status/track_order"],
    )


class IntentOut(BaseModel):
    """The label as it is kept."""

    ticket_id: UUID
    intent: str


@router.get("/triage", operation_id="list_triage", summary="Versions of triage, newest first")
def list_triage(caller: Reader) -> list[TriageVersion]:
    with app_database().transaction(caller.tenant_id) as connection:
        return all_versions(connection)


@router.post("/triage/train", operation_id="train_triage", status_code=202, summary="Train a new version now")
def train_triage(caller: Ops) -> dict[str, str]:
    """It is judged on later history beside the one that serves, and takes its place when it has earned it."""
    with app_database().transaction(caller.tenant_id) as connection:
        train(connection, caller.tenant_id)
    return {"state": "accepted"}


@router.post("/triage/{version_id}/serve", operation_id="serve_triage", summary="Put a version in service by hand")
def serve_triage(version_id: UUID, body: Why, caller: Ops) -> list[TriageVersion]:
    """Certificates that rest on another version do not hold for this one: its replies wait for people until it has
    earned its own."""
    with app_database().transaction(caller.tenant_id) as connection:
        triage_versions.serve(connection, caller.tenant_id, version_id, by=caller.name, reason=body.reason)
        return all_versions(connection)


@router.post("/triage/{version_id}/retire", operation_id="retire_triage", summary="Give a candidate up")
def retire_triage(version_id: UUID, body: Why, caller: Ops) -> list[TriageVersion]:
    with app_database().transaction(caller.tenant_id) as connection:
        triage_versions.retire(connection, caller.tenant_id, version_id, by=caller.name, reason=body.reason)
        return all_versions(connection)


@router.put("/tickets/{ticket_id}/intent", operation_id="set_intent", summary="Say what the ticket was really about")
def set_intent(ticket_id: UUID, body: IntentIn, caller: Staff) -> IntentOut:
    """The next version of triage learns from it; the ticket itself stays as it is."""
    with app_database().transaction(caller.tenant_id) as connection:
        return label(connection, caller, ticket_id, body.intent.strip())


def all_versions(connection: Connection) -> list[TriageVersion]:
    """Return the tenant's versions, newest first."""
    return [_version(dict(row)) for row in triage_versions.every(connection)]


def train(connection: Connection, tenant_id: UUID) -> None:
    """Ask for a new version; one is trained at a time for each request."""
    generation = new_id().int % 2**31
    outbox.enqueue(connection, tenant_id, "triage.train", "bulk", tenant_id, generation=generation)


def label(connection: Connection, caller: Caller, ticket_id: UUID, intent: str) -> IntentOut:
    """Keep what a ticket was about. Raises Rejected (not_found, intent_unknown)."""
    ticket = history.ticket(connection, ticket_id)
    if ticket is None:
        raise Rejected("there is no such ticket", code="not_found")
    labels = [
        f"{name}/{one}"
        for name, entry in catalog().entries.items()
        if (intents := entry.intents()) is not None
        for one in intents.intents
    ]
    known = resolve([intent], labels)[0] if intent else ""
    if intent and not known:
        hint = "Write agent/intent as GET /v1/agents names them, or leave it empty where no agent covers the ticket."
        raise Rejected(f"no agent knows the intent {intent!r}", code="intent_unknown", hint=hint, where="/intent")
    policies.add_label(connection, caller.tenant_id, ticket_id, known, "staff", ticket["received_at"])
    return IntentOut(ticket_id=ticket_id, intent=known)


def _version(row: dict[str, Any]) -> TriageVersion:
    figures = row["figures"]
    plain = {name: row[name] for name in ("id", "fingerprint", "state", "created_at")}
    counts = {name: int(figures.get(name) or 0) for name in ("intents", "examples", "labelled")}
    return TriageVersion(**plain, **counts, compared=figures.get("compared"))
