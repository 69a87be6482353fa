"""Agents that are good at some of their intents only: what single intents' certificates let out, and how often one is
false."""

from datetime import UTC, datetime
from typing import Any

import numpy as np

from core.contracts import WHOLE
from metrics.certificates.binomial import interval
from metrics.certificates.certify import strict
from metrics.certificates.live import Audit, Rules, examine
from metrics.certificates.slices import FIRST_RUNS, First, stand

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
RULES = Rules(target=0.95, confidence=0.95, boundaries=(BEGAN,))
NAMES = np.array(["a", "b", "c", "d", "e"])
PARTS = np.array([0.3, 0.2, 0.2, 0.2, 0.1])
AUDITS = (1_000, 2_000, 4_000)
EDGE = "all at what is tested"  # so any certificate counts as false there
WORLDS = {
    "alike": np.full(5, 0.98),
    "one bad": np.array([0.99, 0.99, 0.985, 0.985, 0.70]),
    "mixed": np.array([0.99, 0.985, 0.98, 0.90, 0.70]),
    EDGE: np.full(5, strict(0.95)),
}


def world(name: str, repeats: int, seed: int) -> dict[str, Any]:
    """Share sent with and without single intents' certificates, after so many audits (looked at each time), and how
    often any certificate in force was ever false. Scores say nothing about correctness here, so that any subset of an
    intent is as right as the intent."""
    accuracy, rng = WORLDS[name], np.random.default_rng(seed)
    shares, plain, false = np.zeros((repeats, len(AUDITS))), np.zeros((repeats, len(AUDITS))), 0
    for repeat in range(repeats):
        known = zip(rng.choice(NAMES, FIRST_RUNS, p=PARTS), rng.random(FIRST_RUNS), strict=True)
        first = [First(str(intent), float(score)) for intent, score in known]
        population = [run.score for run in first[:100]]
        which, scores = rng.choice(len(NAMES), AUDITS[-1], p=PARTS), rng.random(AUDITS[-1])
        right = rng.random(AUDITS[-1]) < accuracy[which]
        drawn = zip(NAMES[which], scores, right, strict=True)
        audits = [
            Audit(str(at), float(score), 0.2, 0.2, bool(ok), False, BEGAN, (), 0.2, 0.2, str(intent), 0.2)
            for at, (intent, score, ok) in enumerate(drawn)
        ]
        ever = False
        for at, n in enumerate(AUDITS):
            whole, parts = stand(audits[:n], population, first, RULES)
            for one in (whole, *parts):
                if one.in_force and one.finding.threshold is not None:
                    taken = PARTS if one.rules.slice == WHOLE else PARTS * (one.rules.slice == NAMES)
                    shares[repeat, at] += taken.sum() * (1 - one.finding.threshold)
                    ever |= name == EDGE or bool(taken @ accuracy / taken.sum() < RULES.target)
            alone = examine(audits[:n], population, RULES).threshold
            plain[repeat, at] = 0.0 if alone is None else 1 - alone
        false += ever
    low, high = interval(false, repeats)
    by_audits = {
        str(n): {"share": float(shares[:, at].mean()), "whole_alone": float(plain[:, at].mean())}
        for at, n in enumerate(AUDITS)
    }
    return {"ever_false": {"value": false / repeats, "low": low, "high": high, "n": repeats}, "by_audits": by_audits}
