"""Intercom Fin: resolution is a confirmation or silence after an answer; automation = involvement x resolution."""

from datetime import timedelta

from metrics.cohort import Cohort
from metrics.definitions import timeline
from metrics.definitions.judge import no_judge
from metrics.estimate import Estimate, share
from metrics.facts import TicketFacts
from metrics.figure import Definition

SOFT = timedelta(hours=24)
INVOLVEMENT = Definition(
    name="fin_involvement",
    title="Fin: involvement rate",
    unit="share",
    numerator="conversations in which the AI wrote to the customer",
    denominator="all new conversations",
    window="by arrival",
    exclusions="spam and merged conversations",
    source="fin.ai/help/en/articles/13560797",
)
RESOLUTION = Definition(
    name="fin_resolution",
    title="Fin: resolution rate (confirmed + assumed)",
    unit="share",
    numerator="conversations with an answer of the AI after which the customer confirmed, or left for 24 hours without "
    "asking for more; taken back when the customer returns to the same conversation and has no answer of the AI again",
    denominator="conversations in which the AI wrote",
    window="by arrival; assumed after 24 hours of silence",
    exclusions="spam and merged conversations; the same customer in a new conversation does not count against it",
    source="intercom.com/help/en/articles/8205718; silence of 24 hours from an older version of that page",
)
AUTOMATION = Definition(
    name="fin_automation",
    title="Fin: automation rate",
    unit="share",
    numerator="involvement rate x resolution rate: resolved conversations",
    denominator="all new conversations",
    window="by arrival",
    exclusions="as above",
    source="fin.ai/help/en/articles/13560797",
)


def resolved(ticket: TicketFacts, cohort: Cohort) -> bool:
    """Confirmed or assumed, and not taken back."""
    if timeline.person_at(ticket) is not None or not timeline.answered(ticket):
        return False
    if not timeline.last_word_is_answer(ticket):
        return False
    sure = any(m.what == "confirm" or (m.what == "close" and m.by == "customer") for m in ticket.timeline)
    return sure or timeline.silent_after_answer(ticket, SOFT, cohort.now) is not None


def involvement(cohort: Cohort) -> Estimate:
    """Involved of all."""
    involved = sum(timeline.replied(t) for t in cohort.tickets)
    return share(involved, len(cohort.tickets), missing="conversations")


def resolution(cohort: Cohort) -> Estimate:
    """Resolved of involved."""
    involved = [t for t in cohort.tickets if timeline.replied(t)]
    return share(sum(resolved(t, cohort) for t in involved), len(involved), missing="conversations with the AI")


def automation(cohort: Cohort) -> Estimate:
    """Resolved of all."""
    return share(sum(resolved(t, cohort) for t in cohort.tickets), len(cohort.tickets), missing="conversations")


FIGURES = ((INVOLVEMENT, no_judge(involvement)), (RESOLUTION, no_judge(resolution)), (AUTOMATION, no_judge(automation)))
