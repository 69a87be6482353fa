"""Inheritance: by an operator's choice a new version goes out on what the version before earned, for some days.

It is a choice and no evidence: nothing says that the new version is as good. Audits of it go on as ever, the alarm
listens to it, and its own certificate takes over as soon as it is earned.
"""

from datetime import UTC, datetime, timedelta
from typing import Annotated
from uuid import UUID

from pydantic import Field
from sqlalchemy import Connection

from api.shapes import Line, Shape
from core.contracts import INHERITED, Certificate
from core.errors import Rejected
from core.events import Event
from core.ids import new_id
from core.store import events, gate, journal, policies

MOST_DAYS = 30


class Inherit(Shape):
    """Whose certificate is to be inherited by the version in service, and for how many days at most."""

    agent: Annotated[Line, Field(min_length=1, description="An agent, or family:NAME.")]
    days: Annotated[int, Field(ge=1, le=MOST_DAYS)] = 14


def inherit(connection: Connection, tenant_id: UUID, by: str, body: Inherit) -> list[Certificate]:
    """Let the agent's newest fingerprint have the live certificates of the one before; returns what it has now.

    They end when the old ones would have, and after so many days at the latest; the new version's own certificate, an
    alarm, or a bad intent end them before. What was inherited is not inherited again.
    Raises Rejected (agent_unknown, has_certificate, nothing_to_inherit).
    """
    gate.one_at_a_time(connection, tenant_id, body.agent)
    fingerprint = gate.newest_fingerprint(connection, body.agent)
    if fingerprint is None:
        raise Rejected(f"{body.agent} has not run yet", code="agent_unknown", hint="List the agents: saola agent list")
    live = policies.live_certificates(connection, body.agent)
    if any(one.fingerprint == fingerprint for one in live):
        told = f"the version of {body.agent} in service has a certificate"
        raise Rejected(told, code="has_certificate", hint="A new version has to run once before it can inherit.")
    earned = [one for one in live if one.method != INHERITED]
    if not earned:
        told = f"no version of {body.agent} before has a certificate in force"
        raise Rejected(told, code="nothing_to_inherit", hint="See them: saola certificate list")
    before = earned[-1].fingerprint  # the newest
    until = datetime.now(UTC) + timedelta(days=body.days)
    return [_copy(connection, tenant_id, by, one, fingerprint, until) for one in earned if one.fingerprint == before]


def _copy(
    connection: Connection, tenant_id: UUID, by: str, one: Certificate, fingerprint: str, until: datetime
) -> Certificate:
    ends = min(until, one.expires_at) if one.expires_at else until
    changes = {"id": new_id(), "fingerprint": fingerprint, "expires_at": ends, "method": INHERITED}
    made = one.model_copy(update=changes)
    row = policies.get_certificate(connection, one.id)
    policies.add_certificate(
        connection,
        tenant_id,
        made,
        window=(row["window_from"], row["window_to"]),
        code_version=INHERITED,
        digest=row["hash"],
        evidence={"inherited_from": str(one.id)},
    )
    data = {**made.model_dump(mode="json"), "hash": row["hash"], "inherited_from": str(one.id)}
    journal.write(connection, tenant_id, actor=by, action="certificate.inherited", object=one.agent, data=data)
    events.append(connection, Event(kind="certificate.issued", at=datetime.now(UTC), tenant_id=tenant_id, data=data))
    return made
