"""HTTP schemas of what callers send, and small answers. Every text is checked for what PostgreSQL cannot store."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, field_validator

from core.errors import Rejected
from core.settings import settings
from core.store.intake import NewTicket

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
MAX_BATCH = 500


def clean(text: str) -> str:
    """Refuse characters that are no text: NUL, and halves of surrogate pairs."""
    if "\x00" in text:
        raise ValueError("holds the character NUL (U+0000), which is no text: remove it")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ValueError("holds half of a surrogate pair: encode the text as UTF-8 again") from error
    return text


def _written(text: str) -> str:
    if not text.strip():
        raise ValueError("is empty")
    if len(text) > settings().max_text_chars:
        raise ValueError(f"is longer than {settings().max_text_chars} characters (SAOLA_MAX_TEXT_CHARS)")
    return text


def _in_range(at: datetime) -> datetime:
    if at < EARLIEST:
        raise ValueError("is before the year 2000")
    if at > datetime.now(UTC) + timedelta(minutes=5):
        raise ValueError("lies in the future")
    return at.astimezone(UTC)


Text = Annotated[str, AfterValidator(clean)]
Line = Annotated[str, Field(max_length=500), AfterValidator(clean)]
Body = Annotated[str, AfterValidator(clean), AfterValidator(_written)]
Past = Annotated[AwareDatetime, AfterValidator(_in_range)]
Word = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,30}$")]


class Shape(BaseModel):
    """Base of what callers send: unknown members are errors, so that a misspelt one is never ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class CustomerIn(Shape):
    """Who wrote. Say `verified` only where your channel has proved the address (a log-in, a signed mail)."""

    address: Annotated[Line, Field(max_length=320)] = Field("", examples=["mai@example.com"])
    name: Line = Field("", examples=["Mai Nguyen"])
    verified: bool = False
    group: Annotated[Line, Field(max_length=60)] = Field(
        "",
        description="A group of customers by which figures are told, to see whether all are served alike. It is kept "
        "with the customer, and no agent sees it.",
        examples=["business"],
    )


class TicketIn(Shape):
    """A new ticket: at least `text`."""

    text: Body = Field(examples=["I lost my card, please block it."])
    subject: Line = Field("", examples=["Lost card"])
    channel: Word = "api"
    language: str = Field("", pattern=r"^([a-z]{2,3})?$", description="ISO 639; empty: found out by triage.")
    customer: CustomerIn = CustomerIn()
    external_id: Annotated[str, Field(min_length=1, max_length=200), AfterValidator(clean)] | None = None
    received_at: Past | None = Field(None, description="For imports: when it arrived in the world (scope ops).")
    origin: Literal["live", "import", "demo"] = Field("live", description="Other than live: scope ops.")

    @field_validator("text", "subject", "language", mode="after")
    @classmethod
    def _strip(cls, value: str) -> str:
        return value.strip()

    def to_new(self, *, may_backdate: bool, now: datetime) -> NewTicket:
        """Return what intake stores. Raises Rejected (scope_missing) for a back-dated ticket without the scope ops."""
        if not may_backdate and (self.received_at or self.origin != "live"):
            told = "received_at and origin are for imports: they need the scope ops"
            raise Rejected(told, code="scope_missing", hint="Leave both out, or use a key with the scope ops.")
        received = self.received_at or now
        return NewTicket(
            text=self.text,
            subject=self.subject,
            channel=self.channel,
            language=self.language,
            customer_address=self.customer.address.strip(),
            customer_name=self.customer.name.strip(),
            customer_verified=self.customer.verified,
            customer_group=self.customer.group.strip(),
            external_id=self.external_id,
            origin=self.origin,
            received_at=received,
            shift=max(now - received, timedelta(0)) if self.received_at else timedelta(0),
        )


class TicketAccepted(BaseModel):
    """The ticket is committed and its work is queued in the same transaction."""

    id: UUID
    state: Literal["accepted"] = "accepted"
    url: str


class BatchIn(Shape):
    """Up to 500 tickets. `all`: every one or none. `each`: what is right is taken, the rest is reported."""

    tickets: list[object] = Field(min_length=1, max_length=MAX_BATCH, description="Each as in POST /v1/tickets.")
    mode: Literal["all", "each"] = "all"


class MessageIn(Shape):
    """A customer's follow-up."""

    text: Body = Field(examples=["It is still not there."])
    received_at: Past | None = Field(None, description="For imports (scope ops).")
