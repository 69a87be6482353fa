"""The playground: try an agent on a text and see every step, from triage to what the gate would decide."""

import json
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request, Response
from pydantic import TypeAdapter

from api import views
from api.agents_seen import catalog
from api.pages.passages import of_proposal
from api.pages.render import go, page
from api.pages.session import TryPage
from api.pages.ticket import lines
from api.problems import invalid
from api.routes import trials as routes
from api.security import Caller
from core.db import app_database
from core.store import trials

router = APIRouter(include_in_schema=False, prefix="/playground")
Given = Annotated[str, Form()]
_trial: TypeAdapter[routes.TrialIn] = TypeAdapter(routes.TrialIn)
NOTHING = {"text": "", "subject": "", "language": "", "address": "", "name": "", "verified": False}


@router.get("")
def playground(request: Request, caller: TryPage, agent: Annotated[str, Query(max_length=70)] = "") -> Response:
    return _show(request, caller, agent, None)


@router.get("/{trial_id}")
def trial_page(request: Request, caller: TryPage, trial_id: UUID, kept: Annotated[bool, Query()] = False) -> Response:
    with app_database().transaction(caller.tenant_id) as connection:
        trial = routes.one(connection, trial_id)
    return _show(request, caller, trial.agent, trial, kept=kept)


@router.post("/{trial_id}/case")
def keep(request: Request, caller: TryPage, trial_id: UUID) -> Response:
    with app_database().transaction(caller.tenant_id) as connection:
        routes.keep(connection, caller, routes.one(connection, trial_id))
    return go(request, f"/playground/{trial_id}?kept=true")


@router.post("")
def begin(
    request: Request,
    caller: TryPage,
    agent: Given,
    text: Given = "",
    subject: Given = "",
    language: Given = "",
    address: Given = "",
    verified: Given = "",
) -> Response:
    customer = {"address": address, "verified": bool(verified)}
    given = {"text": lines(text), "subject": subject, "language": language, "customer": customer}
    body = invalid(_trial, given)
    with app_database().transaction(caller.tenant_id) as connection:
        trial_id = routes.begin(connection, caller, agent, body)
    return go(request, f"/playground/{trial_id}")


def _show(request: Request, caller: Caller, agent: str, trial: routes.Trial | None, *, kept: bool = False) -> Response:
    with app_database().transaction(caller.tenant_id) as connection:
        newest = trials.newest(connection, 10)
    result = trial.result if trial else {}
    return page(
        request,
        caller,
        "playground.html",
        agents=sorted(name for name, one in catalog().manifests.items() if one.kind == "agent"),
        agent=agent,
        given={**NOTHING, **(trial.given if trial else {})},
        trial=trial,
        result=result,
        supported=of_proposal(result["proposal"]) if result else [],
        reasons=views.in_words(result["decision"]["reasons"], caller.language) if result else [],
        case=routes.as_case(trial) if trial and result else "",
        kept=kept,
        can_be_kept=trial is not None and bool(result) and routes.can_be_kept(trial),
        raw=json.dumps(result, indent=2, ensure_ascii=False),
        newest=newest,
    )
