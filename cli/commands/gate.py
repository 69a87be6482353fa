"""Show what the gate knows: certificates on their way, the ledger, what-if curves, alarms, reviewers' agreement.

Examples:
  saola gate status            which agents are certified, and what the others still need, until when
  saola gate ledger            at most how many of the replies sent were wrong, with 95 % confidence
  saola gate curve delivery    what other targets would let through
  saola gate judge             what a model as a judge adds, and how often it errs
  saola gate known-bad         how many answers known to be bad reviewers catch
  saola gate blind --author    audits do not say who wrote the reply
  saola gate alarms            what rang, and what it did
"""

import json
from datetime import UTC, datetime, timedelta
from typing import Annotated
from uuid import UUID

import typer
from pydantic import BaseModel
from rich.console import Console
from rich.table import Column, Table

from api.gate_seen import (
    LEAST_LOOK,
    Alarms,
    Blind,
    FirstLook,
    KnownBad,
    Ledgers,
    alarm_of,
    alarms_of,
    announce,
    blind_of,
    choose_blind,
    choose_judge,
    choose_known_bad,
    curve_of,
    gate_of,
    judging_of,
    known_bad_of,
    ledger_of,
)
from api.gate_seen import Judge as JudgeChoice
from cli.connect import connected
from core.db import app_database
from core.errors import Rejected
from metrics.certificates.reviewers import Attention

app = typer.Typer()
OUT = Console()
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead.")]
Days = Annotated[int, typer.Option(help="Of the last so many days.")]


@app.command()
def status(as_json: AsJson = False) -> None:
    """Show where each agent stands: certified or not, audits missing, and until when at today's rate."""
    with connected() as tenant, app_database().transaction(tenant) as connection:
        found = gate_of(connection)
    if as_json:
        _json(found)
        return
    for one in found.agents:
        target = f"{one.target:.0%}" + (
            f", free of critical errors {one.critical_target:.1%}" if one.critical_target else ""
        )
        audits = f"{one.judged_per_day:.1f} audits judged a day, {one.open} open, {one.overdue} overdue"
        said = one.words + (" (simulated reviewer)" if one.simulated else "")
        said += f"; warning: {one.warning}" if one.warning else ""
        _say(f"[bold]{one.agent}[/bold]: {said}")
        _say(f"  target {target}; {audits}; alarm {one.alarm:.3g} of {one.alarm_level:,.0f}")
    for one in found.agents:
        if one.fields:
            sure = [f"{field.field} from {field.threshold:.2f}" for field in one.fields if field.threshold is not None]
            open_ = [field.field for field in one.fields if field.threshold is None]
            _say(f"{one.agent}, certified fields: {', '.join(sure) or 'none'}; not: {', '.join(open_) or 'none'}")
    fleet, agreed = found.fleet, found.agreement
    _say(
        f"{fleet.certified} of {fleet.owners} certified. Together (e-BH): {fleet.kept} of these stand with at most "
        f"{fleet.false_share:.0%} of them expected to be false; each for itself, up to "
        f"{fleet.false_expected_each_alone:.2g} certificates could be."
    )
    if agreed.kappa is None:
        _say(f"Two reviewers' agreement: not yet known ({agreed.n} audits judged by two, {agreed.agreed} alike)")
    else:
        span = f"[{agreed.low:.2f}, {agreed.high:.2f}]"
        _say(f"Two reviewers' agreement: kappa {agreed.kappa:.2f} {span}, {agreed.agreed} of {agreed.n} alike")
    _say(_attention(found.attention))


def _say(line: str) -> None:
    OUT.print(line, soft_wrap=True, highlight=False)


def _attention(found: Attention) -> str:
    if found.value is None:
        return "Answers known to be bad: none judged yet (saola gate known-bad --share 0.05 puts some among the audits)"
    said = f"Answers known to be bad: {found.caught} of {found.judged} caught, {found.value:.0%} "
    said += f"[{found.low:.0%}, {found.high:.0%}]" + (" (simulated reviewer)" if found.simulated else "")
    if found.caught < found.judged and found.target_means is not None:
        said += f"; where real errors are missed as often, 95 % by their audits means {found.target_means:.1%} at least"
    return said


@app.command("known-bad")
def known_bad(
    share: Annotated[
        float | None, typer.Option(help="Put so many in, as a part of the audits drawn; 0 for none.", min=0, max=0.2)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show how many answers known to be bad reviewers catch, or choose how many are put among the audits."""
    with connected() as tenant, app_database().transaction(tenant) as connection:
        if share is not None:
            choose_known_bad(connection, tenant, "cli", KnownBad(share=share))
        found = known_bad_of(connection)
    if as_json:
        _json(found)
        return
    OUT.print(f"{found.share:.0%} of the audits are answers known to be bad." if found.share else "None are put in.")
    _say(_attention(found.attention))


@app.command()
def blind(
    author: Annotated[
        bool | None, typer.Option("--author/--no-author", help="Whether audits hide who wrote the reply.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show or choose what reviewers judge blind to, beside the score: who wrote a reply."""
    with connected() as tenant, app_database().transaction(tenant) as connection:
        if author is not None:
            choose_blind(connection, tenant, "cli", Blind(author=author))
        found = blind_of(connection)
    if as_json:
        _json(found)
        return
    OUT.print(f"Reviewers see neither score nor decision, {'nor' if found.author else 'but'} who wrote the reply.")


@app.command()
def ledger(
    days: Days = 30, agent: Annotated[str, typer.Option(help="Only this agent.")] = "", as_json: AsJson = False
) -> None:
    """Say at most how many of the replies sent without a person were wrong: true whatever the traffic did."""
    now = datetime.now(UTC)
    with connected() as tenant, app_database().transaction(tenant) as connection:
        lines = ledger_of(connection, now - timedelta(days=days), now, agent or None)
    if as_json:
        _json(Ledgers(lines=lines))
        return
    if not lines:
        OUT.print("Nothing was sent without a person.")
    for line in lines:
        OUT.print(f"[bold]{line.agent}[/bold]: {line.words}", soft_wrap=True, highlight=False)


@app.command()
def curve(
    agent: Annotated[str, typer.Argument(help="An agent, or family:NAME.")], days: Days = 90, as_json: AsJson = False
) -> None:
    """Show what other targets would let through: share with its band, and the audits this still takes."""
    with connected() as tenant, app_database().transaction(tenant) as connection:
        found = curve_of(connection, agent, days)
    if as_json:
        _json(found)
        return
    OUT.print(
        f"[bold]{found.agent}[/bold] {found.fingerprint}: {found.runs:,} runs ({found.held_by_rule:,} held by a rule "
        f"at any threshold), {found.audits:,} audits, {found.judged_per_day:.1f} judged a day"
    )
    if found.missing:
        OUT.print(f"not yet known: {found.missing}")
        return
    table = Table("accuracy", "would automate [95 %]", "certified today", "audits missing", "until", box=None)
    for one in found.points:
        missing = "" if one.certified_share else "more audits will not help"
        if one.audits_missing is not None:
            missing = f"about {one.audits_missing:,}"
        until = f"{one.until:%Y-%m-%d}" if one.until else ""
        share = f"{one.share:.1%} [{one.low:.1%}, {one.high:.1%}]"
        certified = f"{one.certified_share:.1%}" if one.certified_share else ""
        table.add_row(f"{one.target:.0%}", share, certified, missing, until)
    OUT.print(table)


@app.command()
def look(
    agent: Annotated[str, typer.Argument(help="An agent, or family:NAME.")],
    audits: Annotated[int, typer.Argument(help="How many audits it takes, in the order drawn.", min=LEAST_LOOK)],
) -> None:
    """Announce the one sharp look at an agent's first audits, before any is judged: it certifies with fewer of them."""
    with connected() as tenant, app_database().transaction(tenant) as connection:
        announce(connection, tenant, "cli", FirstLook(agent=agent, audits=audits))
    OUT.print(f"{agent} is looked at once when its first {audits} audits are judged, and at any time besides.")


@app.command()
def judge(
    model: Annotated[str, typer.Argument(help="The model that is to judge, provider:name; leave out to look.")] = "",
    share: Annotated[
        float, typer.Option(help="Part of automated replies that it is asked about.", min=0.001, max=1)
    ] = 1.0,
    off: Annotated[bool, typer.Option("--off", help="Let no model judge.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show what a model as a judge adds to the audits, or choose one. Certificates never rest on it."""
    with connected() as tenant, app_database().transaction(tenant) as connection:
        if model or off:
            choose_judge(connection, tenant, "cli", JudgeChoice(model="" if off else model, share=share))
        found = judging_of(connection)
    if as_json:
        _json(found)
        return
    OUT.print(
        f"Judge: {found.model}, of {found.share:.0%} of what goes out alone." if found.model else "No model judges."
    )
    table = Table(
        "agent", "judged", "audited", "by audits alone", "corrected", "finds of wrong", "leaves of right", box=None
    )
    for one in found.agents:
        shares = (one.plain, one.corrected, one.sensitivity, one.specificity)
        told = ["not yet known" if s is None else f"{s.value:.1%} [{s.low:.1%}, {s.high:.1%}]" for s in shares]
        table.add_row(one.agent, str(one.judged), str(one.audited), *told)
    if found.agents:
        OUT.print(table)
    for one in found.agents:
        if one.missing:
            OUT.print(f"{one.agent}: {one.missing}")


@app.command()
def alarms(as_json: AsJson = False) -> None:
    """List alarms, newest first: what rang and what it did by itself."""
    with connected() as tenant, app_database().transaction(tenant) as connection:
        found = alarms_of(connection)
    if as_json:
        _json(Alarms(alarms=found))
        return
    if not found:
        OUT.print("No alarm has rung.")
    table = Table(Column("id", no_wrap=True), "at", "kind", "agent", "since", "did", box=None)
    for one in found:
        demoted = "set to assisted: " + ", ".join(one.members)
        did = demoted if one.kind == "accuracy" else f"audits half until {one.data['until']}"
        table.add_row(str(one.id), f"{one.at:%Y-%m-%d %H:%M}", one.kind, one.agent, f"{one.since:%Y-%m-%d %H:%M}", did)
    if found:
        OUT.print(table)


@app.command()
def alarm(
    alarm_id: Annotated[str, typer.Argument(metavar="ID", help="As `saola gate alarms` lists it.")],
    as_json: AsJson = False,
) -> None:
    """Show one alarm and what went out without a person in its time, for a look."""
    with connected() as tenant, app_database().transaction(tenant) as connection:
        found = alarm_of(connection, read_id(alarm_id))
    if as_json:
        _json(found)
        return
    OUT.print(f"[bold]{found.kind}[/bold] alarm of {found.agent} at {found.at:%Y-%m-%d %H:%M}: {found.data}")
    table = Table("sent", "item", "agent", "intent", "audit", "subject", box=None)
    for item in found.items:
        verdict = "" if item.right is None else ("right" if item.right else "wrong")
        of = str(item.ticket_id or item.document_id)
        table.add_row(f"{item.decided_at:%Y-%m-%d %H:%M}", of, item.agent, item.intent, verdict, item.subject)
    OUT.print(table)
    OUT.print(f"{len(found.items)} items")


def read_id(text: str) -> UUID:
    """Return an id. Raises Rejected for what is none."""
    try:
        return UUID(text)
    except ValueError as error:
        raise Rejected(f"{text!r} is no id", code="invalid") from error


def _json(found: BaseModel) -> None:
    typer.echo(json.dumps(found.model_dump(mode="json"), ensure_ascii=False))
