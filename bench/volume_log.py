"""A generated event log for `bench.volume`: a year of tickets in order of arrival, about six events each."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np

from core.db import Database
from core.ids import new_id
from core.store import tenants

DAYS = 365
AGENTS, INTENTS = 12, 60
LANGUAGES, CHANNELS = ("en", "vi", "de"), ("email", "chat", "web")
LATE = 0.02  # of the events are written a day after they happened
COLUMNS = "id, tenant_id, kind, at, ticket_id, document_id, work_item_id, run_id, data, written_at"


class Row(NamedTuple):
    """One event as it is written."""

    kind: str
    at: datetime
    ticket: UUID
    run: UUID | None
    data: dict[str, Any]


class Log:
    """`tickets` tickets that arrive evenly over a year that ended two weeks ago."""

    def __init__(self, tickets: int, seed: int) -> None:
        self.tickets = tickets
        self.start = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=DAYS + 14)
        self._rng = np.random.default_rng(seed)
        self._random: Iterator[float] = iter(())

    def _next(self) -> float:
        value = next(self._random, None)
        if value is None:
            self._random = iter(self._rng.random(100_000).tolist())
            value = next(self._random)
        return value

    def _id(self, at: datetime) -> UUID:
        """A UUIDv7 of that time: what the product makes, and what keeps a ticket's rows near each other."""
        low, high = int(self._next() * 2**50), int(self._next() * 2**24)
        stamp = int(at.timestamp() * 1000) << 80
        return UUID(int=stamp | 0x7 << 76 | (high & 0xFFF) << 64 | 0x2 << 62 | (low << 12 | high >> 12) & (1 << 62) - 1)

    def rows(self) -> Iterator[Row]:
        """Yield the events, ticket by ticket in order of arrival."""
        for number in range(self.tickets):
            yield from self._ticket(self.start + timedelta(days=DAYS * number / self.tickets))

    def _ticket(self, at: datetime) -> Iterator[Row]:
        # The product numbers intents within their agent; few are most of the traffic.
        number = int(INTENTS * self._next() ** 2)
        agent, intent = f"agent{number % AGENTS}", f"agent{number % AGENTS}/intent{number}"
        language, channel = LANGUAGES[int(3 * self._next() ** 2)], CHANNELS[int(3 * self._next())]
        ticket, run = self._id(at), self._id(at)
        customer = f"c{int(self.tickets * self._next() / 3)}"
        seconds = 60 * 10 ** (2 * self._next())

        def row(kind: str, hours: float, **data: Any) -> Row:
            of_run = kind.startswith(("item.", "run.", "decision.", "audit."))
            return Row(kind, at + timedelta(hours=hours), ticket, run if of_run else None, data)

        yield row("ticket.received", 0, channel=channel, language="", customer=customer, origin="live")
        yield row("item.routed", 0.001, agent=agent, intent=intent, score=0.9, language=language, reason="")
        abstains = self._next() < 0.2
        proposal = "abstain" if abstains else "reply"
        cost = 0.0004 + 0.002 * self._next()
        made = {"agent": agent, "version": "1", "model": "m", "proposal": proposal, "score": 0.9, "shadow": False}
        yield row("run.recorded", 0.002, **made, fingerprint="f1", intent=intent, cost_usd=cost, seconds=1 + cost)
        if abstains or self._next() < 0.2:
            action, reason = ("decline", "no_draft") if abstains else ("hold", "score_below_threshold")
            yield row(
                "decision.recorded", 0.002, action=action, reasons=[reason], audit_probability=0.02, audited=False
            )
            kind = "staff.replied" if abstains else "review.edited"
            yield row(kind, 1 + 6 * self._next(), by="an", seconds=seconds)
            yield row("outcome.recorded", 7, outcome="handed_off", by="an")
            return
        drawn = self._next() < 0.02
        coin = {"audit_probability": 0.02, "audited": drawn}
        yield row("decision.recorded", 0.002, action="automate", reasons=["certified"], **coin)
        yield row("delivery.sent", 0.01, effect="reply", by="agent", channel=channel)
        if drawn:
            yield row("audit.judged", 30, right=self._next() < 0.96, critical=False, simulated=False)
        end = self._next()
        if end < 0.08:
            yield row("message.received", 20, turn=2)
            yield row("staff.replied", 24, by="an", seconds=seconds)
        elif end < 0.3:
            yield row("csat.answered", 3, rating=3 + int(3 * end / 0.3))
        yield row("ticket.closed", 120, by="silence" if end > 0.2 else "customer")


def load(url: str, owner: Any, tenant_id: UUID, rows: Iterator[Row], events: int = 50_000) -> int:
    """Write events by COPY, `events` a transaction, as the superuser connection `owner`. Returns how many."""
    database = Database(url)
    with database.transaction(tenant_id) as connection:
        tenants.make(connection, tenant_id, "Volume")
    database.close()
    done, more = 0, True
    while more:
        more = False
        with owner.cursor().copy(f"COPY events ({COLUMNS}) FROM STDIN") as copy:
            for number, row in enumerate(rows, start=1):
                at = row.at.isoformat()
                copy.write_row(
                    (new_id(), tenant_id, row.kind, at, row.ticket, None, None, row.run, json.dumps(row.data), at)
                )
                done += 1
                if number == events:
                    more = True
                    break
        owner.commit()
    return done
