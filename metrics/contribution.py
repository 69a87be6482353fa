"""What one item adds to the figures, at a moment: named whole numbers. Every figure is a function of their sums."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta, tzinfo

from core.rollups import HELD, MICRO, WAIT, Cell, Rolled
from metrics import sketch
from metrics.definitions.compare import RULES
from metrics.definitions.judge import Verdict
from metrics.definitions.rule import AMONG
from metrics.definitions.timeline import SILENCES, Seen, see
from metrics.facts import WINDOW, DocumentFacts, Facts, RunFacts, TicketFacts

_BASES = [name for name in AMONG if name != "all"]


def rolled(facts: Facts, now: datetime, zone: tzinfo) -> list[Rolled]:
    """Every item with its cell; days are those of `zone`. Whether a customer came back is not looked at."""
    tickets = [_ticket(ticket, now, zone) for ticket in facts.tickets]
    return tickets + [_document(document, now, zone) for document in facts.documents]


def _ticket(ticket: TicketFacts, now: datetime, zone: tzinfo) -> Rolled:
    counts, lasting = of_ticket(ticket, now)
    return Rolled(
        id=ticket.id,
        cell=Cell(
            "ticket",
            ticket.received_at.astimezone(zone).date(),
            ticket.origin,
            ticket.agent,
            ticket.version,
            ticket.model,
            ticket.intent,
            ticket.language,
            ticket.channel,
            ticket.customer_group,
        ),
        received_at=ticket.received_at,
        customer=ticket.customer,
        spam=ticket.spam,
        first_answer_at=ticket.first_answer_at,
        answered_at=ticket.answered_at,
        due_at=_due(ticket, now) if ticket.counted else None,
        counts=counts,
        lasting=lasting,
    )


def _due(ticket: TicketFacts, now: datetime) -> datetime | None:
    """The next moment at which silence changes what the ticket counts for."""
    moments = [m.at + silence for m in ticket.timeline if m.what == "answer" for silence in SILENCES]
    return min((at for at in (*moments, ticket.settled_at) if at > now), default=None)


def of_ticket(ticket: TicketFacts, now: datetime, verdict: Verdict | None = None) -> tuple[dict[str, int], ...]:
    """What a ticket adds, and what it adds besides unless its customer came back in another ticket."""
    if not ticket.counted:
        return {"spam" if ticket.spam else "merged": 1}, {}
    runs = [run for run in ticket.runs if not run.shadow]
    found, lasting = _of_runs(runs, "audit"), {}
    cost = found.get("cost", 0)
    found["items"] = 1
    if ticket.settled_at <= now:
        found["settled"] = 1
        found[_ending(ticket)] = 1
        reached = {"eligible": ticket.routed, "attempted": ticket.attempted, "automated": ticket.answered}
        found.update({name: 1 for name, there in reached.items() if there})
        if cost:
            found["settled_cost"], found["settled_cost_2"] = cost, cost * cost
        found |= _minutes(ticket, runs)
        if ticket.contained and not ticket.reopened:
            found["quiet"] = 1
            lasting = _lasting(ticket, runs, cost)
    if ticket.human_seconds is not None and not ticket.answered:
        found["handled"], found["handled_ms"] = 1, round(ticket.human_seconds * 1000)
    _waits(ticket, found, now)
    for code in ticket.reasons:
        found[HELD + code] = 1
    _add(found, ticket.failed_calls)
    if ticket.failed:
        found["failed"] = 1
    kind = _served_by(ticket)
    if ticket.csat_asked or ticket.csat is not None:
        found[f"csat_{kind}_asked"] = 1
    if ticket.csat is not None:
        found[f"csat_{kind}"] = 1
        if ticket.csat >= 4:
            found[f"csat_{kind}_good"] = 1
    found.update(vendor_counts(see(ticket, now), verdict))
    return found, lasting


def _minutes(ticket: TicketFacts, runs: list[RunFacts]) -> dict[str, int]:
    """What people spent on what agents did alone: audits, and tickets that were left to them after an answer."""
    judged = [run.judging_seconds for run in runs if run.right is not None]
    cleaned = [ticket.human_seconds] if ticket.answered and ticket.touched else []
    found: dict[str, int] = {}
    for name, spent in (("judged", judged), ("cleaned", cleaned)):
        timed = [round(seconds * 1000) for seconds in spent if seconds is not None]
        found |= {name: len(spent), f"{name}_timed": len(timed), f"{name}_ms": sum(timed)}
    return {name: value for name, value in found.items() if value}


def _ending(ticket: TicketFacts) -> str:
    """The one way in which a settled ticket ended."""
    if ticket.contained:
        return "contained"
    if ticket.staff_replied:
        return "handed_off" if ticket.routed else "people_alone"
    return "assisted" if ticket.touched else "left_open"


def _served_by(ticket: TicketFacts) -> str:
    """Who dealt with a ticket that a customer rated."""
    if ticket.contained:
        return "automated"
    return "human" if ticket.staff_replied or not ticket.attempted else "assisted"


def _lasting(ticket: TicketFacts, runs: list[RunFacts], cost: int) -> dict[str, int]:
    lasting = {"durable": 1, **_audits(runs, "kept")}
    if ticket.confirmed:
        lasting["confirmed"] = 1
    if cost:
        lasting["durable_cost"] = cost
    return lasting


def _of_runs(runs: list[RunFacts], audits: str) -> dict[str, int]:
    found = _audits(runs, audits)
    if not runs:
        return found
    found["runs"] = len(runs)
    if any(run.kind != "abstain" and run.agent for run in runs):
        found["drafted"] = 1
    cost = round(sum(run.cost_usd for run in runs) * MICRO)
    if cost:
        found["cost"], found["cost_2"] = cost, cost * cost
    for name in ("tokens", "cached_tokens"):
        if spent := sum(getattr(run, name) for run in runs):
            found[name] = spent
    if any(run.simulated for run in runs):
        found["simulated"] = 1
    for run in runs:
        _count(found, f"{WAIT}run:{sketch.bucket(run.seconds)}")
        _add(found, run.calls)
        _by_field(run, found)
        if run.seconded is not None:
            first, second = run.seconded
            said = {"": True, "_first": first, "_second": second, "_both": first and second}
            for name in (name for name, there in said.items() if there):
                _count(found, f"seconded{name}")
    return found


def _by_field(run: RunFacts, found: dict[str, int]) -> None:
    n, k = run.fields, run.fields_right
    audited = run.automated and run.audited and run.audit_probability > 0 and run.right is not None
    if not audited or not n or k is None:
        return
    w, ww = _weights(run)
    values = {"documents": 1, "n": n, "k": k, "w": w * n, "wk": w * k, "ww": ww * n * n, "wwk": ww * n * k}
    for name, value in (values | {"wwkk": ww * k * k}).items():
        _count(found, f"field_{name}", value)


def _weights(run: RunFacts) -> tuple[int, int]:
    return round(MICRO / run.audit_probability), round(MICRO / (run.audit_probability * run.audit_probability))


def _audits(runs: Iterable[RunFacts], prefix: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for run in runs:
        if not run.automated:
            continue
        _count(found, f"{prefix}_sent")
        if not (run.audited and run.audit_probability > 0):
            continue
        if run.right is None:
            _count(found, f"{prefix}_waiting")
            continue
        w, ww = _weights(run)
        for name, value in (("n", 1), ("w", w), ("ww", ww)):
            _count(found, f"{prefix}_{name}", value)
        if run.right:
            for name, value in (("k", 1), ("wk", w), ("wwk", ww)):
                _count(found, f"{prefix}_{name}", value)
    return found


def _waits(ticket: TicketFacts, found: dict[str, int], now: datetime) -> None:
    first = _bucket(ticket.received_at, ticket.first_reply_at)
    found[f"{WAIT}first:{first}"] = 1
    if ticket.answered and not ticket.touched:
        found[f"{WAIT}first_automated:{first}"] = 1
    if ticket.settled_at <= now:
        done = ticket.last_reply_at if ticket.staff_replied or not ticket.open or ticket.touched else None
        found[f"{WAIT}resolution:{_bucket(ticket.received_at, done)}"] = 1


def _bucket(start: datetime, end: datetime | None) -> int:
    return sketch.ABSENT if end is None else sketch.bucket((end - start) / timedelta(seconds=1))


def vendor_counts(seen: Seen, verdict: Verdict | None) -> dict[str, int]:
    """What a conversation counts for under the vendors' definitions, and among which."""
    among = {f"among_{name}": 1 for name in _BASES if AMONG[name](seen)}
    found = {rule.definition.name: rule.count(seen, verdict) for rule in RULES}
    return among | {name: counted for name, counted in found.items() if counted}


def _document(document: DocumentFacts, now: datetime, zone: tzinfo) -> Rolled:
    old = document.received_at + WINDOW
    return Rolled(
        id=document.id,
        cell=Cell(
            "document",
            document.received_at.astimezone(zone).date(),
            document.origin,
            document.agent,
            document.version,
            document.model,
            document.type,
            "",
            document.source,
            "",
        ),
        received_at=document.received_at,
        customer="",
        spam=False,
        first_answer_at=None,
        answered_at=None,
        due_at=None if document.finished or old <= now else old,
        counts=of_document(document, now),
        lasting={},
    )


def of_document(document: DocumentFacts, now: datetime) -> dict[str, int]:
    """What a document adds."""
    found = _of_runs([run for run in document.runs if not run.shadow], "audit")
    found["items"] = 1
    if document.finished or document.received_at + WINDOW <= now:
        found["settled"] = 1
        if document.straight_through:
            found["through"] = 1
    if document.failed:
        found["failed"] = 1
    _add(found, document.failed_calls)
    return found


def _add(found: dict[str, int], counts: Mapping[str, int]) -> None:
    for name, value in counts.items():
        _count(found, name, value)


def _count(found: dict[str, int], name: str, value: int = 1) -> None:
    found[name] = found.get(name, 0) + value
