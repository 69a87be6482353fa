"""Agents for people: what is in service, its certificate, its files, its live setting; pausing one or all."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response
from pydantic import TypeAdapter

from api.agents_seen import catalog
from api.pages.render import go, page
from api.pages.session import LookPage, OpsPage
from api.problems import invalid
from api.routes import agents as routes
from core.contracts import TARGETS, TIERS
from core.db import app_database
from core.settings import settings

router = APIRouter(include_in_schema=False)
_change: TypeAdapter[routes.AgentChange] = TypeAdapter(routes.AgentChange)
SHARES = (0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
SHOWN = ("prompt.md", "fields.yaml", "cases.yaml", "agent.yaml")


@router.get("/agents")
def agents_page(request: Request, caller: LookPage) -> Response:
    with app_database().transaction(caller.tenant_id) as connection:
        found = routes.all_agents(connection)
    return page(request, caller, "agents.html", found=found)


@router.get("/agents/{name}")
def agent_page(request: Request, caller: LookPage, name: str) -> Response:
    entry = catalog().get(name)
    with app_database().transaction(caller.tenant_id) as connection:
        agent = routes.one_agent(connection, name)
    answers, files = entry.intents(), entry.files
    floor = settings().audit_floor
    return page(
        request,
        caller,
        "agent.html",
        agent=agent,
        intents=list(answers.intents.values()) if answers else [],
        files={file: files[file] for file in SHOWN if file in files},
        tiers=TIERS[: TIERS.index(agent.ceiling) + 1],
        targets=TARGETS,
        shares=sorted({*(share for share in SHARES if share >= floor), agent.audit_probability}),
        simulated=any(one.simulated for one in agent.certificates),
    )


@router.post("/agents/{name}")
def change_agent(
    request: Request,
    caller: OpsPage,
    name: str,
    tier: Annotated[str | None, Form()] = None,
    target: Annotated[str | None, Form()] = None,
    audit_probability: Annotated[str | None, Form()] = None,
    paused: Annotated[str | None, Form()] = None,
) -> Response:
    given: dict[str, Any] = {"tier": tier, "target": target, "audit_probability": audit_probability}
    given["paused"] = None if paused is None else paused == "yes"
    body = invalid(_change, {field: value for field, value in given.items() if value is not None})
    with app_database().transaction(caller.tenant_id) as connection:
        routes.change_agent(connection, caller, name, body)
    return go(request, f"/agents/{name}")


@router.post("/pause")
def pause(request: Request, caller: OpsPage, paused: Annotated[str, Form()]) -> Response:
    with app_database().transaction(caller.tenant_id) as connection:
        routes.set_paused(connection, caller, paused == "yes")
    return go(request, "/agents")
