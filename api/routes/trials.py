"""Trials over HTTP: try an agent on a text; a worker runs it as the line would, and nothing is sent or counted."""

import io
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field
from ruamel.yaml import YAML
from sqlalchemy import Connection

from agents import own_folder
from api.agents_seen import catalog, look_again
from api.security import Caller, Observer
from api.shapes import Body, CustomerIn, Line, Shape
from core.db import app_database
from core.errors import Rejected
from core.settings import settings
from core.store import journal, trials
from core.store.outbox import Queue

router = APIRouter(prefix="/v1", tags=["agents"])


class TrialIn(Shape):
    """A ticket's first message, for one agent to work on."""

    text: Body = Field(examples=["I lost my card, please block it."])
    subject: Line = ""
    language: str = Field("", pattern=r"^([a-z]{2,3})?$", description="ISO 639; empty: found out by triage.")
    customer: CustomerIn = CustomerIn()


class Trial(BaseModel):
    """A trial. `result` has triage's route, each step of an llm run (what the model was sent and said, each tool call
    with its result, seconds, tokens, cost), the agent's proposal and what the gate would decide; empty until done."""

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


class CaseKept(BaseModel):
    """The agent has one case more."""

    agent: str
    case: str = Field(description="Its name.")


@router.post("/agents/{name}/trials", operation_id="try_agent", status_code=202, summary="Try an agent on a text")
def try_agent(name: str, body: TrialIn, caller: Observer) -> TrialAccepted:
    """It runs as in the line, up to the gate's decision; nothing is sent, recorded as a run, audited or counted."""
    with app_database().transaction(caller.tenant_id) as connection:
        trial_id = begin(connection, caller, name, body)
    return TrialAccepted(id=trial_id, url=f"/v1/trials/{trial_id}")


@router.post(
    "/trials/{trial_id}/case", operation_id="keep_trial", status_code=201, summary="Keep a trial as a case of its agent"
)
def keep_trial(trial_id: UUID, caller: Observer) -> CaseKept:
    """It is added to the agent's cases.yaml, where the folder is one of your own, and expects what the trial gave. A
    model's turns are kept as the case's script, so that it runs without a model."""
    with app_database().transaction(caller.tenant_id) as connection:
        trial = one(connection, trial_id)
        return keep(connection, caller, trial)


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


def keep(connection: Connection, caller: Caller, trial: Trial) -> CaseKept:
    """Add a trial to its agent's cases. Raises Rejected: not_done, agent_built_in, case_exists."""
    if not trial.result:
        raise Rejected("the trial is not done yet", code="not_done", hint="Ask for it again in a second.")
    case = _case(trial)
    own_folder.add_case(catalog().get(trial.agent), case, settings().agent_path)
    look_again()
    told = {"case": case["name"]}
    journal.write(
        connection, caller.tenant_id, actor=caller.name, action="agent.case_kept", object=trial.agent, data=told
    )
    return CaseKept(agent=trial.agent, case=case["name"])


def can_be_kept(trial: Trial) -> bool:
    """Say whether the agent's folder is one that Saola may write to."""
    entry = catalog().entries.get(trial.agent)
    return entry is not None and own_folder.is_own(entry, settings().agent_path)


def as_case(trial: Trial) -> str:
    """Return the trial as an entry of the agent's cases.yaml that expects what it gave."""
    yaml, content = YAML(), io.StringIO()
    yaml.dump([_case(trial)], content)
    return content.getvalue()


def _case(trial: Trial) -> dict[str, Any]:
    given, proposal = trial.given, trial.result["proposal"]
    ticket = {name: given[name] for name in ("subject", "text", "language") if given.get(name)}
    customer = {name: given[name] for name in ("address", "name", "verified") if given.get(name)}
    expect: dict[str, Any] = {name: proposal[name] for name in ("kind", "intent", "language") if proposal.get(name)}
    if proposal.get("actions"):
        expect["actions"] = [{name: one[name] for name in ("name", "arguments")} for one in proposal["actions"]]
    name = " ".join((given.get("subject") or given["text"]).split())[:60]
    script = [_turn(step) for step in trial.result.get("steps", ()) if step["step"] == "model"]
    case: dict[str, Any] = {"name": name, "ticket": ticket}
    return (
        case
        | ({"customer": customer} if customer else {})
        | ({"script": script} if script else {})
        | {"expect": expect}
    )


def _turn(step: Mapping[str, Any]) -> dict[str, Any]:
    """What a model said in one step, as a turn of a script."""
    calls = step["calls"]
    if len(calls) == 1 and calls[0]["name"] == "Answer":
        return {"answer": calls[0]["arguments"]}
    if calls:
        return {"calls": [{"call": call["name"], "arguments": call["arguments"]} for call in calls]}
    return {"text": step["said"]}
