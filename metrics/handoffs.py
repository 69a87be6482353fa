"""Handoffs: how tickets that triage gave to an agent came to a person after all, and why."""

from collections import Counter

from core.contracts import Frozen
from metrics.cohort import Cohort
from metrics.estimate import Estimate, share
from metrics.figure import Definition

DEFINITION = Definition(
    name="handoffs",
    title="Handed to a person",
    unit="share",
    numerator="tickets that a person replied to, took over, or whose draft a person rejected",
    denominator="tickets for which triage found an agent",
    window="by arrival; judged after 7 days; younger tickets are pending",
    exclusions="spam, tickets merged into another, imported past; drafts that a person approved or edited are "
    "assisted, not handed off",
    source="events: item.routed, review.rejected, review.taken_over, staff.replied",
)


class Endings(Frozen):
    """How the settled tickets of a cohort ended; the five add up to all of them."""

    automated: int
    assisted: int
    handed_off: int
    people_alone: int
    open: int


class WhyHeld(Frozen):
    """A reason of the gate and how many tickets of the period it held or declined."""

    code: str
    tickets: int


def estimate(cohort: Cohort) -> Estimate:
    """Handed off over routed, settled tickets only."""
    routed = [t for t in cohort.settled if t.routed]
    taken = sum(t.staff_replied for t in routed)
    return share(taken, len(routed), missing="no ticket that an agent got is 7 days old", pending=cohort.pending)


def endings(cohort: Cohort) -> Endings:
    """Count each settled ticket once: by agents alone, with a person's approval or edit, or by people."""
    found: Counter[str] = Counter()
    for ticket in cohort.settled:
        if ticket.contained:
            found["automated"] += 1
        elif ticket.staff_replied:
            found["handed_off" if ticket.routed else "people_alone"] += 1
        elif ticket.touched:
            found["assisted"] += 1
        else:
            found["open"] += 1
    return Endings(**{name: found[name] for name in Endings.model_fields})


def why_held(cohort: Cohort) -> tuple[WhyHeld, ...]:
    """The gate's reasons over all tickets of the period, young ones too; a ticket may have several."""
    found = Counter(code for ticket in cohort.tickets for code in ticket.reasons)
    return tuple(WhyHeld(code=code, tickets=n) for code, n in sorted(found.items(), key=lambda pair: (-pair[1], pair)))
