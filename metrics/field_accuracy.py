"""Field accuracy: of all fields of documents that went on unseen, the part that is right. Not document accuracy."""

from core.rollups import MICRO
from metrics.estimate import Estimate, unknown
from metrics.figure import Definition
from metrics.intervals import Pairs, part_of
from metrics.sums import Sums

DEFINITION = Definition(
    name="field_accuracy",
    title="Field accuracy (documents)",
    unit="share",
    numerator="fields of audited documents that the reviewer did not name as wrong, each document weighed by 1 / its "
    "audit probability (Hajek)",
    denominator="all fields of those documents, weighed alike",
    window="documents that arrived in the period; young ones count too",
    exclusions="documents held or in shadow; judgements that do not say which fields are wrong",
    source="events: decision.recorded, audit.drawn, audit.judged (fields, wrong_fields); interval "
    "(Korn-Graubard) of whole documents, for fields of one document are not independent",
)


def estimate(sums: Sums) -> Estimate:
    """Right fields over all of audited documents; where none is wrong, the interval says what so many documents can."""
    counts = sums.documents
    documents, n, k = counts["field_documents"], counts["field_n"], counts["field_k"]
    if not documents:
        return unknown("audits of documents that say how many fields are right")
    pairs = Pairs(
        documents,
        counts["field_wk"] / MICRO,
        counts["field_w"] / MICRO,
        counts["field_wwkk"] / MICRO,
        counts["field_wwk"] / MICRO,
        counts["field_ww"] / MICRO,
    )
    found = part_of(pairs, missing="")
    return found.model_copy(update={"k": k, "n": n, "simulated": counts["simulated"] > 0})
