"""Do intervals hold what they say? Coverage of each kind of estimate by simulation, small and large n.

python -m bench.intervals [--draws 2000] [--seed 1]

Each draw makes data whose truth is known, asks for the estimate and looks whether its 95 % interval holds the truth.
Nominal is 0.95; "at most 2 points over for large n" is the goal, which exact intervals of counts meet by n = 2,000.
"""

import argparse
import json
import math
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime

import numpy as np

from core.rollups import MICRO
from metrics import field_accuracy, reviewer_agreement, sketch
from metrics.certificates.judged import LEAST, LEAST_WRONG
from metrics.certificates.ppi import judge_assisted
from metrics.change import difference
from metrics.estimate import Estimate, share, unknown
from metrics.intervals import product, quantile, ratio, weighted_share
from metrics.same_mix import change_at_same_mix
from metrics.sums import Sums

Generator = np.random.Generator
NOW = datetime(2026, 9, 1, tzinfo=UTC)
SIZES = (50, 300, 2_000, 10_000)
P = 0.93


def _share(rng: Generator, n: int) -> tuple[Estimate, float]:
    return share(int(rng.binomial(n, P)), n, missing=""), P


def _audits(rng: Generator, n: int) -> tuple[Estimate, float]:
    """n audits of a population of which doubtful ones are audited five times as often."""
    size = n * 8
    right = rng.random(size) < P
    doubtful = rng.random(size) < np.where(right, 0.05, 0.6)
    probability = np.where(doubtful, 0.5, 0.1)
    drawn = rng.random(size) < probability
    return weighted_share(right[drawn], 1 / probability[drawn], missing=""), P


def _workload(rng: Generator, n: int) -> tuple[Estimate, float]:
    """Intents of different handling times and different shares."""
    seconds, shares, mix = np.array([60.0, 240.0, 900.0]), np.array([0.8, 0.5, 0.2]), np.array([0.5, 0.3, 0.2])
    intent = rng.choice(3, n, p=mix)
    truth = float((mix * seconds * shares).sum() / (mix * seconds).sum())
    return weighted_share(rng.random(n) < shares[intent], seconds[intent], missing=""), truth


def _median(rng: Generator, n: int) -> tuple[Estimate, float]:
    return quantile(rng.lognormal(3, 1.5, n), 0.5, missing=""), math.exp(3)


def _sketched(rng: Generator, n: int) -> tuple[Estimate, float]:
    values = Counter(map(sketch.bucket, rng.lognormal(3, 1.5, n).tolist()))
    return sketch.quantile(values, 0.9, missing=""), math.exp(3 + 1.5 * 1.2815515594600038)


def _cost(rng: Generator, n: int) -> tuple[Estimate, float]:
    return ratio(rng.gamma(2.0, 0.01, n), (rng.random(n) < 0.5).astype(float), missing=""), 0.04


def _difference(rng: Generator, n: int) -> tuple[Estimate, float]:
    a, b = (share(int(rng.binomial(n, p)), n, missing="") for p in (P, 0.88))
    return difference(a, b), P - 0.88


def _fields(rng: Generator, n: int) -> tuple[Estimate, float]:
    """n audited documents of 5 to 15 fields; how often a field is right differs by document, between 80 and 100 %."""
    sizes = rng.integers(5, 16, n)
    right = rng.binomial(sizes, 0.8 + 0.2 * rng.beta(4, 1, n))
    values = {"documents": n, "n": sizes.sum(), "k": right.sum(), "w": sizes.sum() * MICRO, "wk": right.sum() * MICRO}
    squares = {"ww": (sizes * sizes).sum(), "wwk": (sizes * right).sum(), "wwkk": (right * right).sum()}
    counts = values | {name: value * MICRO for name, value in squares.items()}
    counted = Counter({f"field_{name}": int(value) for name, value in counts.items()})
    sums = Sums(since=NOW, until=NOW, now=NOW, documents=counted)
    return field_accuracy.estimate(sums), 0.8 + 0.2 * 0.8


def _agreement(rng: Generator, n: int) -> tuple[Estimate, float]:
    """Two reviewers who see the truth, 85 % right, each with 5 % of errors of their own."""
    truth = rng.random(n) < 0.85
    first, second = (np.where(rng.random(n) < 0.05, ~truth, truth) for _ in range(2))
    said = {"": n, "_first": first.sum(), "_second": second.sum(), "_both": (first & second).sum()}
    counted = Counter({f"seconded{name}": int(value) for name, value in said.items()})
    sums = Sums(since=NOW, until=NOW, now=NOW, tickets=counted)
    yes = 0.85 * 0.95 + 0.15 * 0.05
    chance, seen = yes**2 + (1 - yes) ** 2, 0.95**2 + 0.05**2
    return reviewer_agreement.estimate(sums), (seen - chance) / (1 - chance)


def _audited_right(rng: Generator, n: int) -> tuple[Estimate, float]:
    """n tickets of which 45 % are dealt with for good, and an accuracy from every fifth of those, audited at random."""
    durable = int(rng.binomial(n, 0.45))
    audits = max(5, durable // 5)
    right = share(int(rng.binomial(audits, P)), audits, missing="")
    return product(share(durable, n, missing=""), right), 0.45 * P


def _same_mix(rng: Generator, n: int) -> tuple[Estimate, float]:
    """Three intents whose mix and shares both change between two periods."""
    rates, mix = np.array([[0.9, 0.5, 0.2], [0.85, 0.55, 0.1]]), np.array([0.5, 0.3, 0.2])
    counts = [rng.multinomial(n, mix[::-1]), rng.multinomial(n, mix)]
    told = [
        {str(i): (int(rng.binomial(m, rate[i])), int(m)) for i, m in enumerate(some)}
        for some, rate in zip(counts, rates, strict=True)
    ]
    weights = (counts[0] + counts[1]) / (2 * n)
    return change_at_same_mix("", told[0], told[1]).difference, float(weights @ (rates[0] - rates[1]))


def _judged(rng: Generator, n: int) -> tuple[Estimate, float]:
    """n audits of 8 n runs that a judge gave its word on: it finds 70 % of wrong ones and flags 4 % of right ones, and
    what it flags is audited more often. Too few audits, or wrong ones, say nothing of the judge: no figure then."""
    right = rng.random(8 * n) < P
    says = np.where(right, rng.random(8 * n) >= 0.04, rng.random(8 * n) >= 0.7)
    probability = np.where(says, 0.1, 0.4)
    drawn = rng.random(8 * n) < probability
    if drawn.sum() < LEAST or (~right[drawn]).sum() < LEAST_WRONG:
        return unknown("audits"), P
    found = judge_assisted(right[drawn], says[drawn], probability[drawn], says)
    return Estimate(value=found.value, low=found.low, high=found.high, n=8 * n), P


KINDS: dict[str, Callable[[Generator, int], tuple[Estimate, float]]] = {
    "share": _share,
    "audits_of_unequal_probability": _audits,
    "workload_share": _workload,
    "median": _median,
    "sketched_p90": _sketched,
    "cost_per_resolution": _cost,
    "difference_of_shares": _difference,
    "share_at_same_mix": _same_mix,
    "audited_right": _audited_right,
    "field_accuracy": _fields,
    "reviewer_agreement": _agreement,
    "judge_corrected_accuracy": _judged,
}


def covers(kind: str, n: int, draws: int, seed: int) -> float:
    """The part of draws whose interval holds the truth; an end that is not known reaches to infinity."""
    rng = np.random.default_rng([seed, n])
    hits = 0
    for _ in range(draws):
        found, truth = KINDS[kind](rng, n)
        low = -math.inf if found.low is None else found.low
        high = math.inf if found.high is None else found.high
        hits += low <= truth <= high
    return hits / draws


def main() -> None:
    """Simulate, print."""
    parser = argparse.ArgumentParser(prog="python -m bench.intervals", description=__doc__)
    parser.add_argument("--draws", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    begin = time.monotonic()
    print(f"{'estimate':32} " + " ".join(f"n = {n:>6,}" for n in SIZES))
    figures: dict[str, float] = {}
    for kind in KINDS:
        found = {n: covers(kind, n, options.draws, options.seed) for n in SIZES}
        figures |= {f"coverage.{kind}.{n}": round(value, 4) for n, value in found.items()}
        print(f"{kind:32} " + " ".join(f"{value:10.1%}" for value in found.values()))
    line = {"bench": "intervals", "data": "simulated", "n": options.draws}
    seconds = round(time.monotonic() - begin, 1)
    print(json.dumps({**line, "seconds": seconds, "figures": figures, "yardstick": {"nominal": 0.95}}))


if __name__ == "__main__":
    main()
