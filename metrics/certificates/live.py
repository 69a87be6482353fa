"""From audited rows to a certificate, and back: the same rows and rules always give the same threshold and hash.

Two gates: accuracy at its target, and, where the owner set a target for it, freedom from critical errors (a wrong
refund, a legal slip, a breach of privacy). Both are tested on the same audits, each with the stated confidence, and
both must pass: the threshold in force is the higher of the two.
"""

import hashlib
import json
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from core.contracts import WHOLE
from metrics.certificates.certify import certify
from metrics.certificates.fixed_sequence import Choice

HALF_DAYS = timedelta(days=45)
HALF_ITEMS = 50_000
FORMAT = 5  # of rules and hash; another one for any change of the method
START_SHARE = 0.24
START_INTENT = 0.5  # of an intent: its audits are few, and it is declared for being one kind of work


class Audit(NamedTuple):
    """One audit as it counts, or one held draft that a reviewer decided on (probability 1, no coin).

    `judgements` are the reviewers' words that its verdict rests on, none when overdue. `coin` and `coin_smallest`: as
    drawn by the audit coin, 0 for what no coin drew. `smallest` is that of the whole agent, `own_smallest` that of the
    runs of its intent.
    """

    id: str
    score: float
    probability: float
    smallest: float
    right: bool
    critical: bool
    drawn_at: datetime
    judgements: tuple[str, ...] = ()
    coin: float = 0.0
    coin_smallest: float = 0.0
    intent: str = ""
    own_smallest: float = 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Rules:
    """What is fixed before the audits. boundaries: when each half life began, the first one with the evidence.
    slice: WHOLE or an intent; part: how much of the allowed error, 1 - confidence, it has."""

    target: float
    confidence: float
    boundaries: tuple[datetime, ...]
    critical_target: float | None = None
    first_look: int | None = None
    slice: str = WHOLE
    part: float = 1.0

    def as_json(self) -> dict[str, Any]:
        """Plain values, for the row and the hash."""
        plain = {**asdict(self), "boundaries": [at.isoformat() for at in self.boundaries], "format": FORMAT}
        usual = {"slice": WHOLE, "part": 1.0}  # left out, so that older certificates keep their hash
        return {name: value for name, value in plain.items() if name not in usual or value != usual[name]}

    @classmethod
    def of_json(cls, stored: Mapping[str, Any]) -> "Rules":
        """The rules of a stored certificate. Raises ValueError for one of another format."""
        if stored.get("format") != FORMAT:
            raise ValueError("made by another version of the method")
        known = {name: stored[name] for name in ("target", "confidence", "critical_target", "first_look")}
        known |= {name: stored[name] for name in ("slice", "part") if name in stored}
        return cls(boundaries=tuple(datetime.fromisoformat(at) for at in stored["boundaries"]), **known)


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """What the audits allow. `threshold` is None while nothing may be automated; `missing` then says why."""

    threshold: float | None
    accuracy: Choice
    critical: Choice | None
    missing: str = ""
    audits_missing: int | None = None


def closed(rows: Iterable[Mapping[Any, Any]], now: datetime) -> list[Audit]:
    """The audits that count, in the order in which they were drawn, from rows in that order.

    Audits of live runs count up to the first that is still open and not overdue: complaints come sooner than "all is
    well", so taking what happens to be judged would deceive. An overdue one counts as wrong, and as critical. Audits of
    replayed runs count once judged; nobody waits for the others.

    Rows: id, score, probability, smallest, own_smallest, coin, coin_smallest, intent, state, right, critical, due_at,
    drawn_at, shadow; where the rows name them, judgements in words parted by a space.
    """
    found: list[Audit] = []
    complete = True
    for row in rows:
        judged = row["state"] == "judged"
        overdue = not judged and row["due_at"] is not None and row["due_at"] < now
        if row["shadow"]:
            if not judged:
                continue
        else:
            complete = complete and (judged or overdue)
            if not complete:
                continue
        words = row["judgements"] if judged and "judgements" in row else None  # .get raises and catches, for each row
        probability, smallest, coin = row["probability"], row["smallest"] or row["probability"], row["coin"]
        found.append(
            Audit(
                row["id"],
                row["score"],
                probability,
                min(smallest, probability),
                judged and bool(row["right"]),
                not judged or bool(row["critical"]),
                row["drawn_at"],
                tuple(words.split()) if words else (),
                coin,
                min(row["coin_smallest"], coin),
                row["intent"] or "",
                min(row["own_smallest"] or smallest, probability),
            )
        )
    return found


def examine(audits: Sequence[Audit], population: Sequence[float], rules: Rules) -> Finding:
    """Run both gates over audits in the order drawn; population: scores of the first runs, which fix the levels."""
    half = len(rules.boundaries) - 1

    def gate(those: Sequence[Audit], right: list[bool], target: float, start_share: float, *, coins: bool) -> Choice:
        return certify(
            [audit.score for audit in those],
            right,
            population=population,
            target=target,
            confidence=1 - (1 - rules.confidence) * rules.part,
            probabilities=[audit.coin if coins else audit.probability for audit in those],
            smallest=[audit.coin_smallest if coins else audit.smallest for audit in those] or None,
            first_look=rules.first_look,
            halves=[max(0, bisect_right(rules.boundaries, audit.drawn_at) - 1) for audit in those],
            half=half,
            start_share=start_share,
            scored=not coins,
        )

    start = START_SHARE if rules.slice == WHOLE else START_INTENT
    accuracy = gate(audits, [audit.right for audit in audits], rules.target, start, coins=False)
    if rules.critical_target is None:
        return Finding(
            threshold=accuracy.threshold,
            accuracy=accuracy,
            critical=None,
            missing=accuracy.missing,
            audits_missing=accuracy.audits_missing,
        )
    # Rare errors take more audits to rule out and depend less on the score: the chain starts wider.
    wider = min(1.0, start * max(1.0, (0.05 / (1 - rules.critical_target)) ** 0.5))
    asked = [audit for audit in audits if audit.coin > 0]  # who edits a draft does not say what harm it would have done
    critical = gate(asked, [not audit.critical for audit in asked], rules.critical_target, wider, coins=True)
    said = [accuracy.missing] if accuracy.missing else []
    said += [f"free of critical errors: {critical.missing}"] if critical.missing else []
    waits = [one for one in (accuracy, critical) if one.threshold is None]
    counts = [one.audits_missing for one in waits if one.audits_missing is not None]
    both = [one.threshold for one in (accuracy, critical) if one.threshold is not None]
    threshold = max(both) if len(both) == 2 else None
    if threshold is not None and threshold != accuracy.threshold:
        above = [audit.right for audit in audits if audit.score >= threshold]
        accuracy = replace(accuracy, threshold=threshold, k=sum(above), n=len(above), bound=None)
    return Finding(
        threshold=threshold,
        accuracy=accuracy,
        critical=critical,
        missing="; ".join(said),
        audits_missing=max(counts) if counts and len(counts) == len(waits) else None,
    )


def digest(
    owner: str, fingerprint: str, audits: Sequence[Audit], population: Sequence[float], rules: Rules, threshold: float
) -> str:
    """SHA-256 over everything a certificate says and rests on."""
    seen = [[a.id, a.score, a.probability, a.smallest, a.right, a.critical, a.judgements, a.coin] for a in audits]
    said = [owner, fingerprint, threshold, rules.as_json(), list(population), seen]
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


class Check(NamedTuple):
    """One thing that was looked at again."""

    what: str
    passed: bool
    said: str


def verify(certificate: Mapping[Any, Any], audits: Sequence[Audit], population: Sequence[float]) -> list[Check]:
    """Recompute a stored certificate from its rows, as they stood when it was issued.

    certificate: the stored row (agent, fingerprint, threshold, k, n, hash, evidence). The audits come in the order of
    its evidence.
    """
    evidence = certificate["evidence"]
    try:
        rules = Rules.of_json(evidence.get("rules", {}))
    except ValueError as error:
        return [Check("the rules can be read", False, str(error))]
    listed = [one[0] for one in evidence["audits"]]
    found = [audit.id for audit in audits]
    speaks = certificate["slice"]
    checks = [Check("what it speaks of", speaks == rules.slice, "the whole agent" if speaks == WHOLE else speaks)]
    checks += [Check("every audit is still there", listed == found, f"{len(found)} of {len(listed)}")]
    made = digest(certificate["agent"], certificate["fingerprint"], audits, population, rules, certificate["threshold"])
    checks.append(Check("the hash of rows and rules", made == certificate["hash"], made[:16]))
    again = examine(audits, population, rules)
    same = again.threshold == certificate["threshold"]
    told = "nothing" if again.threshold is None else f"{again.threshold:.6f}"
    checks.append(Check("the threshold, computed again", same, told))
    counts = (again.accuracy.k, again.accuracy.n) == (certificate["k"], certificate["n"])
    checks.append(Check("right of audited above it", counts, f"{again.accuracy.k} of {again.accuracy.n}"))
    return checks
