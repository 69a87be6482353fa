"""HTTP schemas of what the API answers, made from rows: tickets, runs, decisions with their reasons in words."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from fastapi import Request
from pydantic import BaseModel, Field

from api.words import Words
from core.contracts import Reason
from core.errors import Rejected
from core.gate.words import SENTENCES, sentence

LANGUAGES = ("en", "vi", "de")
Row = Mapping[Any, Any]
# What tells how sure an agent was; left out while an audit of the run waits for a judgement.
_TELLS_SCORE = frozenset({"score", "threshold", "score_below_threshold", "certified", "signals"})


class TicketSummary(BaseModel):
    """One line of the inbox."""

    id: UUID
    subject: str
    snippet: str
    channel: str
    language: str
    intent: str
    agent: str
    priority: str
    state: str
    attention: str = Field(description="Why a person should look: review, handoff, failed; or empty.")
    outcome: str | None
    origin: str
    taken_by: str | None
    assigned_to: str | None
    tags: list[str]
    turn: int
    external_id: str | None
    customer_name: str
    customer_address: str
    received_at: datetime
    updated_at: datetime
    closed_at: datetime | None

    @classmethod
    def of(cls, row: Row) -> "TicketSummary":
        """Make it from a row of core.store.inbox.tickets."""
        known = {name: row[name] for name in cls.model_fields if name in row}
        return cls.model_construct(**{**known, "snippet": row.get("snippet") or "", **_names(row)})


class TicketList(BaseModel):
    """One page of tickets; `next` is the cursor of the next page, null at the end."""

    tickets: list[TicketSummary]
    next: str | None


class ReasonInWords(BaseModel):
    """Why the gate decided so: a stable code, and a sentence in the language asked for."""

    code: str
    values: dict[str, Any]
    text: str


class Run(BaseModel):
    """One agent version on one work item, with the gate's decision on it and what became of that."""

    id: UUID
    turn: int
    agent: str
    agent_version: str
    fingerprint: str
    generation: int
    shadow: bool
    intent: str
    language: str
    kind: str
    score: float | None = Field(description="Null while an audit of this run is open: it is judged without it.")
    route: dict[str, Any]
    proposal: dict[str, Any]
    cost_usd: float
    seconds: float
    at: datetime
    audit_open: bool
    decision_id: UUID | None
    action: str | None
    reasons: list[ReasonInWords]
    tier: str | None
    threshold: float | None
    certificate_id: UUID | None
    review: str | None
    reviewed_by: str | None
    reviewed_at: datetime | None
    review_note: str | None
    final_text: str | None
    final_fields: list[dict[str, Any]] | None = Field(description="As a reviewer corrected them; null: as read.")
    suggested: list[dict[str, Any]] | None = Field(description="What the sender's earlier documents propose instead.")


class TicketHistory(BaseModel):
    """Everything that is known of a ticket."""

    id: UUID
    subject: str
    channel: str
    language: str
    intent: str
    agent: str
    priority: str
    state: str
    attention: str
    outcome: str | None
    origin: str
    taken_by: str | None
    assigned_to: str | None
    merged_into: UUID | None
    tags: list[str]
    turn: int
    external_id: str | None
    customer_id: UUID | None
    customer_name: str
    customer_address: str
    customer_verified: bool
    received_at: datetime
    first_reply_at: datetime | None
    closed_at: datetime | None
    closed_by: str | None
    messages: list[dict[str, Any]]
    notes: list[dict[str, Any]] = Field(description="Of staff, for staff; customers and agents never see them.")
    documents: list[dict[str, Any]]
    items: list[dict[str, Any]]
    runs: list[Run]
    deliveries: list[dict[str, Any]]
    events: list[dict[str, Any]]


class DocumentAccepted(BaseModel):
    """The file is stored and its work is queued in the same transaction as its row."""

    id: UUID
    state: str = "accepted"
    url: str
    sha256: str
    size: int


class DocumentSummary(BaseModel):
    """One line of the list of documents."""

    id: UUID
    ticket_id: UUID | None
    filename: str
    media_type: str
    size: int
    state: str
    type: str
    language: str
    reason: str = Field(description="Why it was refused, where it was.")
    origin: str
    attention: str
    outcome: str | None
    received_at: datetime


class DocumentList(BaseModel):
    """One page of documents; `next` is the cursor of the next page, null at the end."""

    documents: list[DocumentSummary]
    next: str | None


class DocumentHistory(DocumentSummary):
    """Everything that is known of a document. `pages` are the numbers of the pages that were read; `same_file` are all
    documents of a file that holds several, in their order there."""

    sha256: str
    customer_name: str
    customer_address: str
    duplicate_of: UUID | None = Field(description="The first document with the same bytes or the same contents.")
    text: str
    pages: list[int]
    same_file: list[dict[str, Any]]
    runs: list[Run]
    deliveries: list[dict[str, Any]]
    events: list[dict[str, Any]]


def document_history(
    row: Row,
    runs: Sequence[Row],
    deliveries: Iterable[Row],
    happened: Iterable[Row],
    pages: list[int],
    same_file: Iterable[Row],
    language: str,
) -> DocumentHistory:
    """Make a document's history from its rows."""
    hidden = {run["id"] for run in runs if run["audit_open"]}
    return DocumentHistory.model_construct(
        **{**{name: row[name] for name in DocumentHistory.model_fields if name in row}, **_names(row)},
        pages=pages,
        same_file=plain(same_file),
        runs=[run_of(run, language) for run in runs],
        deliveries=plain(deliveries),
        events=[event_of(event, hidden) for event in happened],
    )


def ticket_history(found: Mapping[str, Any], language: str) -> TicketHistory:
    """Make a ticket's history from core.store.history.ticket_history."""
    row = found["ticket"]
    hidden = {run["id"] for run in found["runs"] if run["audit_open"]}
    return TicketHistory.model_construct(
        **{**{name: row[name] for name in TicketHistory.model_fields if name in row}, **_names(row)},
        messages=plain(found["messages"]),
        notes=plain(found["notes"]),
        tags=found["tags"],
        documents=plain(found["documents"]),
        items=plain(found["items"]),
        runs=[run_of(run, language) for run in found["runs"]],
        deliveries=plain(found["deliveries"]),
        events=[event_of(event, hidden) for event in found["events"]],
    )


def run_of(row: Row, language: str) -> Run:
    """Make a run; its score and what tells it are left out while an audit of it is open."""
    blind = bool(row["audit_open"])
    proposal, route = dict(row["proposal"]), dict(row["route"])
    if blind:
        proposal = {name: value for name, value in proposal.items() if name not in _TELLS_SCORE}
        route = {name: value for name, value in route.items() if name not in _TELLS_SCORE}
    return Run(
        **{name: row[name] for name in Run.model_fields if name in row and name not in ("reasons", "proposal", "route")}
        | ({"score": None, "threshold": None, "action": None, "certificate_id": None} if blind else {}),
        proposal=proposal,
        route=route,
        at=row["created_at"],
        reasons=[] if blind else in_words(row["reasons"] or (), language),
    )


def event_of(row: Row, hidden: Iterable[UUID] = ()) -> dict[str, Any]:
    """Return an event for people; scores of runs in `hidden` (under audit) are left out."""
    data = row["data"]
    if row["run_id"] in set(hidden):
        data = {name: value for name, value in data.items() if name not in {*_TELLS_SCORE, "action", "reasons"}}
    shown = ("id", "kind", "at", "ticket_id", "document_id", "work_item_id", "run_id")
    return {**{name: row[name] for name in shown}, "data": data}


def in_words(reasons: Iterable[Mapping[str, Any]], language: str) -> list[ReasonInWords]:
    """Return the gate's reasons with one sentence each."""
    found, words = [], Words(language)
    for one in reasons:
        reason = Reason(**one)
        said = {name: words.value(name, value) for name, value in reason.values.items()}
        known = reason.code in SENTENCES
        text = sentence(reason.model_copy(update={"values": said}), language) if known else reason.code
        found.append(ReasonInWords(code=reason.code, values=reason.values, text=text))
    return found


def plain(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """Return rows as dictionaries."""
    return [dict(row) for row in rows]


def _names(row: Row) -> dict[str, Any]:
    return {name: row[name] or "" for name in ("customer_name", "customer_address")}


def language_of(request: Request) -> str:
    """Return the best of our languages for the request: its `lang` parameter, else Accept-Language, else English."""
    asked = request.query_params.get("lang", "")
    if asked in LANGUAGES:
        return asked
    choices: list[tuple[float, str]] = []
    for part in request.headers.get("accept-language", "")[:200].split(","):
        tag, _, rest = part.strip().partition(";q=")
        try:
            choices.append((float(rest or 1), tag[:2].lower()))
        except ValueError:
            continue
    return next((tag for _, tag in sorted(choices, reverse=True, key=lambda c: c[0]) if tag in LANGUAGES), "en")


def own_time(shift_seconds: float) -> datetime:
    """Return now on an item's own clock: an imported item's events are dated back by its shift."""
    return datetime.now(UTC) - timedelta(seconds=shift_seconds)


def no_ticket() -> Rejected:
    """Return the refusal for an id that is no ticket of this tenant."""
    return Rejected("there is no such ticket", code="not_found", hint="List the tickets: GET /v1/tickets")


def no_document() -> Rejected:
    """Return the refusal for an id that is no document of this tenant."""
    return Rejected("there is no such document", code="not_found", hint="List the documents: GET /v1/documents")
