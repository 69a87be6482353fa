"""Learning what an agent's signals are worth: a confidence model for each agent, from the judgements on its runs."""

import hashlib
from collections.abc import Mapping, Sequence
from itertools import groupby
from uuid import UUID

from sqlalchemy import Connection

from agents.confidence import Confidence, Judged, learn
from agents.documents import joint
from agents.llm.confidence import START
from core.contracts import owners_of
from core.db import app_database
from core.store import confidence, policies
from core.store.outbox import Job
from workers.jobs import finish
from workers.resources import CONFIDENCE, workshop

AGAIN = 1.2  # as many judgements as the last time are too few to learn anew: a fifth more,
AGAIN_BESIDE = 2.0  # or twice as many where the last model runs in shadow: another would begin anew to earn its place


def train_confidence(jobs: Sequence[Job]) -> None:
    """Learn a model for each agent with enough judgements, where it is better than the one in service.

    It serves at once only where the agent has no live certificate. Else it is a candidate, since another way of scoring
    is another fingerprint: it runs in shadow beside the one in service until it has earned its own
    (workers/candidates.py).
    """
    tenant_id = jobs[0].tenant_id
    with app_database().transaction(tenant_id) as connection:
        certified = {certificate.agent for certificate in policies.live_certificates(connection)}
        for agent, found in groupby(confidence.judged(connection), key=lambda row: str(row["agent"])):
            rows = [Judged(_parts(row["signals"]), row["right"], 1 / max(row["probability"], 0.01)) for row in found]
            entry = workshop().catalog.entries.get(agent)
            owners = owners_of(agent, entry.manifest.family if entry else "")
            _learn(connection, tenant_id, agent, rows, serve=certified.isdisjoint(owners))
        finish(connection, jobs)


def _learn(connection: Connection, tenant_id: UUID, agent: str, judged: Sequence[Judged], *, serve: bool) -> None:
    kind = CONFIDENCE + agent
    last = confidence.newest(connection, kind)
    again = AGAIN_BESIDE if last is not None and last["state"] == "candidate" else AGAIN
    if last is not None and len(judged) < again * last["figures"]["judged"]:
        return
    start = joint.start(one.signals for one in judged) if joint.DOCUMENT in judged[-1].signals else START
    model, figures = learn(judged, start, Confidence.from_bytes(last["blob"]) if last else None)
    if model is None:
        return
    blob = model.to_bytes()
    fingerprint = hashlib.sha256(blob).hexdigest()[:16]
    made = policies.add_classifier(connection, tenant_id, kind, fingerprint, blob, figures)
    reason = "nothing is certified" if serve else "better on later judgements"
    confidence.settle(connection, tenant_id, made, kind, serve=serve, reason=reason)


def _parts(signals: Mapping[str, float]) -> Mapping[str, float]:
    """Return what a run's model weighs: a document's parts, or the signals of a reply as they are."""
    return joint.parts_of(signals) if joint.DOCUMENT in signals else signals
