"""What people are shown of the gate, from rows: where each agent stands, the ledger of a period, the what-if curve.

Pure: rows in, values out that serialise to JSON; the same for the API, the command line and the report.
"""

import math
from collections import defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from core.contracts import FAMILY, TARGETS, Frozen
from metrics.certificates import drift, fleet
from metrics.certificates.curve import risk_curve, what_if
from metrics.certificates.drift import Shift
from metrics.certificates.ledger import account
from metrics.certificates.live import Audit

Row = Mapping[Any, Any]
FALSE_SHARE = 0.05  # of the certificates that e-BH keeps, at most so many are expected to be false
EVERYBODY = "all agents"


class FieldStanding(Frozen):
    """Where one field of a processor stands: `threshold` is the score from which its values are certified, None where
    they are not; then `missing` says why. k of n audited values there were right."""

    field: str
    threshold: float | None
    k: int
    n: int
    missing: str
    audits_missing: int | None


class Stopped(Frozen):
    """The alarm that set an agent to assisted, which only a person takes back."""

    alarm: UUID
    at: datetime


class AgentStanding(Frozen):
    """Where one agent, or family, stands at the fingerprint in service.

    `audits_missing` at today's rate of judging (a mean over 7 days) are there by `until`; both None where more audits
    alone will not help, or nobody judges. `alarm` is the detector's value, of the level at which it rings. `in_fleet`:
    it is among those certificates that stand together (see `Fleet`). `intents`: those that are certified each, where
    the whole agent is not; `threshold` is then None. `fields`: of a processor of documents, where each field stands.
    `inherited_until`: it goes out on the certificate of the version before until then, by an operator's choice.
    `by_family`: it has none of its own and goes out on that of this family ('' where not).
    `stopped`: by an alarm, and nobody has raised its tier since.
    `warning` is early and proves nothing: of scores (`drift`), and of what comes in (`inputs`).
    """

    agent: str
    fingerprint: str
    target: float
    confidence: float
    critical_target: float | None
    certified: bool
    threshold: float | None
    intents: tuple[str, ...]
    fields: tuple[FieldStanding, ...]
    inherited_until: datetime | None
    by_family: str
    stopped: Stopped | None
    share: float | None
    k: int
    n: int
    audits: int
    missing: str
    audits_missing: int | None
    judged_per_day: float
    until: datetime | None
    open: int
    overdue: int
    since: datetime
    alarm: float
    alarm_level: float
    simulated: bool
    in_fleet: bool
    drift: float | None
    inputs: dict[str, Shift]
    warning: str
    words: str


class Fleet(Frozen):
    """Many certificates at once. Each alone is false with probability 1 - confidence at most; of those that e-BH keeps,
    at most the share `false_share` is expected to be false, whatever the agents have in common."""

    owners: int
    certified: int
    kept: int
    false_share: float
    false_expected_each_alone: float


def standings(rows: Iterable[Row], now: datetime) -> tuple[list[AgentStanding], Fleet]:
    """Standings from rows as `core.store.gate.standings` gives: the newest fingerprint of each agent, by name."""
    newest: dict[str, Row] = {}
    for row in rows:
        newest.setdefault(row["agent"], row)
    listed = [newest[name] for name in sorted(newest)]
    log_e = [_log_e(row["data"]) for row in listed]
    kept = fleet.e_bh(log_e, FALSE_SHARE)
    families = {name for name, row in newest.items() if name.startswith(FAMILY) and _certified(row["data"])}
    made = [
        _standing(row, bool(keep) and _certified(row["data"]), now, families)
        for row, keep in zip(listed, kept, strict=True)
    ]
    certified = [one for one in made if one.certified]
    return made, Fleet(
        owners=len(made),
        certified=len(certified),
        kept=sum(one.in_fleet for one in made),
        false_share=FALSE_SHARE,
        false_expected_each_alone=sum(1 - one.confidence for one in made),
    )


def _log_e(data: Mapping[str, Any]) -> float:
    """An owner's evidence for a fleet: none where nothing is certified, or by a first look alone."""
    return data["log_e"] if _certified(data) and data.get("log_e") is not None else -math.inf


def _certified(data: Mapping[str, Any]) -> bool:
    return data["threshold"] is not None or bool(data.get("intents"))


def _standing(row: Row, in_fleet: bool, now: datetime, families: Container[str]) -> AgentStanding:
    data = row["data"]
    rate = row["judged_in_a_week"] / 7
    missing = data["audits_missing"]
    until = now + timedelta(days=missing / rate) if missing is not None and rate > 0 else None
    certified = _certified(data)
    since = datetime.fromisoformat(data["since"])
    inputs = {name: Shift(**one) for name, one in data.get("inputs", {}).items()}
    family = row.get("family") or ""
    own = certified or row.get("inherited_until") is not None
    by_family = family if not own and FAMILY + family in families else ""
    return AgentStanding(
        **{name: data[name] for name in ("target", "confidence", "critical_target", "threshold", "k", "n", "audits")},
        agent=row["agent"],
        fingerprint=row["fingerprint"],
        certified=certified,
        intents=tuple(one["intent"] for one in data.get("intents", ())),
        fields=tuple(FieldStanding(**one) for one in data.get("fields", ())),
        inherited_until=row.get("inherited_until"),
        by_family=by_family,
        stopped=row.get("stopped"),
        share=data["share"] if certified else None,
        missing=data["missing"],
        audits_missing=missing,
        judged_per_day=rate,
        until=until,
        open=row["open"],
        overdue=row["overdue"],
        since=since,
        alarm=data["alarm"]["value"],
        alarm_level=data["alarm"]["level"],
        simulated=data["simulated"],
        in_fleet=in_fleet,
        drift=data.get("drift"),
        inputs=inputs,
        warning=drift.warning(data.get("drift"), inputs),
        words=_relies(row, by_family)
        + (_words(data, since) if certified else _waits(data["missing"], missing, rate, until)),
    )


def _relies(row: Row, by_family: str) -> str:
    """What stopped it, or whose certificate lets it out, where that is not its own."""
    if stopped := row.get("stopped"):
        when = datetime.fromisoformat(stopped["at"]).astimezone(UTC)
        return f"stopped by the alarm of {when:%Y-%m-%d %H:%M} UTC until a person raises its tier; "
    if until := row.get("inherited_until"):
        return f"goes out on the certificate of the version before until {until:%Y-%m-%d}, by choice; its own: "
    return f"goes out on the certificate of its family {by_family}; its own: " if by_family else ""


def _words(data: Mapping[str, Any], since: datetime) -> str:
    both = ""
    if data["critical_target"] is not None:
        both = f", and free of critical errors in at least {data['critical_target']:.1%}"
    each = [f"{one['intent']} ({one['k']} of {one['n']} audited were right)" for one in data.get("intents", ())]
    said = (
        f"certified at least {data['target']:.0%} right{both} with {data['confidence']:.0%} confidence, on audited "
        f"traffic since {since:%Y-%m-%d}"
    )
    if each:
        return f"{said}, for {', '.join(each)}; the rest goes to people: {data['missing']}"
    return f"{said}: {data['k']} of {data['n']} audited were right"


def _waits(why: str, missing: int | None, rate: float, until: datetime | None) -> str:
    if missing is None:
        return f"no certificate: {why}"
    if until is None:
        return f"no certificate: {why}; nobody judged an audit in the last 7 days"
    return f"no certificate: {why}; at {rate:.1f} a day until {until:%Y-%m-%d}"


class LedgerLine(Frozen):
    """What a period's automated replies were, at worst. `at_most` wrong with `confidence`, at every moment, whatever
    the traffic did; each line by itself. `until` is where the audits are complete."""

    agent: str
    since: datetime
    until: datetime
    sent: int
    audited: int
    found_wrong: int
    found_critical: int
    estimate: float
    at_most: int | None
    accuracy_at_least: float | None
    confidence: float
    simulated: bool
    words: str


def ledger(
    sent: Iterable[Row], audits: Iterable[Row], *, since: datetime, until: datetime, confidence: float = 0.95
) -> list[LedgerLine]:
    """One line an agent and, where there are several, one for all, from rows as `core.store.gate` gives them.

    An audit that was not judged in time counts as wrong. Runs that could not be audited (probability 0) void a line's
    bound: it is None then.
    """
    counts: dict[str, dict[float, int]] = defaultdict(dict)
    for row in sent:
        counts[row["agent"]][row["probability"]] = row["sent"]
    judged: dict[str, list[Row]] = defaultdict(list)
    for row in audits:
        judged[row["agent"]].append(row)
    lines = [_line(name, counts[name], judged[name], since, until, confidence) for name in sorted(counts)]
    if len(lines) > 1:
        together: dict[float, int] = defaultdict(int)
        for by_probability in counts.values():
            for probability, number in by_probability.items():
                together[probability] += number
        everything = [row for rows in judged.values() for row in rows]
        lines.append(_line(EVERYBODY, together, everything, since, until, confidence))
    return lines


def _line(
    name: str, counts: Mapping[float, int], audits: Sequence[Row], since: datetime, until: datetime, confidence: float
) -> LedgerLine:
    number, smallest = sum(counts.values()), min(counts)
    right = [bool(row["right"]) if row["state"] == "judged" else False for row in audits]
    known = None
    if smallest > 0:
        known = account(number, [row["probability"] for row in audits], right, smallest, confidence)
    said = "not yet known: some of these runs could not be audited"
    if known is not None:
        share = f" (accuracy at least {known.accuracy_at_least:.1%})" if known.accuracy_at_least is not None else ""
        said = (
            f"of {number:,} replies sent without a person from {since:%Y-%m-%d} to {until:%Y-%m-%d} at most "
            f"{known.at_most:,} were wrong{share}, with {confidence:.0%} confidence; {len(audits):,} audited, "
            f"{right.count(False):,} found wrong"
        )
    return LedgerLine(
        agent=name,
        since=since,
        until=until,
        sent=number,
        audited=len(audits),
        found_wrong=right.count(False),
        found_critical=sum(bool(row["critical"]) for row in audits),
        estimate=known.estimate if known else 0.0,
        at_most=known.at_most if known else None,
        accuracy_at_least=known.accuracy_at_least if known else None,
        confidence=confidence,
        simulated=any(row["simulated"] for row in audits),
        words=said,
    )


class CurvePoint(Frozen):
    """At a target: the share of all runs that the audits show could go out, with its 95 % interval; what would be
    certified from them today; audits that this still takes, and until when at today's rate."""

    target: float
    share: float
    low: float
    high: float
    certified_share: float
    threshold: float | None
    audits_missing: int | None
    until: datetime | None
    words: str


class CurveLevel(Frozen):
    """At a threshold: share of all runs, and accuracy there with its pointwise 95 % interval."""

    threshold: float
    share: float
    accuracy: float | None
    low: float
    high: float
    audits: int


class WhatIf(Frozen):
    """The curve of one agent or family. `missing` says what is needed where there is too little to show one."""

    agent: str
    fingerprint: str
    runs: int
    held_by_rule: int
    audits: int
    judged_per_day: float
    points: tuple[CurvePoint, ...] = ()
    levels: tuple[CurveLevel, ...] = ()
    missing: str = ""


LEAST_AUDITS = 20


def curve(
    agent: str,
    fingerprint: str,
    runs: Sequence[Row],
    audits: Sequence[Audit],
    *,
    blocked: frozenset[Any],
    judged_per_day: float,
    now: datetime,
    targets: tuple[float, ...] = TARGETS,
) -> WhatIf:
    """The what-if of a window. runs: rows with score and `by_rule` (the gate holds it at any threshold, or there was no
    draft); audits: those that count, in order; blocked: ids of audits whose run a rule holds."""
    free = [float(row["score"]) for row in runs if not row["by_rule"]]
    seen = [audit for audit in audits if audit.id not in blocked]
    known = {
        "agent": agent,
        "fingerprint": fingerprint,
        "runs": len(runs),
        "held_by_rule": len(runs) - len(free),
        "audits": len(seen),
        "judged_per_day": judged_per_day,
    }
    if len(seen) < LEAST_AUDITS or not free:
        return WhatIf(
            **known, missing=f"{LEAST_AUDITS - len(seen)} more judged audits" if free else "runs with a draft"
        )
    part = len(free) / len(runs)
    score, right = [audit.score for audit in seen], [float(audit.right) for audit in seen]
    drawn = [audit.probability for audit in seen]
    points = []
    for point in what_if(score, right, population=free, targets=targets, probabilities=drawn):
        missing = point.audits_missing
        until = now + timedelta(days=missing / judged_per_day) if missing and judged_per_day > 0 else None
        share, low, high = part * point.share, part * point.low, part * point.high
        points.append(
            CurvePoint(
                target=point.target,
                share=share,
                low=low,
                high=high,
                certified_share=part * point.certified_share,
                threshold=point.threshold,
                audits_missing=missing,
                until=until,
                words=f"at {point.target:.0%} you would automate {share:.0%} [{100 * low:.0f}, {100 * high:.0f}]",
            )
        )
    found = risk_curve(score, right, population=free, probabilities=drawn)
    levels = tuple(
        CurveLevel(
            threshold=float(found.thresholds[at]),
            share=part * float(found.shares[at]),
            accuracy=None if math.isnan(found.accuracy[at]) else float(found.accuracy[at]),
            low=float(found.low[at]),
            high=float(found.high[at]),
            audits=int(found.audits[at]),
        )
        for at in range(len(found.thresholds))
    )
    return WhatIf(**known, points=tuple(points), levels=levels)
