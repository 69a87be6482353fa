"""Training: the triage classifier of one tenant, from the agents' examples and its own labelled history."""

from collections.abc import Sequence
from datetime import datetime

from agents.triage.examples import Example, from_entries
from agents.triage.training import train
from core.db import app_database
from core.store import policies, tenants
from core.store.outbox import Job
from workers.jobs import finish
from workers.resources import workshop

OUT_OF_SCOPE = "__oos__"


def train_triage(jobs: Sequence[Job]) -> None:
    """Train a new version. It serves at once only where no live certificate rests on the one in service; else it
    stays a candidate, because a changed classifier is a new fingerprint that must earn its own."""
    tenant_id = jobs[0].tenant_id
    shop = workshop()
    shop.catalog.refresh()
    database = app_database()
    with database.transaction(tenant_id) as connection:
        until = tenants.current(connection)["settings"].get("train_until")
        labelled = policies.training_labels(connection, datetime.fromisoformat(until) if until else None)
    examples = from_entries(shop.catalog.entries.values())
    known = {example.label for example in examples}
    examples += [
        Example(f"{row['subject']}\n{row['text']}".strip(), row["intent"] or OUT_OF_SCOPE, row["language"])
        for row in labelled
        if not row["intent"] or row["intent"] in known
    ]
    figures = {"examples": len(examples), "intents": len(known), "catalog": shop.catalog.fingerprint}
    classifier = train(examples) if known else None
    with database.transaction(tenant_id) as connection:
        if classifier is not None:
            classifier_id = policies.add_classifier(
                connection, tenant_id, "triage", classifier.fingerprint, classifier.to_bytes(), figures
            )
            if not policies.live_certificates(connection):
                policies.serve_classifier(connection, classifier_id)
        finish(connection, jobs)
