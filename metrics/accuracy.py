"""Accuracy: of what went out unseen, the part that a reviewer who did not see the score calls right."""

from collections.abc import Mapping

from metrics.estimate import Estimate, unknown
from metrics.figure import Definition
from metrics.intervals import weighted
from metrics.sums import Sums, weights

DEFINITION = Definition(
    name="accuracy",
    title="Accuracy of what is automated",
    unit="share",
    numerator="audited automated runs judged right, each weighed by 1 / its audit probability (Hajek)",
    denominator="audited automated runs, weighed alike; audits are drawn at random before the outcome is known",
    window="runs on items that arrived in the period; young items count too",
    exclusions="judgements of runs that no coin had drawn; runs held or in shadow; audits not yet judged (shown as "
    "pending)",
    source="events: decision.recorded, audit.drawn, audit.judged; interval exact (Clopper-Pearson) where probabilities "
    "are equal, Korn-Graubard otherwise",
)

DOCUMENTS = DEFINITION.model_copy(
    update={
        "name": "document_accuracy",
        "title": "Document accuracy",
        "numerator": "audited documents of which every field was judged right, each weighed by 1 / its audit "
        "probability (Hajek)",
        "denominator": "audited documents that went on unseen, weighed alike; one wrong field makes a document wrong",
    }
)


def documents(sums: Sums) -> Estimate:
    """Over automated runs on documents."""
    return of_audits(sums.documents, "audit")


def estimate(sums: Sums) -> Estimate:
    """Over automated runs on tickets and documents."""
    return of_audits(sums.tickets + sums.documents, "audit")


def of_audits(counts: Mapping[str, int], prefix: str) -> Estimate:
    """Accuracy of any set of runs by their audits; `pending` counts audits drawn and not yet judged."""
    waiting, sent = counts.get(f"{prefix}_waiting", 0), counts.get(f"{prefix}_sent", 0)
    audits = weights(counts, prefix)
    if audits.n == 0:
        missing = f"{waiting} audits wait for a judgement" if waiting else f"audits: none drawn from {sent} sent unseen"
        return unknown(missing, pending=waiting)
    found = weighted(audits, missing="audits", simulated=counts.get("simulated", 0) > 0)
    return found.model_copy(update={"pending": waiting})
