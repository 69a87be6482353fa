"""Certificates: computed from audited rows by the pure method in metrics.certificates, stored and journalled.

Before a certificate is looked at again, the detector hears the audits of what is automated (workers/alarms.py).
"""

import hashlib
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import starmap
from pathlib import Path
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Connection, RowMapping

from core.contracts import FAMILY, FIELD, WHOLE, Certificate
from core.db import app_database
from core.errors import TryLater
from core.events import Event
from core.ids import new_id
from core.store import events, gate, journal, labels, policies, standings
from core.store.outbox import Job
from core.store.standings import Standing
from metrics import certificates
from metrics.certificates import alarm, drift
from metrics.certificates.certify import METHOD_FIRST, PLAN_RUNS, plan_runs
from metrics.certificates.fields import FIRST_DOCUMENTS, stand_fields
from metrics.certificates.live import FORMAT, HALF_DAYS, HALF_ITEMS, Audit, Rules, closed, digest
from metrics.certificates.slices import FIRST_RUNS, First, Stand, declare, stand, together
from workers import alarms, budget, candidates, followed, owners
from workers.jobs import finish
from workers.owners import Owner
from workers.resources import workshop

log = structlog.get_logger()

AGAIN = timedelta(hours=1)  # half lives end without any new audit
SOON = timedelta(seconds=5)  # while the first runs come in,
EACH = timedelta(seconds=0.5)  # but with many owners so seldom that there are two such looks a second
DRIFT_RUNS = 500  # on each side of the comparison of scores
NEWEST = timedelta(days=1)  # inputs: a whole day, since nights differ from days
NEWEST_RUNS = 200  # more days where one has fewer
INPUT_RUNS = 2_000  # on each side of the comparison of inputs
KEPT = 2_000  # owners whose first runs a process keeps at hand
RENEWED = timedelta(days=1)  # how often a certificate whose threshold did not move is issued again with newer counts


def renew_certificates(jobs: Sequence[Job]) -> None:
    """Listen for alarms, then issue, replace or revoke what the audits allow, for each agent and family.

    Of those that are followed only what is new is read, and where it changes nothing no whole look is taken.
    """
    tenant_id = jobs[0].tenant_id
    shop = workshop()
    shop.catalog.refresh()
    now = datetime.now(UTC)
    with app_database().transaction(tenant_id) as connection:
        labels.hand_over(connection)
        state = policies.tenant_state(connection)
        budget.spend(connection, tenant_id, shop.catalog, state)
        looks = list(owners.due(connection, shop, state, tenant_id, now))
    for owner in followed.renew(tenant_id, looks, now):
        _look_apart(tenant_id, owner, now, max(SOON, EACH * len(looks)))
    with app_database().transaction(tenant_id) as connection:
        candidates.consider(connection, shop, tenant_id)
        finish(connection, jobs)


def _look_apart(tenant_id: UUID, owner: Owner, now: datetime, soon: timedelta) -> None:
    """Look at one owner; where that fails the others are still looked at, and this one again in the next round."""
    try:
        with app_database().transaction(tenant_id) as connection:
            _look(connection, tenant_id, owner, now, soon)
    except TryLater as error:
        log.info("certificate.look_again", owner=owner.name, why=str(error))
    except Exception:
        followed.forget(tenant_id, owner.name, owner.fingerprint)  # what it was followed from was not written down
        log.exception("certificate.look_failed", owner=owner.name, fingerprint=owner.fingerprint)


def _look(connection: Connection, tenant_id: UUID, owner: Owner, now: datetime, soon: timedelta) -> None:
    """Listen, examine, and write down where the owner stands; look again `soon` while its first runs come in."""
    gate.one_at_a_time(connection, tenant_id, owner.name)
    halves = gate.half_lives(connection, owner.name, owner.fingerprint, days=HALF_DAYS, items=HALF_ITEMS, now=now)
    if not halves:
        return
    since = halves[max(len(halves) - 2, 0)]  # what is older speaks for no certificate any more
    data = dict(owner.before)
    if owner.fresh or not _settled(connection, owner, len(halves) - 1, now):
        data, since = _examine(connection, tenant_id, owner, halves, now)
    seen = datetime.fromisoformat(data["seen_at"]) if data.get("seen_at") else now - AGAIN
    hourly = not owner.fresh or seen <= now - AGAIN
    if hourly or "share" not in data:
        data |= {"share": _share(connection, owner)}
    if hourly or "seen_at" not in data:
        # One that has just begun has nothing to be compared with: of 1,500 that is half of what a look takes.
        begun = not owner.before and halves[0] > now - AGAIN
        data |= {"drift": None, "inputs": {}, "seen_at": now.isoformat()}
        data |= {} if begun else _compared(connection, tenant_id, owner, since, now)
    wait = AGAIN if data["planned"] else soon
    again_at = min(now + wait, halves[-1] + HALF_DAYS)
    stands = Standing(owner.name, owner.fingerprint, owner.stamp, again_at, data)
    standings.set_standings(connection, tenant_id, [stands])


def _settled(connection: Connection, owner: Owner, half: int, now: datetime) -> bool:
    """Whether the same audits would give the same certificates: nothing that they rest on moves with time alone."""
    if not owner.before.get("declared") or owner.before.get("half") != half:
        return False
    live = policies.live_by_slice(connection, owner.name, owner.fingerprint)
    return all(one["issued_at"] > now - RENEWED for one in live.values())


def _examine(
    connection: Connection, tenant_id: UUID, owner: Owner, halves: list[datetime], now: datetime
) -> tuple[dict[str, Any], datetime]:
    """Listen to the audits, issue and revoke what they say, and return where the owner stands, and since when."""
    since = halves[max(len(halves) - 2, 0)]
    rows = labels.evidence(connection, owner.name, owner.fingerprint, since)
    live = policies.live_by_slice(connection, owner.name, owner.fingerprint)
    sent = alarms.still_sent(rows, [slice_ for slice_ in live if not slice_.startswith(FIELD)])
    found, loudness = alarms.listen(sent, owner.target, owner.critical_target)
    if found and owner.serving:  # a candidate's errors reached nobody, and its certificate waits for better ones
        state = policies.tenant_state(connection)
        members = alarms.relied_on(rows, state) if owner.name.startswith(FAMILY) else owner.members
        alarms.ring(connection, tenant_id, owner.name, owner.fingerprint, found, members)
        halves, rows, loudness, live = [datetime.now(UTC)], [], 1.0, {}  # an alarm ends its certificates
        since = halves[0]
    # An announced look is one look: after an alarm evidence is earned at any time, or not at all.
    rang = owner.first_look is not None and gate.has_rung(connection, owner.name, owner.fingerprint)
    rules = Rules(
        target=owner.target,
        confidence=owner.confidence,
        boundaries=tuple(halves),
        critical_target=owner.critical_target,
        first_look=None if rang else owner.first_look,
    )
    planned = plan_runs(rules.first_look)
    first = _first(connection, tenant_id, owner, max(planned, FIRST_RUNS))
    population = [run.score for run in first[:planned]]
    intents = first[:FIRST_RUNS] if owner.serving and not owner.name.startswith(FAMILY) else []
    audits = _audits(rows, owner, now)
    if owner.reads:  # words say which fields are wrong
        audits = _with(_words(connection, rows, audits), audits)
    whole, parts = stand(audits, population, intents, rules)
    fields = _fields(connection, owner, whole, rules)
    stands = {one.rules.slice: one for one in (whole, *parts, *fields)}
    moved = any(_moves(owner, one, live.get(slice_), now) for slice_, one in stands.items()) or bool(
        live.keys() - stands.keys()
    )
    if moved and not owner.reads and any(one.in_force for one in (whole, *parts)):  # a certificate names its words
        words = _words(connection, rows, audits)
        whole, *parts = (one._replace(audits=_with(words, one.audits)) for one in (whole, *parts))
    simulated = any(row["simulated"] for row in rows)
    if moved:
        _certificates(connection, tenant_id, owner, [whole, *parts, *fields], live, now, simulated)
    declared = len(first) >= max(planned, FIRST_RUNS)
    if declared and not found and not parts and live.keys() <= {WHOLE}:
        followed.keep(tenant_id, owner, rows, whole, declare(intents), now)
    alone = [one for one in parts if one.in_force]
    told = whole.finding.accuracy
    stays = () if found else COMPARED if moved else (*COMPARED, "share")
    data: dict[str, Any] = {name: owner.before[name] for name in stays if name in owner.before}
    data |= {
        "target": owner.target,
        "confidence": owner.confidence,
        "critical_target": owner.critical_target,
        "threshold": whole.finding.threshold if whole.in_force else None,
        "intents": [_told(one) for one in alone],
        "fields": [_field_told(one) for one in fields],
        "k": sum(one.finding.accuracy.k for one in alone) if alone else told.k,
        "n": sum(one.finding.accuracy.n for one in alone) if alone else told.n,
        "log_e": together([one.finding.accuracy.log_e for one in alone], len(parts)) if alone else told.log_e,
        "method": told.method,
        "audits": len(whole.audits),
        "missing": whole.why,
        "audits_missing": whole.finding.audits_missing,
        "since": since.isoformat(),
        "half": len(halves) - 1,
        "alarm": {"value": loudness, "level": alarm.LEVEL},
        "simulated": simulated,
        "candidate": not owner.serving,
        "planned": len(population) >= PLAN_RUNS,
        "declared": declared,
    }
    return data, since


COMPARED = ("drift", "inputs", "seen_at")  # once an hour, and after an alarm; the share also when a certificate moved


def _compared(connection: Connection, tenant_id: UUID, owner: Owner, since: datetime, now: datetime) -> dict[str, Any]:
    """How the newest runs differ from those before, which needs no verdict."""
    earliest = [run.score for run in _first(connection, tenant_id, owner, DRIFT_RUNS)[:DRIFT_RUNS]]
    newest = gate.recent_scores(connection, owner.name, owner.fingerprint, 30, DRIFT_RUNS)
    return {"drift": drift.stability(earliest, newest), "inputs": _inputs(connection, owner, since, now)}


# Intents and scores of first runs, which never change once they are all there. Two flat tuples for an owner: millions
# of small objects would be gone through at each collection of garbage.
_firsts: dict[tuple[UUID, str, str], tuple[tuple[str, ...], tuple[float, ...]]] = {}


def _first(connection: Connection, tenant_id: UUID, owner: Owner, count: int) -> list[First]:
    key = (tenant_id, owner.name, owner.fingerprint)
    intents, scores = _firsts.get(key, ((), ()))
    if len(scores) < count:
        found = gate.first_runs(connection, owner.name, owner.fingerprint, count)
        intents = tuple(sys.intern(intent) for intent, _ in found)
        scores = tuple(score for _, score in found)
        if len(scores) >= count:
            _firsts[key] = (intents, scores)
            if len(_firsts) > KEPT:
                del _firsts[next(iter(_firsts))]
    return list(starmap(First, zip(intents, scores, strict=True)))


def _inputs(connection: Connection, owner: Owner, since: datetime, now: datetime) -> dict[str, object]:
    """How the newest day's mixes of inputs differ from those since the evidence in force began."""
    begun = gate.newest_since(connection, owner.name, owner.fingerprint, now - NEWEST, NEWEST_RUNS)
    before = gate.input_mix(connection, owner.name, owner.fingerprint, since, begun, INPUT_RUNS)
    newest = gate.input_mix(connection, owner.name, owner.fingerprint, begun, now, INPUT_RUNS)
    found = {name: drift.shift(before[name], newest[name]) for name in before}
    return {name: one.model_dump(mode="json") for name, one in found.items() if one is not None}


def _fields(connection: Connection, owner: Owner, whole: Stand, rules: Rules) -> list[Stand]:
    """How each field of a processor stands; none of an agent that answers tickets, nor of a family."""
    if not owner.reads:
        return []
    judged = labels.fields_judged(connection, [(audit.id, audit.judgements) for audit in whole.audits])
    first = gate.first_fields(connection, owner.fingerprint, FIRST_DOCUMENTS)
    return stand_fields(whole.audits, judged, first, rules)


def _field_told(one: Stand) -> dict[str, object]:
    found = one.finding.accuracy
    name = one.rules.slice.removeprefix(FIELD)
    more = one.finding.audits_missing
    told = {"field": name, "threshold": one.finding.threshold, "k": found.k, "n": found.n}
    return {**told, "missing": one.why, "audits_missing": more}


def _told(one: Stand) -> dict[str, object]:
    found = one.finding.accuracy
    return {"intent": one.rules.slice, "threshold": one.finding.threshold, "k": found.k, "n": found.n}


def _share(connection: Connection, owner: Owner) -> float:
    """Return which part of its newest runs an owner's live certificates let out."""
    live = policies.live_certificates(connection, owner.name)
    return sum(candidates.share_of(connection, one) for one in live if one.fingerprint == owner.fingerprint)


def _audits(rows: Sequence[RowMapping], owner: Owner, now: datetime) -> list[Audit]:
    """The audits that count. A candidate's runs come one by one as live ones do: what is still open is waited for."""
    return closed(rows if owner.serving else [{**row, "shadow": False} for row in rows], now)


def _words(connection: Connection, rows: Sequence[RowMapping], audits: Sequence[Audit]) -> dict[str, tuple[str, ...]]:
    """The words that the audits' verdicts rest on. Raises TryLater where a word came after the verdict was read: the
    next round sees both."""
    judged = [row["id"] for row in rows if row["state"] == "judged" and row["source"] == "audit"]
    words = labels.words_on(connection, judged)
    said = {audit.id: (audit.right, audit.critical) for audit in audits}
    if any(word[1:] != said.get(audit, word[1:]) for audit, word in words.items()):
        raise TryLater("an audit was judged again meanwhile")
    return {audit: word.judgements for audit, word in words.items()}


def _with(words: Mapping[str, tuple[str, ...]], audits: Sequence[Audit]) -> list[Audit]:
    return [audit._replace(judgements=words.get(audit.id, ())) for audit in audits]


def _moves(owner: Owner, one: Stand, before: RowMapping | None, now: datetime) -> bool:
    """Whether what was found is another thing than what the live certificate says, or that one is to be renewed."""
    if before is None or not one.in_force:
        return one.in_force or before is not None
    fresh = before["issued_at"] > max(now - RENEWED, one.rules.boundaries[-1]) and before["expires_at"] == _ends(one)
    asked = (owner.target, owner.confidence, owner.critical_target)
    same = before["threshold"] == one.finding.threshold
    return not (same and fresh and (before["target"], before["confidence"], before["critical_target"]) == asked)


def _ends(one: Stand) -> datetime:
    """When a certificate ends: after a whole life, and one by an announced look after the first half."""
    lives = 1 if one.finding.accuracy.method == METHOD_FIRST else 2
    return one.rules.boundaries[max(len(one.rules.boundaries) - 2, 0)] + lives * HALF_DAYS


def _certificates(
    connection: Connection,
    tenant_id: UUID,
    owner: Owner,
    stands: Sequence[Stand],
    live: Mapping[str, RowMapping],
    now: datetime,
    simulated: bool,
) -> None:
    """Issue, keep or revoke, as what was found for the whole and for single intents says."""
    before = dict(live)
    why = {one.rules.slice: one.why for one in stands}
    for one in stands:
        if one.in_force:
            why.pop(one.rules.slice)
            if _moves(owner, one, before.pop(one.rules.slice, None), now):
                if not one.rules.slice.startswith(FIELD):
                    policies.end_inherited(connection, owner.name, owner.fingerprint)
                _issue(connection, tenant_id, owner, one, now, simulated)
    for slice_ in before:
        reason = why.get(slice_, "too few audits of single intents")
        alarms.revoke(connection, tenant_id, owner.name, reason, owner.fingerprint, slice_)


@cache
def code_version() -> str:
    """Return what computes certificates: the format of rules and hash, and SHA-256 over the method's source."""
    source = b"".join(file.read_bytes() for file in sorted(Path(str(certificates.__file__)).parent.glob("*.py")))
    return f"format {FORMAT}, {hashlib.sha256(source).hexdigest()[:16]}"


def _issue(connection: Connection, tenant_id: UUID, owner: Owner, one: Stand, now: datetime, simulated: bool) -> None:
    """Issue a certificate."""
    finding, audits, rules = one.finding, one.audits, one.rules
    assert finding.threshold is not None
    choice = finding.accuracy
    certificate = Certificate(
        id=new_id(),
        agent=owner.name,
        fingerprint=owner.fingerprint,
        slice=rules.slice,
        target=owner.target,
        confidence=owner.confidence,
        threshold=finding.threshold,
        k=choice.k,
        n=choice.n,
        bound=choice.bound if choice.bound is not None else owner.target,
        method=choice.method,
        audits=len(audits),
        expires_at=_ends(one),
        simulated=simulated,
        critical_target=owner.critical_target,
    )
    hashed = digest(owner.name, owner.fingerprint, audits, one.population, rules, finding.threshold)
    evidence = {
        "audits": [[audit.id, *audit.judgements] for audit in audits],
        "rules": rules.as_json(),
        "half": len(rules.boundaries) - 1,
        "share": choice.share,
        "log_e": choice.log_e,
        "critical": None if finding.critical is None else {"k": finding.critical.k, "n": finding.critical.n},
    }
    times = [audit.drawn_at for audit in audits]
    policies.add_certificate(
        connection,
        tenant_id,
        certificate,
        window=(min(times), max(times)),
        code_version=code_version(),
        digest=hashed,
        evidence=evidence,
    )
    data = {**certificate.model_dump(mode="json"), "hash": hashed}
    journal.write(connection, tenant_id, actor="saola", action="certificate.issued", object=owner.name, data=data)
    events.append(connection, Event(kind="certificate.issued", at=now, tenant_id=tenant_id, data=data))
