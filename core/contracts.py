"""The narrow waist: five frozen values pass between the stages of the line (WorkItem, Proposal, Decision, Outcome,
Usage), and the small values they are made of. All are immutable, keyword-only and serialise to JSON."""

from collections import Counter
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

Tier = Literal["off", "shadow", "assisted", "automated"]
Action = Literal["automate", "hold", "decline"]
OutcomeKind = Literal["automated", "approved", "edited", "rejected", "handed_off", "failed"]
Author = Literal["customer", "agent", "staff"]
Priority = Literal["low", "normal", "high"]
TIERS: tuple[Tier, ...] = ("off", "shadow", "assisted", "automated")
SIMULATED_REVIEWER = "simulated reviewer"  # whoever bears this name is no person: its judgements are marked everywhere
TARGETS: tuple[float, ...] = (0.90, 0.93, 0.95, 0.97, 0.98, 0.99)


def is_simulated(by: str) -> bool:
    """Return whether an actor (a user, or "key:NAME") is the simulated reviewer of demos and benchmarks."""
    return by.removeprefix("key:") == SIMULATED_REVIEWER


class Frozen(BaseModel):
    """Base of every value that crosses a seam."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Customer(Frozen):
    """Who wrote. `verified` says that the channel proved the address; only then may a reply go out unseen."""

    id: UUID
    address: str
    name: str = ""
    verified: bool = False


class Message(Frozen):
    """One message of a ticket's thread, oldest first; a customer's message and the replies to it have one `turn`."""

    turn: int
    author: Author
    text: str
    at: datetime


class Source(Frozen):
    """Where a statement or value comes from: an approved answer, an article, a document, a tool result."""

    kind: Literal["answer", "article", "document", "tool", "customer"]
    id: str
    title: str = ""
    quote: str = ""


class Evidence(Frozen):
    """Where on a document a value was read. `box` is left, top, right, bottom as shares (0 to 1) of the page."""

    kind: Literal["page", "xml", "code", "mail"]
    page: int | None = None
    box: tuple[float, float, float, float] | None = None
    path: str = ""
    text: str = ""


class FieldValue(Frozen):
    """One extracted field. `value` as printed, `normalised` in its canonical form (ISO date, decimal with currency).
    `reason` says why `value` is None. A value without evidence never goes straight through. `score` is the chance that
    the value is right; the document's score is the product over its `required` fields."""

    name: str
    type: str
    required: bool = False
    value: str | None = None
    normalised: str | None = None
    score: float = Field(0.0, ge=0, le=1)
    evidence: Evidence | None = None
    reason: str = ""


class DocumentRead(Frozen):
    """A document of the item after reading: its bytes lie in the file store under `sha256`.

    Where a file holds several documents each is a `part` (from 0) of it, and all but the first are `part_of` that one.
    """

    id: UUID
    filename: str
    media_type: str
    size: int
    sha256: str
    type: str = "unknown"
    text: str = ""
    fields: tuple[FieldValue, ...] = ()
    part: int | None = None
    part_of: UUID | None = None


class ActionProposal(Frozen):
    """A write that an agent proposes. `provenance` maps each argument to where its value came from:
    customer (verified record), ticket, document, tool, agent (made up by the model) or manifest (constant)."""

    name: str
    arguments: dict[str, Any] = Field(default_factory=dict)
    provenance: dict[str, str] = Field(default_factory=dict)
    confirmed: bool = False  # the customer said yes to exactly this
    effect: Literal["write"] = "write"


class ActionOutcome(Frozen):
    """What became of an earlier proposed action; the next run of the ticket finds it in its work item.

    done: carried out, `result` is what the tool gave back. refused: the system that was written to said no, `result`
    says why, nothing was changed. failed: given up, `result` says why, and nobody knows whether it was half done.
    """

    name: str
    arguments: dict[str, Any] = Field(default_factory=dict)
    status: Literal["done", "refused", "failed"]
    result: str = ""
    turn: int = 0  # of the work item whose run proposed it


class Usage(Frozen):
    """What one run used. Cost in US dollars; seconds of wall clock; zero model calls for engines without a model.

    answered, failed: calls by model (provider:name) that its provider answered, and could not answer or refused
    """

    model: str = ""
    model_calls: int = 0
    tool_calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    cost_usd: float = 0.0
    seconds: float = 0.0
    answered: dict[str, int] = {}
    failed: dict[str, int] = {}

    def plus(self, other: "Usage") -> "Usage":
        """Return the sum of both; `model` names every model once."""
        models = dict.fromkeys(name for one in (other, self) for name in one.model.split(",") if name)
        by_model = ("answered", "failed")
        numbers = {
            name: getattr(self, name) + getattr(other, name)
            for name in type(self).model_fields
            if name not in ("model", *by_model)
        }
        calls = {name: dict(Counter(getattr(self, name)) + Counter(getattr(other, name))) for name in by_model}
        return Usage(model=",".join(models), **numbers, **calls)


class WorkItem(Frozen):
    """What an agent works on: a ticket at one turn, or a document. All an agent may know is here or in its context.

    A ticket's turns count from 1: each message of the customer begins one, and so does the outcome of an action that
    the run before waited for.
    """

    id: UUID
    tenant_id: UUID
    kind: Literal["ticket", "document"]
    generation: int = 0
    ticket_id: UUID | None = None
    turn: int = 1
    channel: str = "api"
    subject: str = ""
    text: str = ""
    language: str = ""
    received_at: datetime
    customer: Customer | None = None
    messages: tuple[Message, ...] = ()
    documents: tuple[DocumentRead, ...] = ()
    action_outcomes: tuple[ActionOutcome, ...] = ()

    @property
    def asked_at(self) -> int:
        """The turn of the customer's newest message."""
        return max((message.turn for message in self.messages if message.author == "customer"), default=self.turn)

    @property
    def goes_on(self) -> bool:
        """Whether this turn began with the outcome of an action and not with a message of the customer."""
        return self.asked_at < self.turn


class Route(Frozen):
    """Triage's answer: the agent to run, or None for a person, with why. Scores are probabilities, 0 to 1."""

    agent: str | None
    intent: str = ""
    score: float = 0.0
    language: str = ""
    priority: Priority = "normal"
    reason: str = ""
    runner_up: str = ""
    signals: dict[str, float] = Field(default_factory=dict)


class Proposal(Frozen):
    """What an agent proposes and nothing more. kind 'reply' has `reply` (and maybe actions), 'action' only actions,
    'fields' has `fields`, 'abstain' has `reason`. `score` says how sure the agent is that all of it is right."""

    agent: str
    agent_version: str
    fingerprint: str
    kind: Literal["reply", "action", "fields", "abstain"]
    intent: str = ""
    language: str = ""
    reply: str = ""
    actions: tuple[ActionProposal, ...] = ()
    document_type: str = ""
    fields: tuple[FieldValue, ...] = ()
    sources: tuple[Source, ...] = ()
    score: float = Field(0.0, ge=0, le=1)
    signals: dict[str, float] = Field(default_factory=dict)
    reason: str = ""
    question: bool = False
    usage: Usage = Usage()


class Reason(Frozen):
    """Why the gate decided as it did: a stable code and its values; `core.gate.words` turns it into a sentence."""

    code: str
    values: dict[str, Any] = Field(default_factory=dict)


WHOLE = "all"  # the slice of a certificate that is the whole agent; any other is the name of an intent, or
FIELD = "field:"  # this before the name of a field of a document
FAMILY = "family:"  # before the name of a family, where it stands in an agent's place and pools its agents' audits
INHERITED = "inherited"  # the method of a certificate that the version before earned, by an operator's choice


def owners_of(agent: str, family: str) -> tuple[str, ...]:
    """Return whose certificates may speak for an agent: its own, and its family's where it has one ('': none)."""
    return (agent, FAMILY + family) if family else (agent,)


class Certificate(Frozen):
    """The live permission of one agent (or family) at one fingerprint: automate at `threshold` and above.

    Certified: accuracy at least `target` with `confidence`, from `k` right of `n` audited runs in the data window.
    """

    id: UUID
    agent: str
    fingerprint: str
    slice: str = WHOLE
    target: float
    confidence: float
    threshold: float
    k: int
    n: int
    bound: float
    method: str
    audits: int = 0  # all audits looked at; n of them at or above the threshold
    expires_at: datetime | None = None
    simulated: bool = False
    critical_target: float | None = None  # free of critical errors at least so often; None: not asked for


class Policy(Frozen):
    """What the gate must obey for one agent and tenant: the tier in force and what the manifest lets it do."""

    tier: Tier
    may: tuple[str, ...] = ()
    target: float = 0.95
    confidence: float = 0.95
    critical_target: float | None = None
    paused: bool = False
    allowed_links: tuple[str, ...] = ()
    sinks: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    verified_only: tuple[str, ...] = ()
    confirm_first: tuple[str, ...] = ()


class Decision(Frozen):
    """The gate's word on one proposal, with its reasons and the audit coin drawn before any outcome is known."""

    action: Action
    reasons: tuple[Reason, ...]
    tier: Tier
    score: float
    threshold: float | None = None
    certificate_id: UUID | None = None
    audit_probability: float = 0.0
    audited: bool = False
    audit_smallest: float = 0.0  # that any run of this agent had at the time
    flagged: bool = False  # something known before the outcome spoke for looking


class Outcome(Frozen):
    """How a work item ended, and who ended it. `edits` holds the final text where a person changed the draft."""

    kind: OutcomeKind
    by: str
    at: datetime
    reply: str = ""
    reason: str = ""
    simulated: bool = False
