"""Agents over HTTP: what is there, its certificate, and its live setting, which is journalled."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from agents.catalog import Entry, Problem
from api.agents_seen import catalog
from api.gate_inherit import Inherit, inherit
from api.security import Caller, Ops, Reader
from api.shapes import Line, Shape
from core.contracts import TARGETS, TIERS, Certificate, Tier, owners_of
from core.db import app_database
from core.errors import Rejected
from core.events import Event
from core.settings import settings
from core.store import alarms, audits, desk, events, journal, policies, tenants
from core.store.policies import AgentSetting, TenantState

router = APIRouter(prefix="/v1", tags=["agents"])


class AgentOut(BaseModel):
    """An agent as its folder describes it, and as this tenant runs it. `tier` is the one in force."""

    name: str
    kind: str
    summary: str
    owner: str
    engine: str
    version: str
    languages: list[str]
    may: list[str]
    family: str
    ceiling: Tier = Field(description="The manifest's tier; the live setting may only lower it.")
    tier: Tier
    enabled: bool
    paused: bool
    target: float
    confidence: float
    critical_target: float | None
    audit_probability: float
    audits_a_day: int | None
    certificates: list[Certificate]
    runs: int = Field(description="Of the last 30 days, shadow runs left out.")
    automated: int
    held: int
    declined: int
    cost_usd: float
    last_run: datetime | None
    audits_open: int
    audits_judged: int
    audits_right: int


class Refused(BaseModel):
    """What is wrong with a folder, with file and line."""

    folder: str
    problem: str


class AgentList(BaseModel):
    """Every agent in service, and the folders that were refused."""

    agents: list[AgentOut]
    refused: list[Refused]
    remarks: list[Refused] = Field(description="Of agents in service: an `otherwise` that leads to no agent.")
    paused: bool


class AgentDetail(AgentOut):
    """One agent with its manifest."""

    manifest: dict[str, Any]


CLEARED = {"target", "critical_target", "audits_a_day"}  # of what null or 0 leaves unset


class AgentChange(Shape):
    """A new live setting; what is left out stays."""

    tier: Tier | None = None
    target: float | None = Field(
        None, description=f"One of {', '.join(str(t) for t in TARGETS)}; null for the manifest's.", examples=[0.97]
    )
    paused: bool | None = None
    enabled: bool | None = None
    audit_probability: Annotated[float, Field(ge=0, le=1)] | None = None
    audits_a_day: Annotated[int, Field(ge=0, le=100_000)] | None = Field(
        None, description="A budget that the audit probability then follows, never below the floor; 0 or null ends it."
    )
    critical_target: Annotated[float, Field(ge=0, lt=1)] | None = Field(
        None, description="Free of critical errors at least so often, beside the target; 0 or null asks for nothing."
    )


class PauseIn(Shape):
    """Pause or resume everything that leaves without a person."""

    paused: bool


@router.get("/agents", operation_id="list_agents", summary="Agents in service")
def list_agents(caller: Reader) -> AgentList:
    with app_database().transaction(caller.tenant_id) as connection:
        return all_agents(connection)


@router.get("/agents/{name}", operation_id="get_agent", summary="One agent")
def get_agent(name: str, caller: Reader) -> AgentDetail:
    with app_database().transaction(caller.tenant_id) as connection:
        return one_agent(connection, name)


@router.patch("/agents/{name}", operation_id="set_agent", summary="Change an agent's live setting")
def set_agent(name: str, body: AgentChange, caller: Ops) -> AgentDetail:
    """In force at the next decision of every worker; a pause also stops what has not left yet."""
    with app_database().transaction(caller.tenant_id) as connection:
        change_agent(connection, caller, name, body)
        return one_agent(connection, name)


@router.post("/pause", operation_id="pause", summary="Pause or resume all automation")
def pause(body: PauseIn, caller: Ops) -> PauseIn:
    """What is held for people goes on; nothing leaves without a person while it is paused."""
    with app_database().transaction(caller.tenant_id) as connection:
        set_paused(connection, caller, body.paused)
    return body


@router.get("/certificates", operation_id="list_certificates", summary="Certificates, live ones first")
def list_certificates(caller: Reader, agent: Line | None = None) -> dict[str, list[dict[str, Any]]]:
    with app_database().transaction(caller.tenant_id) as connection:
        found = policies.list_certificates(connection, agent)
    return {"certificates": [{name: row[name] for name in row if name != "tenant_id"} for row in found]}


@router.post(
    "/certificates/inherit", operation_id="inherit_certificate", summary="Let a new version inherit for a while"
)
def inherit_certificate(body: Inherit, caller: Ops) -> dict[str, list[dict[str, Any]]]:
    """By choice, without evidence for the new version: it goes out on the certificate of the version before, until it
    has earned its own, an alarm rings, or the days are over."""
    with app_database().transaction(caller.tenant_id) as connection:
        made = inherit(connection, caller.tenant_id, caller.name, body)
    return {"certificates": [one.model_dump(mode="json") for one in made]}


def set_paused(connection: Connection, caller: Caller, paused: bool) -> None:
    """Pause or resume the tenant, with its journal entry."""
    tenants.set_paused(connection, paused)
    action = "automation.paused" if paused else "automation.resumed"
    journal.write(connection, caller.tenant_id, actor=caller.name, action=action, data={})


def change_agent(connection: Connection, caller: Caller, name: str, body: AgentChange) -> None:
    """Change a live setting, with its journal entry and event. Raises Rejected: tier_above_ceiling, target_unlisted."""
    entry = catalog().get(name)
    changes = body.model_dump(exclude_none=True)
    changes |= {field: None for field in CLEARED & body.model_fields_set if not getattr(body, field)}
    if not changes:
        raise Rejected("nothing to change", code="invalid", hint=f"Give one of {', '.join(AgentChange.model_fields)}.")
    ceiling = entry.manifest.tier
    if body.tier and TIERS.index(body.tier) > TIERS.index(ceiling):
        told = f"the manifest of {name} allows at most the tier {ceiling}"
        raise Rejected(told, code="tier_above_ceiling", hint="Raise the tier in its agent.yaml first.", where="/tier")
    if body.target is not None and body.target not in TARGETS:
        listed = ", ".join(str(target) for target in TARGETS)
        raise Rejected(f"the target must be one of {listed}", code="target_unlisted", where="/target")
    floor = settings().audit_floor
    if body.audit_probability is not None and body.audit_probability < floor:
        told = f"at least {floor:.0%} of all runs are audited (SAOLA_AUDIT_FLOOR)"
        raise Rejected(told, code="below_audit_floor", where="/audit_probability")
    if not body.audits_a_day and changes.keys() & {"audits_a_day", "audit_probability"}:
        changes |= {"audits_a_day": None, "audit_flagged": None}
    before = policies.tenant_state(connection).agents.get(name, AgentSetting())._asdict()
    policies.set_agent(connection, caller.tenant_id, name, **changes)
    if body.tier == "automated":
        alarms.raised(connection, name)
    data = {"before": {field: before[field] for field in changes}, "after": changes}
    journal.write(connection, caller.tenant_id, actor=caller.name, action="agent.set", object=name, data=data)
    happened = {"agent": name, "by": caller.name, **changes}
    now = datetime.now().astimezone()
    events.append(connection, Event(kind="agent.set", at=now, tenant_id=caller.tenant_id, data=happened))


def all_agents(connection: Connection, names: Sequence[str] | None = None) -> AgentList:
    """Return every agent, or those of these names, with its live setting and figures, by name."""
    state = policies.tenant_state(connection)
    counts = {row["agent"]: row for row in desk.agent_counts(connection, names)}
    judged = {row["agent"]: row for row in audits.progress(connection, names)}
    seen = catalog()
    listed = sorted(seen.entries) if names is None else names
    by_owner: dict[str, list[Certificate]] = defaultdict(list)
    for one in state.certificates:
        by_owner[one.agent].append(one)
    return AgentList(
        agents=[AgentOut(**_agent(seen.entries[name], state, by_owner, counts, judged)) for name in listed],
        refused=[_refused(one) for one in seen.problems],
        remarks=[_refused(one) for one in seen.remarks],
        paused=state.paused,
    )


def _refused(one: Problem) -> Refused:
    place = f"{one.file}:{one.line}" if one.line else one.file
    return Refused(folder=one.folder.name, problem=f"{place}: {one.message}" if place else one.message)


def one_agent(connection: Connection, name: str) -> AgentDetail:
    """Return one agent. Raises Rejected (agent_unknown)."""
    entry = catalog().get(name)
    state = policies.tenant_state(connection)
    counts = {row["agent"]: row for row in desk.agent_counts(connection, [name])}
    judged = {row["agent"]: row for row in audits.progress(connection, [name])}
    own = {
        name: [one for one in state.certificates if one.agent == name]
        for name in owners_of(name, entry.manifest.family)
    }
    return AgentDetail(**_agent(entry, state, own, counts, judged), manifest=entry.manifest.model_dump(mode="json"))


def _agent(
    entry: Entry,
    state: TenantState,
    certificates: Mapping[str, list[Certificate]],
    counts: dict[str, Any],
    judged: dict[str, Any],
) -> dict[str, Any]:
    manifest, live = entry.manifest, state.agents.get(entry.name, AgentSetting())
    count, audit = counts.get(entry.name, {}), judged.get(entry.name, {})
    return {
        **manifest.model_dump(include={"name", "kind", "summary", "owner", "engine", "family"}),
        "version": entry.version,
        "languages": list(manifest.languages),
        "may": list(manifest.may),
        "ceiling": manifest.tier,
        "tier": live.tier_under(manifest.tier),
        "enabled": live.enabled,
        "paused": live.paused or state.paused,
        "target": live.target or manifest.target,
        "confidence": live.confidence,
        "critical_target": live.critical_target,
        "audit_probability": live.audit_probability,
        "audits_a_day": live.audits_a_day,
        "certificates": [
            one for owner in owners_of(manifest.name, manifest.family) for one in certificates.get(owner, ())
        ],
        **{name: count.get(name) or 0 for name in ("runs", "automated", "held", "declined", "cost_usd")},
        "last_run": count.get("last_run"),
        "audits_open": audit.get("open", 0),
        "audits_judged": audit.get("judged", 0),
        "audits_right": audit.get("right", 0),
    }
