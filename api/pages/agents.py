"""Agents for people: what is in service, its certificate, its files, its live setting; pausing one or all."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request, Response
from pydantic import TypeAdapter
from sqlalchemy import Connection

from agents.manifest import Manifest
from api.agents_seen import catalog
from api.gate_seen import curve_of, judging_of, standing_of
from api.pages.charts import what_if_chart
from api.pages.render import go, page, part
from api.pages.session import LookPage, OpsPage, TryPage
from api.problems import invalid
from api.routes import agents as routes
from api.words import Words
from core.contracts import TARGETS, TIERS, WHOLE, owners_of
from core.db import app_database
from core.errors import Rejected
from core.settings import settings
from core.store import case_results
from metrics.certificates.drift import changed
from metrics.certificates.overview import AgentStanding, WhatIf

router = APIRouter(include_in_schema=False)
_change: TypeAdapter[routes.AgentChange] = TypeAdapter(routes.AgentChange)
DAYS = 90  # of runs that the what-if looks at
SHARES = (0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 1.0)
PAGE = 50  # agents of a page
REFUSED = 20  # folders that are no agents, told at most
SHOWN = ("prompt.md", "fields.yaml", "cases.yaml", "agent.yaml")


@router.get("/agents")
def agents_page(
    request: Request,
    caller: LookPage,
    q: Annotated[str, Query(max_length=200)] = "",
    cursor: Annotated[str, Query(max_length=70)] = "",
) -> Response:
    """A page of agents by name, of those whose name or summary holds the words of q; cursor: the last name before."""
    entries, words = catalog().entries, Words(caller.language)
    fitting = sorted(name for name, one in entries.items() if _holds(one.manifest, words, q))
    names = [name for name in fitting if name > cursor][: PAGE + 1]
    more, names = len(names) > PAGE, names[:PAGE]
    with app_database().transaction(caller.tenant_id) as connection:
        found = routes.all_agents(connection, names)
        standings = standing_of(
            connection, [owner for one in found.agents for owner in owners_of(one.name, one.family)]
        )
    return page(
        request,
        caller,
        "agents.html",
        found=found,
        standing={one.name: _standing(standings, one) for one in found.agents},
        changed=changed,
        q=q,
        count=len(fitting),
        searchable=len(entries) > PAGE or bool(q),
        next=names[-1] if more else None,
        refused=REFUSED,
    )


def _holds(manifest: Manifest, words: Words, q: str) -> bool:
    told = f"{manifest.name} {words.known('agent', manifest.name)} {manifest.summary} {words.phrase(manifest.summary)}"
    return all(word in told.lower() for word in q.lower().split())


@router.get("/agents/{name}")
def agent_page(request: Request, caller: LookPage, name: str) -> Response:
    entry = catalog().get(name)
    with app_database().transaction(caller.tenant_id) as connection:
        agent = routes.one_agent(connection, name)
        whatif = _what_if(connection, agent)
        standings = standing_of(connection, owners_of(name, agent.family))
        judging = judging_of(connection)
        tested = case_results.of(connection, name)
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
        whatif=whatif,
        chart=what_if_chart(whatif) if whatif and whatif.points else None,
        in_force=_in_force(agent, whatif) if whatif else {},
        standing=_standing(standings, agent),
        changed=changed,
        judge=judging.model,
        judged=next((one for one in judging.agents if one.agent == name), None),
        version=agent.version,
        tested=tested,
        has_cases="cases.yaml" in files,
    )


@router.get("/agents/{name}/cases")
def cases_part(caller: LookPage, name: str) -> Response:
    """The last results of its cases: what the page asks for while they run."""
    entry = catalog().get(name)
    with app_database().transaction(caller.tenant_id) as connection:
        tested = case_results.of(connection, name)
    has_cases = "cases.yaml" in entry.files
    return part(caller, "cases.html", agent=entry.manifest, version=entry.version, tested=tested, has_cases=has_cases)


@router.post("/agents/{name}/cases")
def run_cases(request: Request, caller: TryPage, name: str) -> Response:
    catalog().get(name)
    with app_database().transaction(caller.tenant_id) as connection:
        case_results.ask(connection, caller.tenant_id, name, caller.name)
    return go(request, f"/agents/{name}#cases")


def _standing(standings: Mapping[str, AgentStanding], agent: routes.AgentOut) -> AgentStanding | None:
    """Where an agent stands: by itself, or else as its family does."""
    return next((standings[owner] for owner in owners_of(agent.name, agent.family) if owner in standings), None)


def _in_force(agent: routes.AgentDetail, whatif: WhatIf) -> dict[float, float]:
    """The certificates in force on what the curve is about: by target, the score from which on they hold."""
    asked = (WHOLE, whatif.agent, whatif.fingerprint)
    found = [one for one in agent.certificates if (one.slice, one.agent, one.fingerprint) == asked]
    return {target: min(one.threshold for one in found if one.target == target) for target in {o.target for o in found}}


def _what_if(connection: Connection, agent: routes.AgentDetail) -> WhatIf | None:
    """Return what other targets would let through, of the agent itself or else of its family; None before any run."""
    found = []
    for owner in owners_of(agent.name, agent.family):
        try:
            found.append(curve_of(connection, owner, DAYS))
        except Rejected:  # it has not run yet
            continue
    return next((one for one in found if one.points), found[0] if found else None)


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
