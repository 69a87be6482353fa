"""Ada: automated resolution is no person and relevant, accurate, safe as an LLM sees it; containment is no person."""

from metrics.cohort import Cohort
from metrics.definitions import timeline
from metrics.definitions.judge import NO_JUDGE, Judge, no_judge
from metrics.estimate import Estimate, share, unknown
from metrics.figure import Definition

RESOLUTION = Definition(
    name="ada_resolution",
    title="Ada: automated resolution rate",
    unit="share",
    numerator="conversations without a person that an LLM finds relevant, accurate and safe (here: 4 or 5 of 5)",
    denominator="engaged conversations: those in which the AI wrote",
    window="by arrival",
    exclusions="spam and merged conversations",
    source="ada.cx guide; docs.ada.cx",
)
CONTAINMENT = RESOLUTION.model_copy(
    update={
        "name": "ada_containment",
        "title": "Ada: containment rate",
        "numerator": "engaged conversations that came to no person, whether the customer was helped or gave up",
    }
)


def resolution(cohort: Cohort, judge: Judge | None = None) -> Estimate:
    """Approved by the judge, of engaged."""
    engaged = [t for t in cohort.tickets if timeline.replied(t)]
    if judge is None:
        return unknown(NO_JUDGE, n=len(engaged))
    good = sum(timeline.person_at(t) is None and judge(t).score >= 4 for t in engaged)
    return share(good, len(engaged), missing="conversations with the AI")


def containment(cohort: Cohort) -> Estimate:
    """No person, of engaged."""
    engaged = [t for t in cohort.tickets if timeline.replied(t)]
    alone = sum(timeline.person_at(t) is None for t in engaged)
    return share(alone, len(engaged), missing="conversations with the AI")


FIGURES = ((RESOLUTION, resolution), (CONTAINMENT, no_judge(containment)))
