"""Accuracy: of what went out unseen, the part that a reviewer who did not see the score calls right."""

from collections.abc import Sequence

from metrics.cohort import Cohort
from metrics.estimate import Estimate, unknown
from metrics.facts import RunFacts
from metrics.figure import Definition
from metrics.intervals import weighted_share

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


def estimate(cohort: Cohort) -> Estimate:
    """Over the cohort's automated runs, on tickets and documents."""
    return of_runs(cohort.runs)


def of_runs(runs: Sequence[RunFacts]) -> Estimate:
    """Accuracy of any set of runs by their audits; `pending` counts audits drawn and not yet judged."""
    drawn = [run for run in runs if run.automated and run.audited and run.audit_probability > 0]
    judged = [run for run in drawn if run.right is not None]
    waiting = len(drawn) - len(judged)
    if not judged:
        sent = sum(run.automated for run in runs)
        missing = f"{waiting} audits wait for a judgement" if waiting else f"audits: none drawn from {sent} sent unseen"
        return unknown(missing, pending=waiting)
    found = weighted_share(
        [bool(run.right) for run in judged],
        [1 / run.audit_probability for run in judged],
        missing="audits",
        simulated=any(run.simulated for run in judged),
    )
    return found.model_copy(update={"pending": waiting})
