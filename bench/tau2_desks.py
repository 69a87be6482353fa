"""Where the tickets of tau2-bench are worked on: the engine and the gate alone, or the real line with its database."""

import contextlib
import json
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from agents.contract import Agent, Context
from agents.engines.llm import LlmEngine
from agents.llm.scripted import scripted_chain
from agents.llm.settings import ModelSettings
from agents.manifest import Manifest
from agents.tools.bind import bind
from agents.tools.carry_out import carry_out
from bench.tau2_domains import Domain
from bench.tau2_play import Step, Turn
from core.contracts import ActionOutcome, Certificate, Customer, Decision, Message, Policy, Proposal, Route, WorkItem
from core.gate.decide import decide
from core.ids import new_id

START = datetime(2026, 11, 2, 9, tzinfo=UTC)
# Scores are not what is measured here: whatever the gate's other rules let through may go out.
CERTIFIED = {"target": 0.95, "confidence": 0.95, "threshold": 0.0, "k": 1, "n": 1, "bound": 1.0, "method": "given"}


class GateDesk:
    """The engine and the gate, and the agent's own tools; the thread is kept here. Nothing is stored."""

    def __init__(self, agent: Agent, model: ModelSettings | None = None) -> None:
        self.agent = agent
        self._turns: Sequence[Turn] = ()
        # The engine asks for a chain at each run, and so plays the script that is set then; `model` names a real one.
        self._engine = LlmEngine(model) if model else LlmEngine(ModelSettings(), lambda *_: scripted_chain(self._turns))
        tools = agent.manifest.tools
        self.policy = Policy(
            tier="automated",
            may=agent.manifest.may,
            sinks={tool.name: tool.sinks for tool in tools if tool.sinks},
            verified_only=tuple(tool.name for tool in tools if tool.verified_customer),
            confirm_first=tuple(tool.name for tool in tools if tool.confirm),
        )
        name = agent.manifest.name
        self._certificate = Certificate(id=new_id(), agent=name, fingerprint="bench", **CERTIFIED)
        self.open(None)

    def open(self, customer: Customer | None) -> None:
        """Begin a new ticket."""
        self._customer, self._ids = customer, (new_id(), new_id())
        self._messages: list[Message] = []
        self._outcomes: list[ActionOutcome] = []

    def say(self, text: str, turns: Sequence[Turn]) -> Step:
        """Let the customer write, and the engine and the gate work on it."""
        self._turns = turns
        self._add("customer", text)
        item = self._item(text)
        context = Context(route=Route(agent=self.agent.manifest.name, language="en"), deadline=time.monotonic() + 60)
        proposal = self._engine.run(self.agent, item, context)
        decision = decide(item, proposal, self.policy, self._certificate)
        if decision.action != "automate":
            return Step(proposal, decision)
        done = [self._carry_out(action) for action in proposal.actions]
        self._outcomes += done
        if proposal.reply:
            self._add("agent", proposal.reply)
        return Step(proposal, decision, sum(outcome.status != "done" for outcome in done))

    def _carry_out(self, action: Any) -> ActionOutcome:
        return carry_out(self.agent, action, str(new_id()), customer=self._customer, settings=ModelSettings())

    def _add(self, author: Any, text: str) -> None:
        at = START + timedelta(minutes=len(self._messages))
        self._messages.append(Message(turn=self._turn() + (author == "customer"), author=author, text=text, at=at))

    def _turn(self) -> int:
        return sum(message.author == "customer" for message in self._messages)

    def _item(self, text: str) -> WorkItem:
        return WorkItem(
            id=self._ids[0],
            tenant_id=self._ids[1],
            kind="ticket",
            turn=self._turn(),
            text=text,
            language="en",
            received_at=START,
            customer=self._customer,
            messages=tuple(self._messages),
            action_outcomes=tuple(self._outcomes),
        )


class LineDesk:
    """The whole line: tickets are rows, jobs are leased, decisions recorded, deliveries sent; only the broker, which
    carries ids, is left out, so that the tools work in the world of this process."""

    def __init__(self, agent: Agent, tenant: UUID) -> None:
        from agents.loader import Loader
        from workers.resources import workshop

        self.agent, self._tenant = agent, tenant
        self._turns: Sequence[Turn] = ()
        self._ticket: UUID | None = None
        self._customer: Customer | None = None
        engine = LlmEngine(chain=lambda *_: scripted_chain(self._turns))
        workshop().loader = Loader(workshop().catalog, {"llm": engine})

    def open(self, customer: Customer | None) -> None:
        """Begin a new ticket with the customer's next message."""
        self._ticket, self._customer = None, customer

    def say(self, text: str, turns: Sequence[Turn]) -> Step:
        """Take the message in, do all jobs that follow from it, and read back what was recorded."""
        from core.db import app_database
        from core.store import history

        self._turns = turns
        with app_database().transaction(self._tenant) as connection:
            before = {row["id"] for row in history.runs_of_ticket(connection, self._ticket)} if self._ticket else set()
            self._take_in(connection, text)
        drain(self._tenant)
        assert self._ticket is not None
        with app_database().transaction(self._tenant) as connection:
            runs = [row for row in history.runs_of_ticket(connection, self._ticket) if row["id"] not in before]
            sent = history.deliveries_of_ticket(connection, self._ticket)
        if len(runs) != 1:
            raise RuntimeError(f"one message led to {len(runs)} runs")
        row = runs[0]
        names = ("action", "reasons", "tier", "score", "threshold", "certificate_id")
        decision = Decision.model_validate({name: row[name] for name in names})
        mine = [one for one in sent if one["decision_id"] == row["decision_id"]]
        odd = [one["state"] for one in mine if one["state"] not in ("sent", "refused", "stopped")]
        if odd:
            raise RuntimeError(f"deliveries were left {odd}")
        return Step(Proposal(**row["proposal"]), decision, sum(one["state"] == "refused" for one in mine))

    def _take_in(self, connection: Any, text: str) -> None:
        from core.store import intake
        from core.store.intake import NewTicket

        now = datetime.now(UTC)
        if self._ticket is not None:
            intake.add_customer_message(connection, self._tenant, self._ticket, text, now)
            return
        who = self._customer
        self._ticket = intake.add_ticket(
            connection,
            self._tenant,
            NewTicket(
                text=text,
                language="en",
                customer_address=who.address if who else "",
                customer_name=who.name if who else "",
                customer_verified=who is not None,
                received_at=now,
            ),
        )


def drain(tenant: UUID) -> None:
    """Do every job that is due, as relay and workers would, until none is left of this tenant's tickets."""
    from core.db import app_database, system_database
    from core.store import outbox
    from workers import deliver, pipeline
    from workers.jobs import do_all

    handlers = {"item.work": pipeline.work, "delivery.send": deliver.send}
    end = time.monotonic() + 120
    while time.monotonic() < end:
        for queue in outbox.QUEUES:
            with system_database().transaction() as connection:
                claimed = outbox.claim_for_publishing(connection, queue, 50, 10.0)
            for row in claimed:
                do_all(row["tenant_id"], [row["id"]], handlers[row["task"]], queue)
        with app_database().transaction(tenant) as connection:
            if not outbox.ready(connection, list(handlers)):
                return
    raise TimeoutError("the line was not drained in two minutes")


@contextlib.contextmanager
def line_desk(domain: Domain, policy: str, examples: Sequence[str]) -> Iterator[LineDesk]:
    """Start PostgreSQL in a temporary home and yield a desk of a new tenant with a trained triage and a certificate.

    `examples` are messages that triage learns to send to the agent: what it is worth is measured elsewhere.
    """
    from agents.triage.embedder import MessageEmbedder
    from agents.triage.examples import from_entries
    from agents.triage.training import train
    from cli.embedded.temporary import temporary_servers
    from core import db
    from core.settings import point_to
    from core.store import policies, tenants
    from workers.resources import workshop

    with temporary_servers(durable=False) as servers, tempfile.TemporaryDirectory() as folder:
        write_folder(Path(folder) / domain.name, domain, policy, examples)
        write_folder(Path(folder) / "others", domain, policy, ())
        database = servers.database()
        place = {"SAOLA_AGENTS": folder, "SAOLA_LIBRARY": "false", "SAOLA_SECRET": "bench"}
        point_to({**servers.environment(database), **place})
        db.migrate(database.owner_url)
        tenant, shop = new_id(), workshop()
        triage = train(from_entries(shop.catalog.entries.values()), embedder=MessageEmbedder())
        with db.app_database().transaction(tenant) as connection:
            tenants.make(connection, tenant, "tau2")
            made = policies.add_classifier(connection, tenant, "triage", triage.fingerprint, triage.to_bytes(), {})
            policies.serve_classifier(connection, made)
            agent = shop.agent(domain.name, triage.fingerprint)
            given = Certificate(id=new_id(), agent=domain.name, fingerprint=agent.fingerprint, **CERTIFIED)
            policies.add_certificate(
                connection, tenant, given, window=None, code_version="bench", digest="", evidence={}
            )
        try:
            yield LineDesk(agent, tenant)
        finally:
            db.app_database().close()
            db.system_database().close()


OTHERS = "# Others\n## jobs\n### examples\n" + "".join(
    f"- [en] {text}\n"
    for text in (
        "Do you have a vacancy for an accountant?",
        "I would like to apply for a job in your office",
        "Where do I send my application and my certificates?",
        "Are you hiring drivers?",
    )
)


def write_folder(folder: Path, domain: Domain, policy: str, examples: Sequence[str]) -> None:
    """Write an agent's folder; one without examples of its own is there for triage to have a choice."""
    folder.mkdir()
    manifest = manifest_of(domain)
    if not examples:
        manifest = {"name": folder.name, "summary": "Everything else.", "owner": "bench", "engine": "llm"}
    texts = "".join(f"- [en] {' '.join(text.split())}\n" for text in examples)
    listed = f"# {domain.name}\n## help\n### examples\n{texts}" if examples else OTHERS
    files = {"prompt.md": policy, "examples.md": listed, "cases.yaml": "[]\n", "agent.yaml": json.dumps(manifest)}
    if examples:
        files["agent.py"] = source_of(domain)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")


def manifest_of(domain: Domain) -> dict[str, Any]:
    """Return the agent.yaml of a domain's agent."""
    return {
        "name": domain.name,
        "summary": f"The {domain.name} agent of tau2-bench.",
        "owner": "bench",
        "engine": "llm",
        "tools": [declared(domain, name) for name in (*domain.module.READS, *domain.module.WRITES)],
        "may": list(domain.module.WRITES),
        "limits": {"seconds": 300, "steps": 50, "tokens": 10_000_000, "cost": 0},
    }


def source_of(domain: Domain) -> str:
    """Return the agent.py of a domain's agent: our tools under their own names."""
    return f"from {domain.module.__name__} import {', '.join((*domain.module.READS, *domain.module.WRITES))}\n"


def declared(domain: Domain, name: str) -> dict[str, Any]:
    """Return a tool's lines of agent.yaml."""
    if name in domain.module.READS:
        return {"name": name, "verified_customer": domain.module.READS[name]}
    sinks = sorted(domain.module.SINKS & set(getattr(domain.module, name).__annotations__))
    return {"name": name, "effect": "write", "verified_customer": True, "confirm": True, "sinks": sinks}


def make_agent(domain: Domain, folder: Path, policy: str) -> Agent:
    """Return the domain's agent without a catalog: the domain's policy as its prompt, our tools as its tools."""
    files = {"prompt.md": policy, "agent.py": source_of(domain)}
    manifest = Manifest.model_validate({**manifest_of(domain), "model": "scripted:gold"})
    return Agent(manifest=manifest, folder=folder, version="1+bench", fingerprint="bench", files=files)


def check_tools(domain: Domain, agent: Agent, given: Sequence[Mapping[str, Any]]) -> None:
    """Hold our tools against the data set's own list: same names, same arguments. Raises ValueError."""
    ours = {tool.name: set(bind(agent, tool, {}).schema["properties"]) for tool in agent.manifest.tools}
    for one in given:
        name, wanted = one["function"]["name"], set(one["function"]["parameters"]["properties"])
        if name != "transfer_to_human_agents" and ours.get(name) != wanted:
            raise ValueError(f"{domain.name}: {name} takes {sorted(wanted)}, ours {sorted(ours.get(name, ()))}")
