"""The agent contract: what an engine gets and what it must give back. An agent proposes and never acts."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

from agents.documents.values import Reading
from agents.manifest import Manifest
from core.contracts import Customer, Proposal, Route, Source, WorkItem

Watch = Callable[[Mapping[str, Any]], None]
Search = Callable[[str, int], Sequence[Source]]  # question, how many at most


@dataclass(frozen=True, kw_only=True)
class Context:
    """Read-only capabilities of one run. Nothing here can write, send, commit or enqueue."""

    route: Route
    deadline: float  # time.monotonic() value after which the run must have ended
    seed: int = 0
    search_knowledge: Search = field(default=lambda query, limit: ())
    find_customer: Callable[[str], Customer | None] = field(default=lambda address: None)
    open_file: Callable[[UUID], Path] | None = None  # document id -> a local file to read
    read_document: Callable[[UUID], Reading] | None = None  # document id -> its reading, made in a limited child
    see_page: Callable[[UUID, int], bytes] | None = None  # document id, page from 1 -> PNG, drawn in a limited child
    tool_results: Mapping[str, Any] = field(default_factory=dict)  # of a case: what reading tools give back, unasked
    watch: Watch | None = None  # hears each step of an llm run (a developer's trial)
    confidence: bytes = b""  # the stored model that turns a proposal's signals into its score; empty: the shipped one


@dataclass(frozen=True, kw_only=True)
class Agent:
    """A loaded agent: its manifest, its folder's files as text, and its fingerprint."""

    manifest: Manifest
    folder: Path
    version: str  # manifest version plus a content hash of the folder, e.g. "3+9f2c1ab0"
    fingerprint: str
    files: Mapping[str, str]


class Engine(Protocol):
    """One way of working: answers, llm or extract. Raises TryLater, NeedsHuman, Rejected or Broken, nothing else."""

    def run(self, agent: Agent, item: WorkItem, context: Context) -> Proposal:
        """Work on one item and return the proposal; `kind='abstain'` with a reason where nothing fits."""
        ...
