"""What a model as a judge adds to the audits of one agent: its quality, and the estimate that is corrected by people.

Never for a certificate: the intervals are asymptotic and hold at one look. A judge is shown only beside its own errors.
"""

from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any

from core.contracts import Frozen
from metrics.certificates.ppi import judge_assisted, judge_quality

LEAST = 30  # audits with the judge's word, and LEAST_WRONG of them wrong by people: fewer say nothing of its errors
LEAST_WRONG = 5


class Share(Frozen):
    """A share with its 95 % interval; k of n is None for a weighted one."""

    value: float
    low: float
    high: float
    k: int | None = None
    n: int | None = None


class JudgedAgent(Frozen):
    """One agent's automated replies of a period that the judge gave its word on.

    `plain` is the accuracy by audits alone, `corrected` with the judge's words on all (prediction-powered inference),
    `power` how far it was trusted, 0 to 1. `sensitivity`: of replies that people judged wrong, the part it calls
    wrong; `specificity`: of right ones, the part it calls right. What is None is not yet known: `missing` says why.
    """

    agent: str
    judged: int
    unreadable: int
    says_right: float | None
    audited: int
    plain: Share | None
    corrected: Share | None
    power: float | None
    sensitivity: Share | None
    specificity: Share | None
    missing: str
    cost_usd: float
    simulated: bool


def judged_agents(rows: Iterable[Mapping[Any, Any]]) -> list[JudgedAgent]:
    """One line an agent, from rows as `core.store.judge.words` gives, sorted by agent."""
    return [_one(name, list(some)) for name, some in groupby(rows, key=lambda row: str(row["agent"]))]


def judged_whole(rows: Iterable[Mapping[Any, Any]]) -> JudgedAgent:
    """All agents together, as one line whose agent is ''."""
    return _one("", list(rows))


def _one(name: str, rows: list[Mapping[Any, Any]]) -> JudgedAgent:
    readable = [row for row in rows if row["says"] is not None]
    audited = [row for row in readable if row["right"] is not None]
    wrong = sum(not row["right"] for row in audited)
    missing = ""
    if len(audited) < LEAST:
        missing = f"{LEAST - len(audited)} more audits of replies that it judged"
    elif wrong < LEAST_WRONG:
        missing = f"only {wrong} of {len(audited)} audited were wrong: what it overlooks is not known"
    says = [bool(row["says"]) for row in readable]
    quality = plain = found = None
    if len(audited) >= LEAST:
        right, words = [bool(row["right"]) for row in audited], [bool(row["says"]) for row in audited]
        drawn = [float(row["probability"]) for row in audited]
        quality = judge_quality(right, words)
        alone = judge_assisted(right, [True] * len(right), drawn, [True] * len(says))  # a judge that tells nothing
        plain = Share(value=alone.value, low=alone.low, high=alone.high, n=len(right), k=sum(right))
        found = None if missing else judge_assisted(right, words, drawn, says)
    parts = [
        Share(**dict(zip(Share.model_fields, one, strict=True))) if quality and one[4] else None
        for one in quality or ()
    ]
    return JudgedAgent(
        agent=name,
        judged=len(rows),
        unreadable=len(rows) - len(readable),
        says_right=sum(says) / len(says) if says else None,
        audited=len(audited),
        plain=plain,
        corrected=Share(value=found.value, low=found.low, high=found.high) if found else None,
        power=found.power if found else None,
        sensitivity=parts[0] if parts else None,
        specificity=parts[1] if parts else None,
        missing=missing,
        cost_usd=sum(float(row["cost_usd"]) for row in rows),
        simulated=any(row["simulated"] for row in rows),
    )
