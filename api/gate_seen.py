"""What is seen of the gate, put together from rows by the pure functions of metrics: for the API and the commands."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, Field
from sqlalchemy import Connection, RowMapping

from api.agents_seen import catalog
from api.shapes import Line, Shape
from core.contracts import FAMILY, FIELD, WHOLE
from core.errors import Rejected
from core.store import alarms, audits, gate, journal, judge, known_bad, labels, policies, standings, tenants
from metrics.certificates import overview
from metrics.certificates.binomial import audits_needed
from metrics.certificates.certify import BESIDE_LOOK, plan_runs
from metrics.certificates.fields import FIRST_DOCUMENTS, of_field, scores_of_field
from metrics.certificates.judged import JudgedAgent, judged_agents, judged_whole
from metrics.certificates.live import Check, closed, verify
from metrics.certificates.overview import AgentStanding, Fleet, LedgerLine, WhatIf
from metrics.certificates.reviewers import Agreement, Attention, agreement, attention
from metrics.certificates.slices import FIRST_RUNS, First, of_intent, scores_of


class Gate(BaseModel):
    """Where every agent and family stands, what holds of them together, how far two reviewers agree, and how many
    answers known to be bad they catch."""

    agents: list[AgentStanding]
    fleet: Fleet
    agreement: Agreement
    attention: Attention


class Ledgers(BaseModel):
    """One line an agent, and one for all where there are several."""

    lines: list[LedgerLine]


class Alarm(BaseModel):
    """An alarm. kind `accuracy` demoted the members; kind `signs` only brought more audits for a day."""

    id: UUID
    agent: str
    fingerprint: str
    kind: str
    value: float
    level: float
    since: datetime = Field(description="About when it began.")
    at: datetime
    members: list[str]
    data: dict[str, Any]


class Sent(BaseModel):
    """Something that went out without a person in the time an alarm is about. `right` is an audit's verdict."""

    decision_id: UUID
    agent: str
    intent: str
    score: float
    decided_at: datetime
    ticket_id: UUID | None
    document_id: UUID | None
    subject: str
    reply: str
    right: bool | None
    sent: bool


class AlarmDetail(Alarm):
    """An alarm with what to look at."""

    items: list[Sent]


class Alarms(BaseModel):
    """Alarms, newest first."""

    alarms: list[Alarm]


LEAST_LOOK = audits_needed(0.95, 1 - (1 - 0.95) * (1 - BESIDE_LOOK))  # fewer could never pass at 95 %


class FirstLook(Shape):
    """How many audits the one sharp look takes, in the order in which they were drawn."""

    agent: Line = Field(min_length=1, description="An agent, or family:NAME.", examples=["{agent}"])
    audits: Annotated[int, Field(ge=LEAST_LOOK, le=100_000)] = Field(examples=[300])


class CheckOut(BaseModel):
    """One thing that was computed again."""

    what: str
    passed: bool
    said: str


class Verified(BaseModel):
    """A certificate computed again from its rows, as they stood when it was issued. `corrected` counts judgements that
    were changed since; the next certificate follows them."""

    id: UUID
    holds: bool
    checks: list[CheckOut]
    corrected: int


def announce(connection: Connection, tenant_id: UUID, by: str, body: FirstLook) -> None:
    """Announce an agent's first look, also before its first run. Raises Rejected (agent_unknown, too_late): after the
    first verdict a number could be chosen to fit it."""
    fingerprint = gate.newest_fingerprint(connection, body.agent)
    if fingerprint is None and body.agent not in _owners():
        raise Rejected(f"there is no agent {body.agent}", code="agent_unknown", hint="List them: saola agent list")
    if gate.has_verdict(connection, body.agent, fingerprint):
        told = f"an audit of {body.agent} is judged already: a look is announced before that"
        raise Rejected(
            told, code="too_late", hint="It is certified by evidence at any time; nothing is lost but speed."
        )
    gate.one_at_a_time(connection, tenant_id, "looks")  # or one of two announced at once is lost
    announced = tenants.current(connection)["settings"].get("first_look", {})
    tenants.set_setting(connection, "first_look", {**announced, body.agent: body.audits})
    data = {"audits": body.audits, "fingerprint": fingerprint}
    journal.write(connection, tenant_id, actor=by, action="look.announced", object=body.agent, data=data)


def _owners() -> set[str]:
    """The agents of the catalog, and their families."""
    manifests = catalog().manifests.values()
    return {one.name for one in manifests} | {FAMILY + one.family for one in manifests if one.family}


class Judge(Shape):
    """Which model helps as a judge (provider:name, empty for none), and of which part of automated replies."""

    model: Annotated[str, Field(max_length=200, pattern=r"^([\w.-]+:[\w./:@-]+)?$")] = ""
    share: Annotated[float, Field(gt=0, le=1)] = 1.0


class Judging(Judge):
    """The judge and what it adds, one line an agent, and all agents together. Certificates never rest on it."""

    whole: JudgedAgent
    agents: list[JudgedAgent]


def judging_of(connection: Connection, arrived: tuple[datetime, datetime] | None = None) -> Judging:
    """Return the tenant's judge, its own errors, and the estimates that people's audits corrected: of the last 30 days,
    or of tickets that `arrived` in a period."""
    chosen = judge.setting(connection)
    rows = judge.words(connection, chosen.model, arrived) if chosen.model else []
    return Judging(model=chosen.model, share=chosen.share, whole=judged_whole(rows), agents=judged_agents(rows))


def choose_judge(connection: Connection, tenant_id: UUID, by: str, body: Judge) -> None:
    """Choose the model that judges, or none; the journal says so."""
    judge.set_judge(connection, judge.JudgeSetting(body.model, body.share))
    journal.write(connection, tenant_id, actor=by, action="judge.set", object=body.model, data=body.model_dump())


class KnownBad(Shape):
    """How many answers known to be bad are put among the audits, as a part of those drawn; 0 for none."""

    share: Annotated[float, Field(ge=0, le=0.2)] = Field(examples=[0.05])


class KnownBadSeen(KnownBad):
    """The share in force, and how many of them reviewers caught: of all reviewers together, never of one."""

    attention: Attention


def known_bad_of(connection: Connection) -> KnownBadSeen:
    """Return how many answers known to be bad are put in, and what came of them."""
    return KnownBadSeen(share=known_bad.setting(connection).share, attention=attention_of(connection))


def choose_known_bad(connection: Connection, tenant_id: UUID, by: str, body: KnownBad) -> None:
    """Choose how many answers known to be bad are put among the audits from now on; the journal says so."""
    known_bad.set_share(connection, body.share)
    journal.write(connection, tenant_id, actor=by, action="known_bad.set", object="audits", data=body.model_dump())


class Blind(Shape):
    """What reviewers judge blind to, beside the score. `author`: who wrote a reply, which agent or whether one did."""

    author: bool = Field(examples=[True])


def blind_of(connection: Connection) -> Blind:
    """Return what reviewers judge blind to."""
    return Blind(author=audits.author_hidden(connection))


def choose_blind(connection: Connection, tenant_id: UUID, by: str, body: Blind) -> None:
    """Choose what reviewers judge blind to; the journal says so."""
    audits.hide_author(connection, body.author)
    journal.write(connection, tenant_id, actor=by, action="blind.set", object="audits", data=body.model_dump())


def gate_of(connection: Connection) -> Gate:
    """Return where the tenant's agents stand."""
    found, together = overview.standings(standings.standings(connection), datetime.now(UTC))
    agreed, seen = agreement_of(connection), attention_of(connection)
    return Gate(agents=found, fleet=together, agreement=agreed, attention=seen)


def agreement_of(connection: Connection) -> Agreement:
    """Return how far two reviewers agree, on the newest audits that two judged."""
    return agreement(gate.second_words(connection))


def attention_of(connection: Connection) -> Attention:
    """Return how many of the answers known to be bad reviewers caught, of the last 90 days."""
    return attention(**known_bad.caught(connection))


def standing_of(connection: Connection, owners: Iterable[str]) -> dict[str, AgentStanding]:
    """Return where these agents and families ("family:NAME") stand, each by itself: what all hold together is in
    `gate_of`, which reads every owner."""
    found, _ = overview.standings(standings.standings(connection, sorted(set(owners))), datetime.now(UTC))
    return {one.agent: one for one in found}


def ledger_of(connection: Connection, since: datetime, until: datetime, agent: str | None = None) -> list[LedgerLine]:
    """Return the ledger of what was sent in [since, until), as far as its audits are complete."""
    end = gate.complete_until(connection, since, until, agent)
    found = gate.audits_of_sent(connection, since, end, agent)  # first: what is sent meanwhile is then counted too
    return overview.ledger(gate.sent_by_probability(connection, since, end, agent), found, since=since, until=end)


def curve_of(connection: Connection, agent: str, days: int) -> WhatIf:
    """Return the what-if of an agent at its newest fingerprint, from runs and audits of the last days. Raises Rejected
    (agent_unknown)."""
    fingerprint = gate.newest_fingerprint(connection, agent)
    if fingerprint is None:
        raise Rejected(f"{agent} has not run yet", code="agent_unknown", hint="List the agents: saola agent list")
    now = datetime.now(UTC)
    runs = gate.runs_with_rules(connection, agent, fingerprint, days)
    rows = labels.evidence(connection, agent, fingerprint, now - timedelta(days=days))
    by_rule = {row["id"] for row in runs if row["by_rule"]}
    return overview.curve(
        agent,
        fingerprint,
        runs,
        closed(rows, now),
        blocked=frozenset(row["id"] for row in rows if row["run_id"] in by_rule),
        judged_per_day=gate.judged_per_day(connection, agent),
        now=now,
    )


def alarms_of(connection: Connection, limit: int = 100, agent: str | None = None) -> list[Alarm]:
    """Return alarms, newest first."""
    return [Alarm(**row) for row in alarms.newest(connection, limit, agent)]


def alarm_of(connection: Connection, alarm_id: UUID) -> AlarmDetail:
    """Return an alarm with the items of its time. Raises Rejected (not_found)."""
    row = alarms.find(connection, alarm_id)
    items = alarms.sent_since(connection, row["members"], row["since"], row["at"])
    return AlarmDetail(**{name: row[name] for name in Alarm.model_fields}, items=[Sent(**item) for item in items])


def verified(connection: Connection, certificate_id: UUID) -> Verified:
    """Compute a certificate again. Raises Rejected (not_found)."""
    row = policies.get_certificate(connection, certificate_id)
    if before := row["evidence"].get("inherited_from"):
        return _verified_inherited(connection, row, UUID(before))
    known = "rules" in row["evidence"]  # a certificate of an earlier version names no rules, and so cannot be repeated
    listed = [(one[0], one[1:]) for one in row["evidence"]["audits"]] if known else []
    rows = labels.as_judged(connection, row["agent"], listed)
    first_look = row["evidence"]["rules"]["first_look"] if known else None
    part = row["evidence"]["rules"].get("slice", WHOLE) if known else WHOLE
    audits = closed(rows, row["issued_at"])
    if part.startswith(FIELD):
        name, judged = part.removeprefix(FIELD), labels.fields_judged(connection, listed)
        audits = of_field(audits, judged, name)
        first = gate.first_fields(connection, row["fingerprint"], FIRST_DOCUMENTS)
        population = scores_of_field(first, name)
    elif part == WHOLE:
        population = gate.first_scores(connection, row["agent"], row["fingerprint"], plan_runs(first_look))
    else:
        runs = gate.first_runs(connection, row["agent"], row["fingerprint"], FIRST_RUNS)
        audits = of_intent(audits, part)
        population = scores_of([First(*run) for run in runs], part)
    checks = verify(row, audits, population)
    checks.append(_journalled(connection, row["id"], str(row["hash"])))
    made = [CheckOut(what=one.what, passed=one.passed, said=one.said) for one in checks]
    changed = sum(bool(one["changed"]) for one in rows)
    return Verified(id=row["id"], holds=all(one.passed for one in made), checks=made, corrected=changed)


def _verified_inherited(connection: Connection, row: RowMapping, before: UUID) -> Verified:
    """Compute the certificate again that was inherited; that the new version is as good nobody has shown."""
    found, earned = verified(connection, before), policies.get_certificate(connection, before)
    same = all(row[name] == earned[name] for name in ("agent", "slice", "target", "confidence", "threshold", "hash"))
    entry = journal.entry_of(connection, "certificate.inherited", "id", str(row["id"]))
    chosen = "nobody" if entry is None else f"{entry['actor']}, from the version {earned['fingerprint']}"
    checks = [CheckOut(what="inherited by choice, not earned", passed=same and entry is not None, said=chosen)]
    holds = found.holds and checks[0].passed
    return Verified(id=row["id"], holds=holds, checks=[*checks, *found.checks], corrected=found.corrected)


def _journalled(connection: Connection, certificate_id: UUID, digest: str) -> Check:
    found = journal.entry_of(connection, "certificate.issued", "id", str(certificate_id))
    broken = journal.first_broken(connection)
    same = found is not None and found["data"].get("hash") == digest
    said = "the chain is whole" if broken is None else f"the chain is broken at entry {broken}"
    return Check("the journal's entry, in an unbroken chain", same and broken is None, said)
