"""Runs an agent's cases (case_file.py): by the tests and by `saola agent test NAME`.

An answers agent's ticket goes through triage among all agents, so a case also shows whether the agent is found at all.
A case that a real model answers can say how often it is run and how often it must pass.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from agents.case_file import Case, Expected, ExpectedAction, Ticket, parse
from agents.catalog import Entry
from agents.contract import Agent, Context, Engine, Search
from agents.documents.values import Reading
from agents.loader import Loader
from agents.manifest import Manifest
from agents.triage.classifier import Classifier
from agents.triage.route import route
from core.contracts import ActionProposal, Customer, DocumentRead, Proposal, Route, WorkItem
from core.errors import NeedsHuman, Rejected, SaolaError

DEFAULT_SECONDS = 120.0


@dataclass(frozen=True, kw_only=True)
class Result:
    """How a case went: `differences` are sentences, none when it passed; `skipped` says why it was not run. Of a case
    that ran several times, `proposal` and `differences` are those of the first run that did not pass."""

    case: Case
    proposal: Proposal | None = None
    differences: tuple[str, ...] = ()
    skipped: str = ""
    runs: int = 1
    right: int = 0  # of them

    @property
    def passed(self) -> bool:
        """Return whether it ran and nothing differed."""
        return not self.differences and not self.skipped


@dataclass(frozen=True, kw_only=True)
class Bench:
    """What running cases needs beside the agents. `classifier` is called once, when a case needs triage;
    `scripted` makes an engine that plays a script; `model` says that a configured model may be asked."""

    loader: Loader
    classifier: Callable[[], Classifier]
    read_document: Callable[[Path], Reading] | None = None
    scripted: Callable[[Sequence[Mapping[str, Any]]], Engine] | None = None
    search: Callable[[Entry, WorkItem], Search] | None = None  # in the articles of an agent that has some
    model: bool = False
    runs: int = 0  # how often a real model is asked, and how many of these must pass; 0: as the case says
    needs: int = 0
    manifests: Mapping[str, Manifest] = field(default_factory=dict)


def run(entry: Entry, bench: Bench) -> Iterator[Result]:
    """Run an agent's cases, one result at a time. Raises Invalid where cases.yaml cannot be read."""
    for case in parse(entry.files["cases.yaml"]):
        yield _run_one(entry, case, bench)


def _run_one(entry: Entry, case: Case, bench: Bench) -> Result:
    """Run a case once, or, where a real model answers, as often as the case or the bench says."""
    first = _once(entry, case, bench)
    asked = entry.manifest.asks_a_model and bench.model
    runs = (bench.runs or case.runs) if asked and not first.skipped else 1
    if runs == 1:
        return replace(first, right=int(first.passed))
    found = [first, *(_once(entry, case, bench) for _ in range(runs - 1))]
    right = sum(one.passed for one in found)
    needed = bench.needs or min(case.needs or runs, runs)
    shown = next((one for one in found if not one.passed), first)
    told: tuple[str, ...] = ()
    if right < needed:
        told = (f"{right} of {runs} runs passed, {needed} must; of one that did not:", *shown.differences)
    return replace(shown, differences=told, runs=runs, right=right)


def _once(entry: Entry, case: Case, bench: Bench) -> Result:
    if case.document and bench.read_document is None:
        return Result(case=case, skipped="no document reader here")
    if case.document and not (entry.folder / case.document).is_file():
        return Result(case=case, differences=(f"the file {case.document!r} is not in the folder",))
    scripted = case.script is not None and not bench.model
    if entry.manifest.engine == "llm" and not scripted and not bench.model:
        return Result(case=case, skipped="it has no script and no model is configured")
    try:
        proposal = _propose(entry, case, bench, scripted)
    except (NeedsHuman, Rejected) as error:
        proposal = _nothing(entry.name, str(error))
    except SaolaError as error:
        return Result(case=case, differences=(f"{type(error).__name__}: {error}",))
    return Result(case=case, proposal=proposal, differences=tuple(_differences(case.expect, proposal)))


def _propose(entry: Entry, case: Case, bench: Bench, scripted: bool) -> Proposal:
    item = _item(entry, case)
    triage = bench.classifier() if entry.manifest.engine == "answers" else None
    agent = bench.loader.load(entry.name, triage.fingerprint if triage else "none")
    if triage is not None:
        chosen = route(item, triage, bench.manifests or {entry.name: entry.manifest})
        if chosen.agent != entry.name:
            told = f"triage: {chosen.reason}" if chosen.agent is None else f"triage chose the agent {chosen.agent!r}"
            return _nothing(entry.name, told, chosen)
    else:
        chosen = Route(agent=entry.name, score=1.0, language=item.language)
    engine: Engine = bench.loader.engine(agent)
    if scripted and bench.scripted and case.script is not None:
        engine = bench.scripted(case.script)
    context = _context(agent, case, chosen, bench)
    if entry.knowledge and bench.search:
        context = replace(context, search_knowledge=bench.search(entry, item))
    return engine.run(agent, item, context)


def _context(agent: Agent, case: Case, chosen: Route, bench: Bench) -> Context:
    read = bench.read_document
    deadline = time.monotonic() + max(agent.manifest.limits.seconds, DEFAULT_SECONDS)
    if read is None or not case.document:
        return Context(route=chosen, deadline=deadline, tool_results=case.tools)
    path = agent.folder / case.document
    return Context(route=chosen, deadline=deadline, read_document=lambda _: read(path), open_file=lambda _: path)


def _item(entry: Entry, case: Case) -> WorkItem:
    ticket = case.ticket or Ticket()
    customer = case.customer and Customer(id=uuid4(), **case.customer.model_dump())
    documents: tuple[DocumentRead, ...] = ()
    if case.document:
        size = (entry.folder / case.document).stat().st_size
        name = Path(case.document).name
        documents = (DocumentRead(id=uuid4(), filename=name, media_type="", size=size, sha256=""),)
    return WorkItem(
        id=uuid4(),
        tenant_id=uuid4(),
        kind="document" if case.document else "ticket",
        ticket_id=None if case.document else uuid4(),
        channel=ticket.channel,
        subject=ticket.subject,
        text=ticket.text,
        language=ticket.language,
        received_at=datetime.now(UTC),
        customer=customer,
        documents=documents,
    )


def _nothing(agent: str, reason: str, chosen: Route | None = None) -> Proposal:
    values = {"intent": chosen.intent, "language": chosen.language} if chosen else {}
    return Proposal(agent=agent, agent_version="", fingerprint="", kind="abstain", reason=reason, **values)


def _differences(expect: Expected, proposal: Proposal) -> Iterator[str]:
    if expect.kind is not None and expect.kind != proposal.kind:
        why = f" ({proposal.reason})" if proposal.reason else ""
        yield f"kind: expected {expect.kind!r}, got {proposal.kind!r}{why}"
    for name in ("intent", "language", "document_type", "question"):
        wanted, got = getattr(expect, name), getattr(proposal, name)
        if wanted is not None and wanted != got:
            yield f"{name}: expected {wanted!r}, got {got!r}"
    for part in expect.reply_contains:
        if part.casefold() not in proposal.reply.casefold():
            yield f"reply: {part!r} is not in {proposal.reply!r}"
    for part in expect.reply_lacks:
        if part.casefold() in proposal.reply.casefold():
            yield f"reply: {part!r} must not be in {proposal.reply!r}"
    if expect.actions is not None:
        yield from _action_differences(expect.actions, proposal.actions)
    found = {one.name: one for one in proposal.fields}
    for name, wanted in expect.fields.items():
        one = found.get(name)
        values = {one.value, one.normalised} if one else set()
        if (None if wanted is None else str(wanted)) not in values:
            why = f" ({one.reason})" if one and one.reason else ""
            yield f"field {name}: expected {wanted!r}, got {(one.normalised or one.value) if one else None!r}{why}"


def _action_differences(expected: Sequence[ExpectedAction], got: Sequence[ActionProposal]) -> Iterator[str]:
    if [one.name for one in expected] != [one.name for one in got]:
        yield f"actions: expected {[one.name for one in expected]}, got {[one.name for one in got]}"
        return
    for wanted, one in zip(expected, got, strict=True):
        for name, value in wanted.arguments.items():
            if one.arguments.get(name) != value:
                yield f"action {one.name}: {name} expected {value!r}, got {one.arguments.get(name)!r}"
        for name, origin in wanted.provenance.items():
            if one.provenance.get(name) != origin:
                yield f"action {one.name}: {name} must come from {origin!r}, came from {one.provenance.get(name)!r}"
