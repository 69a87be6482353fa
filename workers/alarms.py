"""Alarms: when audits of what is automated speak against the target, the agent stops automating by itself.

The detector of metrics.certificates.alarm hears every audit of an automated run in the order of judging. Signs of
trouble that need no judgement (reopened, taken over, not content) only bring more audits for a day.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import structlog
from sqlalchemy import Connection, RowMapping

from core.contracts import WHOLE
from core.db import app_database
from core.events import Event
from core.store import alarms, events, gate, journal, outbox, policies
from core.store.alarms import NewAlarm
from core.store.outbox import Job
from core.store.policies import AgentSetting, TenantState
from metrics.certificates import alarm
from workers.jobs import finish

log = structlog.get_logger()

BANDS = 10
BURST = timedelta(hours=24)


class Ring(NamedTuple):
    """An alarm on audits: about what, how loud, and since when."""

    what: str  # wrong | critical
    target: float
    value: float
    since: datetime
    wrong: int
    audits: int


def listen(rows: Sequence[RowMapping], target: float, critical_target: float | None) -> tuple[Ring | None, float]:
    """Return the alarm that rings, if one does, and the louder detector's value now. Rows as `gate.evidence` gives."""
    heard = _in_order(rows)
    loudest = 1.0
    gates = [("wrong", target, [bool(row["right"]) for row in heard])]
    if critical_target is not None:
        gates.append(("critical", critical_target, [not row["critical"] for row in heard]))
    weights = _weights(heard)
    for what, goal, right in gates:
        found = alarm.listen(right, weights, goal)
        loudest = max(loudest, found.value)
        if found.peak >= alarm.LEVEL:
            since = min(found.since, len(heard) - 1)
            window = right[since:]
            began = min(row["ran_at"] for row in heard[since:])
            return Ring(what, goal, found.peak, began, window.count(False), len(window)), loudest
    return None, loudest


def heard_of(rows: Sequence[RowMapping]) -> tuple[list[bool], list[float]]:
    """Return verdicts and weights of the rows that the detector hears, in the order of judging."""
    heard = _in_order(rows)
    return [bool(row["right"]) for row in heard], _weights(heard)


def _in_order(rows: Sequence[RowMapping]) -> list[RowMapping]:
    heard = (row for row in rows if row["state"] == "judged" and row["action"] == "automate" and not row["shadow"])
    return sorted(heard, key=lambda row: (row["judged_at"], row["id"]))


def _weights(heard: Sequence[RowMapping]) -> list[float]:
    return [min(1.0, (row["smallest"] or row["probability"]) / row["probability"]) for row in heard]


def still_sent(rows: Sequence[RowMapping], slices: Collection[str]) -> Sequence[RowMapping]:
    """Return the rows of intents that still go out: what was withdrawn reaches nobody, and must not demote the rest.

    slices: of the live certificates; all rows where one of these is of the whole agent, or there is none.
    """
    if not slices or WHOLE in slices:
        return rows
    return [row for row in rows if row["intent"] in slices]


def ring(
    connection: Connection, tenant_id: UUID, owner: str, fingerprint: str, found: Ring, members: Sequence[str]
) -> UUID:
    """Revoke the certificate, set the agents to assisted, and say so: journal, events, and a notice to the owners."""
    revoke(connection, tenant_id, owner, "alarm")
    state = policies.tenant_state(connection)
    data = {"what": found.what, "target": found.target, "wrong": found.wrong, "audits": found.audits}
    rang = NewAlarm(owner, fingerprint, "accuracy", found.value, alarm.LEVEL, found.since, members, data)
    alarm_id = _write(connection, tenant_id, rang)
    for name in members:
        before = state.agents.get(name, AgentSetting()).tier
        if before == "automated":
            policies.set_agent(connection, tenant_id, name, tier="assisted")
            change = {"before": {"tier": before}, "after": {"tier": "assisted"}, "alarm": str(alarm_id)}
            journal.write(connection, tenant_id, actor="saola", action="agent.set", object=name, data=change)
            happened = {"agent": name, "by": "saola", "tier": "assisted", "alarm": str(alarm_id)}
            events.append(connection, Event(kind="agent.set", at=datetime.now(UTC), tenant_id=tenant_id, data=happened))
    log.warning("alarm.rang", owner=owner, wrong=found.wrong, audits=found.audits)
    return alarm_id


def revoke(
    connection: Connection,
    tenant_id: UUID,
    owner: str,
    reason: str,
    fingerprint: str | None = None,
    slice_: str | None = None,
) -> None:
    """End an owner's certificates (of one fingerprint, or of all; for one slice, or for all), and say so where there
    were any: journal and event."""
    if not policies.revoke_certificates(connection, owner, reason, fingerprint, slice_):
        return
    data = {"agent": owner, "reason": reason} | ({"slice": slice_} if slice_ else {})
    journal.write(connection, tenant_id, actor="saola", action="certificate.revoked", object=owner, data=data)
    now = datetime.now(UTC)
    events.append(connection, Event(kind="certificate.revoked", at=now, tenant_id=tenant_id, data=data))


def relied_on(rows: Sequence[RowMapping], state: TenantState) -> list[str]:
    """Return the agents of a family whose automated runs the rows show, and that have no certificate of their own."""
    own = {certificate.agent for certificate in state.certificates}
    return sorted({row["agent"] for row in rows if row["action"] == "automate" and not row["shadow"]} - own)


def watch_signs(jobs: Sequence[Job]) -> None:
    """Compare what came back after automated replies with what usually does; where it is more, audit half for a day."""
    tenant_id = jobs[0].tenant_id
    with app_database().transaction(tenant_id) as connection:
        gate.one_at_a_time(connection, tenant_id, "signs")
        by_agent: dict[tuple[str, str], list[RowMapping]] = defaultdict(list)
        for row in alarms.signs(connection, BANDS):
            by_agent[(row["agent"], row["fingerprint"])].append(row)
        for (name, fingerprint), rows in by_agent.items():
            _watch(connection, tenant_id, name, fingerprint, rows)
        finish(connection, jobs)


def _watch(connection: Connection, tenant_id: UUID, name: str, fingerprint: str, rows: Sequence[RowMapping]) -> None:
    blocks = int(rows[-1]["block"]) + 1
    signs = [[0.0] * BANDS for _ in range(blocks)]
    runs = [[0.0] * BANDS for _ in range(blocks)]
    for row in rows:
        signs[row["block"]][row["band"]], runs[row["block"]][row["band"]] = float(row["signs"]), float(row["runs"])
    path = alarm.proxy_path(signs, runs)
    if path.max() < alarm.SIGNS_LEVEL:
        return
    rang = int((path >= alarm.SIGNS_LEVEL).argmax())
    quiet = max((block for block in range(rang) if path[block] <= 0), default=-1)
    window = [row for row in rows if quiet < row["block"] <= rang]
    until = datetime.now(UTC) + BURST
    policies.set_agent(connection, tenant_id, name, burst_until=until)
    data = {
        "signs": sum(int(row["signs"]) for row in window),
        "runs": sum(int(row["runs"]) for row in window),
        "until": f"{until:%Y-%m-%d %H:%M} UTC",
    }
    began = min(row["began"] for row in window)
    loudest = float(path.max())
    _write(connection, tenant_id, NewAlarm(name, fingerprint, "signs", loudest, alarm.SIGNS_LEVEL, began, [name], data))


def _write(connection: Connection, tenant_id: UUID, rang: NewAlarm) -> UUID:
    alarm_id = alarms.add(connection, tenant_id, rang)
    said = {
        "alarm": str(alarm_id),
        "agent": rang.agent,
        "fingerprint": rang.fingerprint,
        "why": rang.kind,
        "value": rang.value,
        "level": rang.level,
        "since": rang.since.isoformat(),
        "members": list(rang.members),
        **rang.data,
    }
    now = datetime.now(UTC)
    journal.write(connection, tenant_id, actor="saola", action="alarm.rang", object=rang.agent, data=said)
    events.append(connection, Event(kind="alarm.rang", at=now, tenant_id=tenant_id, data=said))
    outbox.enqueue(connection, tenant_id, "gate.notify", "bulk", alarm_id)
    return alarm_id
