"""agent.yaml: the manifest of one agent or document processor, checked without importing any agent code."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from agents import yaml_errors
from core.contracts import TARGETS, Tier

Name = Annotated[str, Field(pattern=yaml_errors.NAME)]


# Text to pydantic, so that what is wrong is told in one sentence (manifest_fit); a pattern to editors.
Language = Annotated[str, Field(json_schema_extra={"pattern": "^[a-z]{2,3}$"})]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Limits(_Strict):
    """Ceilings of one run: wall-clock seconds, US dollars, model calls, tokens read and written."""

    seconds: float = Field(30.0, gt=0, le=600)
    cost: float = Field(0.10, ge=0)
    steps: int = Field(8, ge=1, le=50)
    tokens: int = Field(100_000, ge=1_000)


class Accepts(_Strict):
    """What the agent takes: tickets by channel (empty: all), documents by type and media type."""

    channels: tuple[str, ...] = ()
    document_types: tuple[str, ...] = ()
    media_types: tuple[str, ...] = ()


class Tool(_Strict):
    """A tool of an llm agent. `effect: write` is never carried out inside the run; it becomes a proposed action.
    `sinks` are the arguments whose value untrusted content (ticket text, documents, tool results) must not choose."""

    name: Name
    effect: Literal["read", "write"] = Field("read", description="write: it becomes a proposed action, and goes in may")
    source: str = Field(
        "python",
        description="python (agent.py), knowledge, mcp:URL or mcp:stdio:COMMAND (with #tool), openapi:FILE#operation",
    )
    description: str = ""
    sinks: tuple[str, ...] = Field((), description="a write's arguments that untrusted content must not choose")
    verified_customer: bool = Field(False, description="it answers for the verified customer alone")
    confirm: bool = Field(False, description="a write goes out unseen only if the customer said yes to exactly it")


class Larger(_Strict):
    """A second opinion of an llm agent: asked where the score of what `model` proposed is below `below`, or where it
    proposed nothing. This saves money and sets no threshold of automation: that follows from the certificate."""

    model: str | tuple[str, ...] = Field(description="provider:name, or a list: the fallback chain")
    below: float = Field(0.8, gt=0, le=1)


class Manifest(_Strict):
    """One folder is one agent: this is its agent.yaml. `tier` is a ceiling; the live setting may only lower it."""

    name: Name
    kind: Literal["agent", "processor"] = "agent"
    summary: str = Field(min_length=5, max_length=200)
    owner: str = Field(min_length=2)
    engine: Literal["answers", "llm", "extract"]
    accepts: Accepts = Accepts()
    model: str | tuple[str, ...] = Field("", description="provider:name, or a list: the fallback chain")
    larger: Larger | None = Field(None, description="a larger model, asked where `model` is not sure")
    base_url: str = Field("", description="an OpenAI-compatible server of its own")
    samples: int = Field(1, ge=1, le=5, description="llm runs compared with each other; their agreement is a signal")
    reuse: bool = Field(
        False, description="give a reply that a person approved again to nearly the same question, without a model call"
    )
    otherwise: str = Field("", description="the llm agent that works on what this answers agent has no answer to")
    read_by: Literal["rules", "model", "both"] = Field(
        "rules", description="who reads a document's fields: rules, a language model, or both, whose agreement counts"
    )
    show: Literal["text", "pages"] = Field(
        "text", description="what a document's model sees: its text, or pictures of its first pages"
    )
    tools: tuple[Tool, ...] = ()
    may: tuple[str, ...] = Field((), description="the actions it may propose")
    tier: Tier = Field("automated", description="the ceiling; the live setting may only lower it")
    target: float = Field(
        0.95, json_schema_extra={"enum": list(TARGETS)}, description="the accuracy that a certificate must show"
    )
    audits_a_day: int | None = Field(None, ge=1, description="a budget that the audit probability follows")
    family: str = Field("", description="agents of one family may pool their audits for one certificate")
    limits: Limits = Limits()
    languages: tuple[Language, ...] = Field(("en",), description="the languages it answers in, such as en, vi or de")
    allowed_links: tuple[str, ...] = Field((), description="hosts that its replies may link to")
    version: str = "1"

    @property
    def asks_a_model(self) -> bool:
        """Say whether its runs call a language model, and so wait among those that do."""
        return self.engine == "llm" or (self.engine == "extract" and self.read_by != "rules")

    @field_validator("target")
    @classmethod
    def _listed_target(cls, value: float) -> float:
        if value not in TARGETS:
            raise ValueError(f"target must be one of {', '.join(str(t) for t in TARGETS)}")
        return value
