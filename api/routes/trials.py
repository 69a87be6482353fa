"""Trials over HTTP: try an agent on a text; a worker runs it as the line would, and nothing is sent or counted."""

import io
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field
from ruamel.yaml import YAML
from sqlalchemy import Connection

from api.agents_seen import catalog
from api.security import Caller, Observer
from api.shapes import Body, CustomerIn, Line, Shape
from core.db import app_database
from core.errors import Rejected
from core.store import trials
from core.store.outbox import Queue

router = APIRouter(prefix="/v1", tags=["agents"])


class TrialIn(Shape):
    """A ticket's first message, for one agent to work on."""

    text: Body = Field(examples=["I lost my card, please block it."])
    subject: Line = ""
    language: str = Field("", pattern=r"^([a-z]{2,3})?$", description="ISO 639; empty: found out by triage.")
    customer: CustomerIn = CustomerIn()


class Trial(BaseModel):
    """A trial. `result` has triage's route, the agent's proposal and what the gate would decide; empty until done."""

    id: UUID
    agent: str
    by: str
    given: dict[str, Any]
    state: Literal["waiting", "done", "failed"]
    result: dict[str, Any]
    error: str = Field(description="What the last attempt said, where it failed.")
    created_at: datetime
    finished_at: datetime | None


class TrialAccepted(BaseModel):
    """The trial waits for a worker."""

    id: UUID
    url: str


@router.post("/agents/{name}/trials", operation_id="try_agent", status_code=202, summary="Try an agent on a text")
def try_agent(name: str, body: TrialIn, caller: Observer) -> TrialAccepted:
    """It runs as in the line, up to the gate's decision; nothing is sent, recorded as a run, audited or counted."""
    with app_database().transaction(caller.tenant_id) as connection:
        trial_id = begin(connection, caller, name, body)
    return TrialAccepted(id=trial_id, url=f"/v1/trials/{trial_id}")


@router.get("/trials/{trial_id}", operation_id="get_trial", summary="What a trial gave")
def get_trial(trial_id: UUID, caller: Observer) -> Trial:
    with app_database().transaction(caller.tenant_id) as connection:
        return one(connection, trial_id)


def begin(connection: Connection, caller: Caller, name: str, body: TrialIn) -> UUID:
    """Ask for a trial. Raises Rejected: agent_unknown, not_an_agent."""
    manifest = catalog().get(name).manifest
    if manifest.kind != "agent":
        told = f"{name} reads documents: upload one instead"
        raise Rejected(told, code="not_an_agent", hint="POST /v1/documents")
    customer = {"address": body.customer.address, "name": body.customer.name, "verified": body.customer.verified}
    given = {"text": body.text.strip(), "subject": body.subject, "language": body.language, **customer}
    queue: Queue = "llm" if manifest.engine == "llm" else "tickets"
    return trials.add(connection, caller.tenant_id, agent=name, given=given, by=caller.name, queue=queue)


def one(connection: Connection, trial_id: UUID) -> Trial:
    """Return a trial. Raises Rejected (not_found)."""
    row = trials.find(connection, trial_id)
    if row is None:
        raise Rejected("there is no such trial", code="not_found", hint="Trials are forgotten after 30 days.")
    known = {name: row[name] for name in Trial.model_fields if name != "state"}
    return Trial(**known, state="failed" if row["dead"] else row["state"])


def as_case(trial: Trial) -> str:
    """Return the trial as an entry of the agent's cases.yaml that expects what it gave."""
    given, proposal = trial.given, trial.result["proposal"]
    ticket = {name: given[name] for name in ("subject", "text", "language") if given.get(name)}
    customer = {name: given[name] for name in ("address", "name", "verified") if given.get(name)}
    expect: dict[str, Any] = {name: proposal[name] for name in ("kind", "intent", "language") if proposal.get(name)}
    if proposal.get("actions"):
        expect["actions"] = [{name: one[name] for name in ("name", "arguments")} for one in proposal["actions"]]
    name = " ".join((given.get("subject") or given["text"]).split())[:60]
    case = {"name": name, "ticket": ticket, **({"customer": customer} if customer else {}), "expect": expect}
    yaml, content = YAML(), io.StringIO()
    yaml.dump([case], content)
    return content.getvalue()
