"""Trials: an agent run for a developer, as the line would run it, up to the gate's decision; nothing is recorded."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from agents.triage.route import route
from core.contracts import Customer, Route, WorkItem
from core.db import app_database
from core.ids import new_id
from core.store import trials
from core.store.items import Loaded
from core.store.outbox import Job
from core.store.policies import AgentSetting
from workers.jobs import OneByOne, finish
from workers.pipeline import gate, run
from workers.resources import workshop

LONGEST = 20_000  # characters of one text of a step
NO_AUDIT = 1.0  # a coin that no probability reaches


def try_out(jobs: Sequence[Job]) -> None:
    """Do one trial: triage, the asked agent, and what the gate would decide."""
    if len(jobs) > 1:
        raise OneByOne
    job, shop = jobs[0], workshop()
    shop.refresh()
    with app_database().transaction(job.tenant_id) as connection:
        trial = trials.find(connection, job.subject_id)
    if trial is None:
        with app_database().transaction(job.tenant_id) as connection:
            finish(connection, [job])
        return
    item, state = _item(job, trial["given"]), shop.state(job.tenant_id)
    enabled = {
        name: entry.manifest
        for name, entry in shop.catalog.entries.items()
        if state.agents.get(name, AgentSetting()).enabled
    }
    routed = route(item, shop.triage(state, job.tenant_id), enabled)
    steps: list[Mapping[str, Any]] = []
    worked = run(shop, job, _loaded(item), _to(trial["agent"], routed), state, watch=steps.append)
    decision = gate(shop, worked, state, NO_AUDIT)
    result = {
        "steps": [_cut(step) for step in steps],
        "triage": routed.model_dump(mode="json"),
        "proposal": worked.proposal.model_dump(mode="json"),
        "decision": decision.model_dump(mode="json"),
    }
    with app_database().transaction(job.tenant_id) as connection:
        trials.finish(connection, job.subject_id, result)
        finish(connection, [job])


def _cut(value: Any) -> Any:
    """A step as it is kept: no text is longer than a developer reads."""
    if isinstance(value, str):
        return value if len(value) <= LONGEST else value[:LONGEST] + " ..."
    if isinstance(value, Mapping):
        return {str(name): _cut(part) for name, part in value.items()}
    return [_cut(part) for part in value] if isinstance(value, list | tuple) else value


def _to(agent: str, routed: Route) -> Route:
    """The route that leads to the asked agent; triage's own where it chose the same."""
    if routed.agent == agent:
        return routed
    return Route(agent=agent, language=routed.language, priority=routed.priority, reason="a trial asked for it")


def _item(job: Job, given: Mapping[str, Any]) -> WorkItem:
    customer = None
    if given.get("address"):
        customer = Customer(
            id=new_id(), address=given["address"], name=given.get("name", ""), verified=bool(given.get("verified"))
        )
    return WorkItem(
        id=job.subject_id,
        tenant_id=job.tenant_id,
        kind="ticket",
        ticket_id=new_id(),
        subject=given.get("subject", ""),
        text=given["text"],
        language=given.get("language", ""),
        received_at=datetime.now(UTC),
        customer=customer,
    )


def _loaded(item: WorkItem) -> Loaded:
    """A first message, that nobody has taken and nothing came before."""
    return Loaded(
        item=item,
        shift=timedelta(0),
        ticket_turn=1,
        taken_by="",
        agent="",
        intent="",
        priority="normal",
        asked=False,
        unread_documents=0,
        unsettled_actions=0,
        waited=timedelta(0),
        done=False,
    )
