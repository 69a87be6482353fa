"""What roll-ups are made of: the counters that each item adds, the item's cell, and the slices that it is part of.

A slice holds what items of 1, 8 or 64 days, of one kind and origin, add up to: all of them, or those of one agent,
version, model, intent, language, channel or customer group. Within a slice, pairs hold the few counters that figures
need by agent and intent.
All counters are whole numbers, so that what was added can be taken off again exactly: money in millionths of a dollar,
times in milliseconds, audit weights in millionths.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

MICRO = 1_000_000  # in one dollar, and in an audit weight of 1
VERSION = 7  # of what the counters mean; a change makes every roll-up anew from the log

FIELDS = ("documents", "n", "k", "w", "wk", "ww", "wwk", "wwkk")  # of audited documents whose wrong fields are known
AUDIT = ("sent", "waiting", "n", "k", "w", "ww", "wk", "wwk")
AMONG = ("wrote", "involved", "idle_resolved", "idle_resolved_old", "self_closed")
VENDORS = (
    *("fin_involvement", "fin_resolution", "fin_automation"),
    *("zendesk_contained", "zendesk_assisted", "zendesk_unassisted", "agentforce_escalated", "ada_containment"),
    *("chatwoot_auto_resolution", "chatwoot_durable_resolution", "chatwoot_handoff", "chatwoot_reopen"),
    *("chatwoot_coverage", "chatwoot_hours_saved", "decagon_containment"),
    *("libredesk_resolution", "libredesk_handoff", "libredesk_reopen"),
)
COUNTERS: tuple[str, ...] = (
    *("items", "spam", "merged", "settled", "drafted"),
    *("eligible", "attempted", "automated", "contained", "quiet", "durable", "confirmed"),
    *("handed_off", "assisted", "people_alone", "left_open", "through"),
    *("handled", "handled_ms", "runs", "simulated", "failed"),
    *(f"audit_{name}" for name in AUDIT),  # of all runs sent unseen
    *(f"kept_{name}" for name in AUDIT),  # of those on durable tickets
    *(f"field_{name}" for name in FIELDS),
    *("seconded", "seconded_first", "seconded_second", "seconded_both"),  # two reviewers: who of them said right
    *("cost", "cost_2", "settled_cost", "settled_cost_2", "durable_cost", "tokens", "cached_tokens"),
    *(f"csat_{by}{what}" for by in ("automated", "assisted", "human") for what in ("", "_good", "_asked")),
    *(f"among_{name}" for name in AMONG),
    *VENDORS,
    # What people spend on what agents sent: audits of it, and what was left for them to do on tickets answered unseen.
    *(f"{what}{how}" for what in ("judged", "cleaned") for how in ("", "_timed", "_ms")),
)
# What an item adds only unless its customer came back in another ticket.
LASTING = ("durable", "confirmed", "durable_cost", *(f"kept_{name}" for name in AUDIT))
# The events that figures are made of; a file of them has one a line, its fields (item, kind, at, run, id, data) between
# delimiters that no JSON holds unescaped.
KINDS = (
    *("ticket.received", "message.received", "document.received", "document.read", "item.routed", "run.recorded"),
    *("decision.recorded", "delivery.sent", "review.approved", "review.edited", "review.rejected"),
    *("review.taken_over", "staff.replied", "audit.drawn", "audit.judged", "audit.seconded", "outcome.recorded"),
    *("ticket.closed", "ticket.reopened", "ticket.confirmed", "ticket.marked_spam", "ticket.merged"),
    *("item.failed", "item.dead", "csat.asked", "csat.answered"),
)
DELIMITER, MISSING = "\x1f", "\x01"
SLICE_KEY = ("grain", "start", "item", "origin", "by", "value")
PAIR_KEY = (*SLICE_KEY, "agent", "intent")
PAIRED = ("settled", "eligible", "attempted", "automated", "contained", "durable", "drafted")  # counters of pairs
WAIT_KEY = ("grain", "start", "origin", "by", "value", "what")  # of one sketch
TABLES = ("rollup_items", "rollups", "rollup_pairs", "rollup_waits")
# Days that one row holds, counted from 1970-01-01: a year is 5 rows of 64 days, and some 7 of 8 days and 7 of one at
# its ends, where months would leave 30 days on each side.
GRAINS = (1, 8, 64)
DIMENSIONS = ("agent", "version", "model", "intent", "language", "channel", "customer_group")
# What documents are grouped by and where it stands: type and source are where tickets have intent and channel.
OF_DOCUMENTS = {"agent": "agent", "version": "version", "model": "model", "type": "intent", "source": "channel"}
HELD = "held:"  # held:CODE counts the items that the gate held for this reason
ANSWERED, FAILED = "answered:", "failed:"  # answered:MODEL and failed:MODEL count calls of a model (provider:name)
NAMED = (HELD, ANSWERED, FAILED)  # counters whose names are not known beforehand
WAIT = "wait:"  # wait:WHAT:BUCKET counts the values in one bucket of a sketch


def block(day: date, grain: int) -> date:
    """The first day of the `grain` days that hold a day."""
    return day - timedelta(days=(day - _EPOCH).days % grain)


class Cell(NamedTuple):
    """What an item is counted under. For documents, intent is the type and channel the source."""

    item: str  # ticket | document
    start: date
    origin: str
    agent: str
    version: str
    model: str
    intent: str
    language: str
    channel: str
    customer_group: str

    @property
    def slices(self) -> list[tuple[str, str]]:
        """The slices (by, value) that the item is part of; the first is all items."""
        columns = {name: name for name in DIMENSIONS} if self.item == "ticket" else OF_DOCUMENTS
        return [("", ""), *((name, getattr(self, column)) for name, column in columns.items())]


class Rolled(NamedTuple):
    """One item as it was last rolled up.

    counts   what it adds to its cell; `lasting` what it adds besides, unless its customer came back elsewhere
    due_at   when it is to be looked at again although nothing happened: silence is news too
    """

    id: UUID
    cell: Cell
    received_at: datetime
    customer: str
    spam: bool
    first_answer_at: datetime | None
    answered_at: datetime | None
    due_at: datetime | None
    counts: Mapping[str, int]
    lasting: Mapping[str, int]
    repeated: bool = False

    @property
    def total(self) -> dict[str, int]:
        """All that the item adds to its cell."""
        if self.repeated:
            return dict(self.counts)
        return {**self.counts, **self.lasting}


def pack(counts: Mapping[str, int]) -> str:
    """Write counters in few characters: `number=value`, or `name=value` for those of reasons and sketches."""
    return " ".join(f"{_PLACES.get(name, name)}={value}" for name, value in counts.items() if value)


def unpack(packed: str) -> dict[str, int]:
    """Read what `pack` wrote; a name that is there twice counts for both."""
    found: dict[str, int] = {}
    for part in packed.split():
        place, _, value = part.rpartition("=")
        name = COUNTERS[int(place)] if place.isdecimal() else place
        found[name] = found.get(name, 0) + int(value)
    return found


_EPOCH = date(1970, 1, 1)
_PLACES = {name: str(place) for place, name in enumerate(COUNTERS)}
