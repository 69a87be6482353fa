"""Handoffs: how tickets that triage gave to an agent came to a person after all, and why."""

from core.contracts import Frozen
from metrics.estimate import Estimate, share
from metrics.figure import Definition
from metrics.sums import Sums

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


def estimate(sums: Sums) -> Estimate:
    """Handed off over routed, settled tickets only."""
    taken, routed = sums.tickets["handed_off"], sums.tickets["eligible"]
    return share(taken, routed, missing="no ticket that an agent got is 7 days old", pending=sums.pending)


def endings(sums: Sums) -> Endings:
    """Each settled ticket once: by agents alone, with a person's approval or edit, or by people."""
    counts = sums.tickets
    return Endings(
        automated=counts["contained"],
        assisted=counts["assisted"],
        handed_off=counts["handed_off"],
        people_alone=counts["people_alone"],
        open=counts["left_open"],
    )


def why_held(sums: Sums) -> tuple[WhyHeld, ...]:
    """The gate's reasons over all tickets of the period, young ones too; a ticket may have several."""
    found = sorted(sums.held.items(), key=lambda pair: (-pair[1], pair))
    return tuple(WhyHeld(code=code, tickets=n) for code, n in found if n)
