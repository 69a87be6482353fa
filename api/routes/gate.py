"""The gate over HTTP: where each agent stands, the ledger, what-if, alarms, and certificates recomputed."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from api.figures import period
from api.gate_seen import (
    AlarmDetail,
    Alarms,
    Blind,
    FirstLook,
    Gate,
    Judge,
    Judging,
    KnownBad,
    KnownBadSeen,
    Ledgers,
    Verified,
    alarm_of,
    alarms_of,
    announce,
    blind_of,
    choose_blind,
    choose_judge,
    choose_known_bad,
    curve_of,
    gate_of,
    judging_of,
    known_bad_of,
    ledger_of,
    verified,
)
from api.security import Ops, Reader
from api.shapes import Line, Past
from core.db import app_database
from metrics.certificates.overview import WhatIf

router = APIRouter(prefix="/v1/gate", tags=["gate"])
Since = Annotated[Past | None, Query(description="Replies sent from then on; default 30 days before `until`.")]
Until = Annotated[Past | None, Query(description="Replies sent before then; default now.")]
Agent = Annotated[Line | None, Query(description="Only this agent.")]


@router.get("", operation_id="gate", summary="Where each agent stands on its way to a certificate")
def show_gate(caller: Reader) -> Gate:
    with app_database().transaction(caller.tenant_id) as connection:
        return gate_of(connection)


@router.get("/ledger", operation_id="ledger", summary="At most how many of the replies sent were wrong")
def show_ledger(caller: Reader, since: Since = None, until: Until = None, agent: Agent = None) -> Ledgers:
    """True at every moment, whatever the traffic did: it rests on our own audit coins alone."""
    with app_database().transaction(caller.tenant_id) as connection:
        return Ledgers(lines=ledger_of(connection, *period(since, until), agent))


@router.get("/curve", operation_id="curve", summary="What if: automation share against accuracy")
def show_curve(
    caller: Reader,
    agent: Annotated[Line, Query(description="An agent, or family:NAME.")],
    days: Annotated[int, Query(ge=1, le=365)] = 90,
) -> WhatIf:
    """From stored runs: what other targets would have let through, and what the audits say of it."""
    with app_database().transaction(caller.tenant_id) as connection:
        return curve_of(connection, agent, days)


@router.post("/looks", operation_id="announce_look", summary="Announce the one sharp look at an agent's first audits")
def announce_look(body: FirstLook, caller: Ops) -> FirstLook:
    """Certifies with fewer audits than evidence at any time: once, for half a life, only before the first verdict."""
    with app_database().transaction(caller.tenant_id) as connection:
        announce(connection, caller.tenant_id, caller.name, body)
    return body


@router.get("/judge", operation_id="judge", summary="The model that helps as a judge, and what it adds")
def show_judge(caller: Reader) -> Judging:
    """Its own errors on what people audited, and accuracy corrected by them. Certificates never rest on it."""
    with app_database().transaction(caller.tenant_id) as connection:
        return judging_of(connection)


@router.put("/judge", operation_id="set_judge", summary="Choose the model that helps as a judge, or none")
def set_judge(body: Judge, caller: Ops) -> Judge:
    with app_database().transaction(caller.tenant_id) as connection:
        choose_judge(connection, caller.tenant_id, caller.name, body)
    return body


@router.get("/known-bad", operation_id="known_bad", summary="How many answers known to be bad reviewers catch")
def show_known_bad(caller: Reader) -> KnownBadSeen:
    """Of all reviewers together, never of one."""
    with app_database().transaction(caller.tenant_id) as connection:
        return known_bad_of(connection)


@router.put("/known-bad", operation_id="set_known_bad", summary="Put answers known to be bad among the audits, or none")
def set_known_bad(body: KnownBad, caller: Ops) -> KnownBad:
    """They look like any other audit until judged; nothing of them is sent, and no certificate counts them."""
    with app_database().transaction(caller.tenant_id) as connection:
        choose_known_bad(connection, caller.tenant_id, caller.name, body)
    return body


@router.get("/blind", operation_id="blind", summary="What reviewers judge blind to, beside the score")
def show_blind(caller: Reader) -> Blind:
    with app_database().transaction(caller.tenant_id) as connection:
        return blind_of(connection)


@router.put("/blind", operation_id="set_blind", summary="Let reviewers judge blind to who wrote a reply, or not")
def set_blind(body: Blind, caller: Ops) -> Blind:
    """An audit then names no agent, no source and no provenance, on the page and here. Certificates are unaffected."""
    with app_database().transaction(caller.tenant_id) as connection:
        choose_blind(connection, caller.tenant_id, caller.name, body)
    return body


@router.get("/alarms", operation_id="list_alarms", summary="Alarms, newest first")
def list_alarms(caller: Reader, agent: Agent = None, limit: Annotated[int, Query(ge=1, le=500)] = 100) -> Alarms:
    with app_database().transaction(caller.tenant_id) as connection:
        return Alarms(alarms=alarms_of(connection, limit, agent))


@router.get("/alarms/{alarm_id}", operation_id="get_alarm", summary="An alarm, and what went out in its time")
def get_alarm(alarm_id: UUID, caller: Reader) -> AlarmDetail:
    with app_database().transaction(caller.tenant_id) as connection:
        return alarm_of(connection, alarm_id)


@router.get("/certificates/{certificate_id}/verify", operation_id="verify_certificate", summary="Compute it again")
def verify_certificate(certificate_id: UUID, caller: Reader) -> Verified:
    with app_database().transaction(caller.tenant_id) as connection:
        return verified(connection, certificate_id)
