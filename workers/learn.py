"""Training: the triage classifier of one tenant, from the agents' examples and its own labelled history."""

from collections.abc import Sequence
from datetime import datetime

from agents.triage.embed_apart import ApartEmbedder
from agents.triage.embedders import chosen
from agents.triage.embedding_cache import CachedEmbedder
from agents.triage.examples import Example, from_entries
from agents.triage.recalibration import recalibrated
from agents.triage.training import train
from core.db import app_database
from core.settings import settings
from core.store import learning, policies, tenants
from core.store.outbox import Job
from workers.jobs import finish
from workers.resources import workshop

OUT_OF_SCOPE = "__oos__"


def train_triage(jobs: Sequence[Job]) -> None:
    """Train a new version on labels from before the tenant's `train_until`, calibrated on those up to its
    `calibrate_until`, so that later ones can judge it; without these settings on all of them.

    It serves at once only where no live certificate rests on the one in service; else it stays a candidate, because a
    changed classifier is a new fingerprint that must earn its own.
    """
    tenant_id = jobs[0].tenant_id
    shop = workshop()
    shop.catalog.refresh()
    database = app_database()
    with database.transaction(tenant_id) as connection:
        cuts = tenants.current(connection)["settings"]
        labelled = policies.training_labels(connection, _moment(cuts.get("calibrate_until")))
        unused = learning.unused_agents(connection)
    # Of 1,500 agents in one deployment a tenant uses some: only these may draw its messages, or cost it time.
    learned = from_entries(entry for name, entry in shop.catalog.entries.items() if name not in unused)
    known = {example.label for example in learned}
    train_until = _moment(cuts.get("train_until"))
    later: list[Example] = []
    for row in labelled:
        if not row["intent"] or row["intent"] in known:
            example = Example(
                f"{row['subject']}\n{row['text']}".strip(), row["intent"] or OUT_OF_SCOPE, row["language"]
            )
            (learned if train_until is None or row["at"] < train_until else later).append(example)
    figures = {
        "examples": len(learned),
        "calibrated_on": len(later),
        "intents": len(known),
        "catalog": shop.catalog.fingerprint_without(unused),
    }
    classifier = None
    if known:
        # Training is rare and long: it may use every core, and embeds each text once in its life.
        bundled = settings().embedder == "bundled"
        inner = ApartEmbedder() if bundled else chosen("message")
        embedder = CachedEmbedder(inner, settings().home / "cache")
        classifier = recalibrated(train(learned, embedder=embedder), later, embedder)
    with database.transaction(tenant_id) as connection:
        if classifier is not None:
            classifier_id = policies.add_classifier(
                connection, tenant_id, "triage", classifier.fingerprint, classifier.to_bytes(), figures
            )
            if not policies.live_certificates(connection):
                policies.serve_classifier(connection, classifier_id)
        finish(connection, jobs)


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
