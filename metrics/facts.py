"""Facts: what became of each ticket, document and run, folded out of the event log. Frozen, no clock, no opinion."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, NamedTuple
from uuid import UUID

WINDOW = timedelta(days=7)


What = Literal["answer", "question", "customer", "person", "reopen", "confirm", "close"]


class Moment(NamedTuple):
    """Something that others' definitions look at: an agent's answer or question, the customer writing, a person
    touching the ticket, a reopening, a confirmation, a close; `by` is who, as the event says."""

    what: What
    at: datetime
    by: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class TicketFacts:
    """One ticket's first episode: from its arrival until 7 days have passed in silence after an agent's answer.

    routed       triage found an agent for it (shadow runs do not count anywhere here)
    attempted    an agent made a draft, not an abstention
    answered     an agent sent an answer or carried out an action unseen; a clarifying question is no answer
    touched      a person approved, edited, rejected, took over or replied
    open         the customer's last message has no answer yet, or the last word is the agent's question
    answered_at  the agent's last answer of the episode; first_answer_at its first
    last_reply_at  the last reply of the episode, by an agent or a person
    reopened     reopened within the episode
    repeated     the same customer came back with the same intent in another ticket, in any channel, after the first
                 answer and within 7 days of the last
    confirmed    the customer said that it is solved, or closed it
    human_seconds  recorded handling time of people; None where nobody recorded any
    failed       an attempt at it failed
    timeline     the whole life in order, also after the first episode: what other vendors' definitions are made from
    """

    id: UUID
    received_at: datetime
    channel: str = ""
    language: str = ""
    customer: str = ""
    customer_group: str = ""
    origin: str = ""
    intent: str = ""
    agent: str = ""
    version: str = ""
    model: str = ""
    spam: bool = False
    merged: bool = False
    routed: bool = False
    attempted: bool = False
    answered: bool = False
    touched: bool = False
    declined: bool = False
    staff_replied: bool = False
    open: bool = True
    first_answer_at: datetime | None = None
    answered_at: datetime | None = None
    first_reply_at: datetime | None = None
    last_reply_at: datetime | None = None
    reopened: bool = False
    repeated: bool = False
    confirmed: bool = False
    human_seconds: float | None = None
    csat: int | None = None
    csat_asked: bool = False
    failed: bool = False
    failed_calls: Mapping[str, int] = field(default_factory=dict)
    reasons: tuple[str, ...] = ()
    timeline: tuple[Moment, ...] = ()
    runs: tuple["RunFacts", ...] = ()

    @property
    def counted(self) -> bool:
        """In the denominator: neither spam nor merged into another ticket."""
        return not (self.spam or self.merged)

    @property
    def contained(self) -> bool:
        """Answered by agents alone, nothing left open."""
        return self.answered and not self.touched and not self.open

    @property
    def durable(self) -> bool:
        """Contained, and the customer neither reopened it nor came back with the same matter within 7 days."""
        return self.contained and not self.reopened and not self.repeated

    @property
    def settled_at(self) -> datetime:
        """From when on it can be judged: 7 days after arrival or after the agent's last answer, the later."""
        return max(self.received_at, self.answered_at or self.received_at) + WINDOW


@dataclass(frozen=True, kw_only=True, slots=True)
class RunFacts:
    """One run with its decision and audit.

    right          the last judgement of an audit drawn at random, else None
    fields, wrong  of a document's judgement: how many fields it has, how many the reviewer named as wrong
    seconded       what the first and the second reviewer said, where two judged it
    calls          calls of models by what became of them (answered:MODEL, failed:MODEL)
    judging_seconds  what all judgements of it took people; None where nobody recorded any
    """

    id: UUID
    agent: str = ""
    version: str = ""
    kind: str = ""
    model: str = ""
    shadow: bool = False
    action: str = ""
    audited: bool = False
    audit_probability: float = 0.0
    right: bool | None = None
    fields: int = 0
    wrong: int = 0
    seconded: tuple[bool, bool] | None = None
    judging_seconds: float | None = None
    simulated: bool = False
    cost_usd: float = 0.0
    seconds: float = 0.0
    tokens: int = 0
    cached_tokens: int = 0
    calls: Mapping[str, int] = field(default_factory=dict)

    @property
    def automated(self) -> bool:
        """Decided to go out unseen, for real."""
        return self.action == "automate" and not self.shadow

    @property
    def fields_right(self) -> int | None:
        """How many of its fields are right; None where it is not known which are wrong."""
        if self.right:
            return self.fields
        return max(self.fields - self.wrong, 0) if self.wrong else None


@dataclass(frozen=True, kw_only=True, slots=True)
class DocumentFacts:
    """One document.

    type       what kind of document triage, or whoever read it, took it for
    source     the channel through which it came, and its media type
    delivered  its fields went on by themselves; `finished`: they went on, or a person dealt with it, or it failed for
               good
    """

    id: UUID
    received_at: datetime
    origin: str = ""
    type: str = ""
    source: str = ""
    agent: str = ""
    version: str = ""
    model: str = ""
    delivered: bool = False
    touched: bool = False
    finished: bool = False
    failed: bool = False
    failed_calls: Mapping[str, int] = field(default_factory=dict)
    runs: tuple[RunFacts, ...] = ()

    @property
    def straight_through(self) -> bool:
        """Went on untouched."""
        return self.delivered and not self.touched


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """All that one fold found, ordered by arrival."""

    tickets: tuple[TicketFacts, ...] = ()
    documents: tuple[DocumentFacts, ...] = ()
