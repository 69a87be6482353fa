"""Owners that are followed from look to look: what is new is added to what was counted, and nothing is read twice.

A look at all rows of an owner (workers/certify.py) leaves its evidence here, in the memory of the process. As long as
what comes after it allows the same as before, only counts move, and that takes a small part of what a whole look does.
Everything else is left to a whole look: a threshold that moves, an alarm, a corrected word, intents that come into use;
and so is each owner once an hour. A test holds what is found here to what a whole look finds.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Connection, RowMapping

from core.db import app_database
from core.store import gate, labels, standings
from core.store.labels import Seen
from core.store.standings import Standing
from metrics.certificates import alarm
from metrics.certificates.certify import Running
from metrics.certificates.eprocess import Floats, probability_weights
from metrics.certificates.live import HALF_DAYS, Audit, Rules, closed
from metrics.certificates.slices import Stand, may_count
from workers import alarms
from workers.owners import Owner

log = structlog.get_logger()

AT_ONCE = 100  # owners in one transaction
FOR = timedelta(hours=1)  # and then a whole look
LATE = timedelta(minutes=1)  # a judgement is in the database so long after its own time at most
KEPT = 2_000  # owners


@dataclass(slots=True)
class Followed:
    """One owner's evidence up to `seen`. `known`: the time of judging of what the detector heard of runs after the last
    that counts, or in the last minute before `seen`. `drawn`: audits by a coin that count, by intent."""

    rules: Rules
    intents: Sequence[str]
    until: datetime
    running: Running
    heard: Floats
    seen: Seen
    known: dict[str, datetime]
    audits: int
    drawn: Counter[str]


_followed: dict[tuple[UUID, str, str], Followed] = {}


def keep(
    tenant_id: UUID, owner: Owner, rows: Sequence[RowMapping], whole: Stand, intents: Sequence[str], now: datetime
) -> None:
    """Follow an owner from a whole look at these rows on, where no more than one certificate of it may be in force."""
    key = (tenant_id, owner.name, owner.fingerprint)
    _followed.pop(key, None)
    rules, audits = whole.rules, whole.audits
    simple = owner.serving and not owner.reads and rules.critical_target is None and rules.first_look is None
    if not simple or not audits or any(row["shadow"] for row in rows):
        return
    half = len(rules.boundaries) - 1
    running = Running(whole.population, target=rules.target, confidence=rules.confidence)
    begun = [max(0, bisect_right(rules.boundaries, audit.drawn_at) - 1) for audit in audits]
    for one in range(max(half - 1, 0), half + 1):
        _add(running, [audit for audit, when in zip(audits, begun, strict=True) if when == one])
        if one < half:
            running.next_half()
    last, later = rows[len(audits) - 1], rows[len(audits) :]  # what counts is an unbroken row of them
    judged = [row for row in rows if row["state"] == "judged"]
    since = max((row["judged_at"] for row in judged), default=last["ran_at"]) - LATE
    right, weights = alarms.heard_of(judged)
    _followed[key] = Followed(
        rules=rules,
        intents=intents,
        until=min(now + FOR, rules.boundaries[-1] + HALF_DAYS),
        running=running,
        heard=alarm.listen(right, weights, rules.target).log_c,
        seen=Seen(last["run_id"], last["ran_at"], since),
        known={r["id"]: r["judged_at"] for r in judged if r["judged_at"] > since}
        | {r["id"]: r["judged_at"] for r in later if r["state"] == "judged"},
        audits=len(audits),
        drawn=Counter(audit.intent for audit in audits if audit.coin > 0),
    )
    if len(_followed) > KEPT:
        del _followed[next(iter(_followed))]


def renew(tenant_id: UUID, looks: Sequence[Owner], now: datetime) -> list[Owner]:
    """Write down what is new of those that are followed; return who needs a whole look."""
    those = [owner for owner in looks if owner.fresh and (tenant_id, owner.name, owner.fingerprint) in _followed]
    done: set[tuple[str, str]] = set()
    for start in range(0, len(those), AT_ONCE):
        part = those[start : start + AT_ONCE]
        try:
            with app_database().transaction(tenant_id) as connection:
                gate.all_at_a_time(connection, tenant_id, [owner.name for owner in part])
                found = [one for owner in part if (one := _next(connection, tenant_id, owner, now)) is not None]
                standings.set_standings(connection, tenant_id, found)
            done |= {(one.owner, one.fingerprint) for one in found}
        except Exception:
            log.exception("certificate.follow_failed", owners=len(part))
            for owner in part:  # what was added to their evidence is not written down
                forget(tenant_id, owner.name, owner.fingerprint)
    return [owner for owner in looks if (owner.name, owner.fingerprint) not in done]


def forget(tenant_id: UUID, owner: str, fingerprint: str) -> None:
    """Follow an owner no more: the next look at it reads all."""
    _followed.pop((tenant_id, owner, fingerprint), None)


def _next(connection: Connection, tenant_id: UUID, owner: Owner, now: datetime) -> Standing | None:
    """Where an owner stands with what is new; None, and it is followed no more, where a whole look must say."""
    kept = _followed.pop((tenant_id, owner.name, owner.fingerprint), None)
    if kept is None or not _same_rules(kept, owner, now):
        return None
    since = _since(kept)
    rows = labels.evidence(connection, owner.name, owner.fingerprint, since, after=kept.seen)
    if (told := _take_in(kept, rows, owner.before, now)) is None:
        return None
    _followed[(tenant_id, owner.name, owner.fingerprint)] = kept
    return Standing(owner.name, owner.fingerprint, owner.stamp, kept.until, {**owner.before, **told})


def _since(kept: Followed) -> datetime:
    boundaries = kept.rules.boundaries
    return boundaries[max(len(boundaries) - 2, 0)]


def _same_rules(kept: Followed, owner: Owner, now: datetime) -> bool:
    rules, before = kept.rules, owner.before
    asked = (owner.target, owner.confidence, owner.critical_target, owner.first_look, owner.serving)
    same = asked == (rules.target, rules.confidence, None, None, True)
    halves = (_since(kept).isoformat(), len(rules.boundaries) - 1)  # another process may have seen an alarm
    return same and now < kept.until and (before.get("since"), before.get("half")) == halves


def _take_in(
    kept: Followed, rows: Sequence[RowMapping], before: Mapping[str, Any], now: datetime
) -> dict[str, Any] | None:
    """Add rows that came after what was seen; what is told of the owner then, None where only a whole look can say."""
    rules = kept.rules
    judged = [row for row in rows if row["state"] == "judged"]
    news = [row for row in judged if kept.known.get(row["id"]) != row["judged_at"]]
    changed = any(row["id"] in kept.known or row["run_id"] <= kept.seen.run for row in news)
    if changed or any(row["shadow"] for row in rows):
        return None
    right, weights = alarms.heard_of(news)
    heard = alarm.listen(right, weights, rules.target, kept.heard)
    after = [row for row in rows if row["run_id"] > kept.seen.run]
    audits = closed(after, now)
    kept.drawn.update(audit.intent for audit in audits if audit.coin > 0)
    if heard.peak >= alarm.LEVEL or may_count(kept.drawn, kept.intents, rules):
        return None
    if any(audit.drawn_at < rules.boundaries[-1] for audit in audits):
        return None
    _add(kept.running, audits)
    choice = kept.running.choice()
    if choice.threshold != before.get("threshold"):
        return None
    last = after[len(audits) - 1] if audits else None
    run, ran_at = (last["run_id"], last["ran_at"]) if last else (kept.seen.run, kept.seen.ran_at)
    since = max([kept.seen.judged_at, *(row["judged_at"] - LATE for row in news)])
    kept.known |= {row["id"]: row["judged_at"] for row in news}
    open_yet = {row["id"] for row in after[len(audits) :]}
    kept.known = {id_: at for id_, at in kept.known.items() if id_ in open_yet or at > since}
    kept.heard, kept.seen, kept.audits = heard.log_c, Seen(run, ran_at, since), kept.audits + len(audits)
    return {
        "k": choice.k,
        "n": choice.n,
        "log_e": choice.log_e,
        "audits": kept.audits,
        "missing": choice.missing,
        "audits_missing": choice.audits_missing,
        "alarm": {"value": max(1.0, heard.value), "level": alarm.LEVEL},
        "simulated": before.get("simulated", False) or any(row["simulated"] for row in after[: len(audits)]),
    }


def _add(running: Running, audits: Sequence[Audit]) -> None:
    weights = probability_weights([one.probability for one in audits], [one.smallest for one in audits])
    running.add([one.score for one in audits], [one.right for one in audits], weights)
