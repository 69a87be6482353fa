"""Training: a new version of one tenant's triage, from the agents' examples and its own labelled history.

A version that would replace another is judged first: both answer the newest labelled messages, which neither has learnt
from. What serves under live certificates is never replaced at once (workers/candidates.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping

from agents.labels import resolve
from agents.triage.classifier import Classifier
from agents.triage.comparison import compared
from agents.triage.embed_apart import ApartEmbedder
from agents.triage.embedder import Embedder
from agents.triage.embedders import chosen
from agents.triage.embedding_cache import CachedEmbedder
from agents.triage.examples import OUT_OF_SCOPE, Example, from_entries
from agents.triage.recalibration import recalibrated
from agents.triage.training import train
from agents.triage.views import views
from core.db import app_database
from core.errors import Broken
from core.settings import settings
from core.store import learning, policies, tenants, triage_versions
from core.store.outbox import Job
from workers.candidates import settle
from workers.jobs import finish
from workers.resources import Workshop, workshop

ENOUGH = 200  # new labelled tickets before a version is trained for their sake
HELD_OUT = 0.3  # the newest share of them judges: neither version has learnt from it
FEWEST = 50  # messages that can judge


@dataclass
class Lesson:
    """What a version learns from, what sets its probabilities right, and what judges it beside the one before."""

    learnt: list[Example]
    later: list[Example] = field(default_factory=list)
    judging: list[Example] = field(default_factory=list)
    learnt_until: datetime | None = None


def train_triage(jobs: Sequence[Job]) -> None:
    """Train a version because the agents have changed, or there is none yet."""
    _train(jobs)


def learn_triage(jobs: Sequence[Job]) -> None:
    """Train a version where enough labelled tickets came in since the newest one learnt: imports, corrections, drafts
    that were sent as they were, audits that were judged right. Or because an upgrade cannot use the one in service."""
    tenant_id = jobs[0].tenant_id
    shop = workshop()
    state = shop.state(tenant_id)
    if "triage" in state.classifiers and shop.triage(state, tenant_id) is None:
        _train(jobs)
        return
    with app_database().transaction(tenant_id) as connection:
        newest = triage_versions.newest(connection)
        until = _moment(newest["figures"].get("learnt_until")) if newest else None
        # A past that is set aside for certificates is not to be learnt from.
        set_aside = "calibrate_until" in tenants.current(connection)["settings"]
        since = until or (newest["created_at"] if newest else None)
        if since is None or set_aside or triage_versions.labelled_since(connection, since) < ENOUGH:
            finish(connection, jobs)
            return
    _train(jobs)


def _train(jobs: Sequence[Job]) -> None:
    tenant_id = jobs[0].tenant_id
    shop = workshop()
    shop.catalog.refresh()
    with app_database().transaction(tenant_id) as connection:
        cuts = tenants.current(connection)["settings"]
        labelled = triage_versions.labelled(connection, _moment(cuts.get("calibrate_until")))
        unused = learning.unused_agents(connection)
        serving = triage_versions.in_state(connection, "serving")
    # Of 1,500 agents in one deployment a tenant uses some: only these may draw its messages, or cost it time.
    taught = from_entries(entry for name, entry in shop.catalog.entries.items() if name not in unused)
    known = {example.label for example in taught}
    named = resolve([row["intent"] for row in labelled], known)
    usable = [
        (row["at"], Example(f"{row['subject']}\n{row['text']}".strip(), label or OUT_OF_SCOPE, row["language"]))
        for row, label in zip(labelled, named, strict=True)
        if label or not row["intent"]
    ]
    lesson = _lesson(taught, usable, _moment(cuts.get("train_until")), serving)
    figures: dict[str, Any] = {
        "examples": len(lesson.learnt),
        "calibrated_on": len(lesson.later),
        "intents": len(known),
        "labelled": len(usable),
        "learnt_until": lesson.learnt_until.isoformat() if lesson.learnt_until else None,
        "catalog": shop.catalog.fingerprint_without(unused),
    }
    if not known:
        with app_database().transaction(tenant_id) as connection:
            finish(connection, jobs)
        return
    embedder = _embedder()
    made = recalibrated(train(lesson.learnt, embedder=embedder), lesson.later, embedder)
    if serving is not None and (before := _stored(shop, tenant_id, serving)) is not None:
        if before.fingerprint == made.fingerprint:  # the agents went back to what they were, say
            figures["compared"] = None
        elif lesson.judging and before.embedder in {one.name for one in views(embedder)}:
            figures["compared"] = compared(before, made, lesson.judging, embedder)
    with app_database().transaction(tenant_id) as connection:
        version = policies.add_classifier(connection, tenant_id, "triage", made.fingerprint, made.to_bytes(), figures)
        settle(connection, shop, tenant_id, version, made.fingerprint)
        finish(connection, jobs)


def _lesson(
    taught: Sequence[Example],
    examples: Sequence[tuple[datetime, Example]],
    train_until: datetime | None,
    serving: RowMapping | None,
) -> Lesson:
    """Divide what is known. With `train_until` later labels set the probabilities right, so that still later ones can
    judge; without it the newest of those that the version in service has not seen judge both."""
    if train_until is not None:
        early = [one for at, one in examples if at < train_until]
        later = [one for at, one in examples if at >= train_until]
        return Lesson([*taught, *early], later, learnt_until=max((at for at, _ in examples), default=None))
    until = _moment(serving["figures"].get("learnt_until")) if serving else None
    since = until or (serving["created_at"] if serving else None)
    unseen = sum(at > since for at, _ in examples) if since else 0
    judging = int(unseen * HELD_OUT)
    if judging < FEWEST:
        judging = 0
    learnt = examples[: len(examples) - judging]
    return Lesson(
        [*taught, *(one for _, one in learnt)],
        judging=[one for _, one in examples[len(learnt) :]],
        learnt_until=max((at for at, _ in learnt), default=None),
    )


def _embedder() -> Embedder:
    """Training is rare and long: it may use every core, and embeds each text once in its life."""
    inner = ApartEmbedder() if settings().embedder == "bundled" else chosen("message")
    return CachedEmbedder(inner, settings().home / "cache")


def _stored(shop: Workshop, tenant_id: UUID, serving: RowMapping) -> Classifier | None:
    try:
        return shop.classifier(tenant_id, serving["id"])
    except Broken:  # of another format: an upgrade, and nothing to compare with
        return None


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
