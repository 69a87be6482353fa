"""Evidence that may be looked at any time: betting e-processes, one per level, and the certified prefix of a chain.

For one level (a threshold on the score) and a target accuracy 1 - alpha, the wealth of a bettor who bets a fixed part b
on every audit being right is a nonnegative supermartingale whenever accuracy at that level is really alpha or more
below 1:

    wealth = product over audits i of (1 + b w_i (alpha - err_i)),   w_i = (smallest probability) / (own probability)

Averaged over a fixed set of bets it is one too, so by Ville's inequality it ever reaches 1 / delta with probability at
most delta. Reaching it certifies the level, at whatever moment one looks. Levels are tested in a chain, safest first,
without correction: a false certificate needs the first false level of the chain to cross.

Sources: Waudby-Smith and Ramdas, "Estimating means of bounded random variables by betting", JRSS-B 2024,
arXiv 2010.09686; weights by sampling probability as in Stark's ALPHA and Horvitz-Thompson; fixed sequence as in
Learn-then-Test, arXiv 2110.01052.

Assumes: within the life of one certificate the accuracy at a level is always above or always at most the target (a
constant one is enough); coins independent of correctness; levels, chain and agent fixed before the first audit;
the smallest probability w refers to known before the audits it weighs; reviewers are right.
"""

import math
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from metrics.certificates.fixed_sequence import predicted

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
WORTH = 0.4  # a bold start stays where evidence is predicted to grow at least so fast there, of the fastest
SAFEST_SHARE = 0.08  # a start safer than this would wait too long for audits where scores promise too little

# Error rates that the bets are best against, as parts of alpha. Ten, closer together towards 1, certified with fewer
# audits than six or a beta mixture at every accuracy tried (bench.gate, labels to certify).
RATES = np.array([0.05, 0.15, 0.27, 0.39, 0.50, 0.60, 0.69, 0.78, 0.86, 0.93])


def bets(target: float) -> Floats:
    """(B,) parts of the wealth to bet: each is the Kelly bet against one error rate c alpha, (1 - c) / (1 - alpha)."""
    out: Floats = (1 - RATES) / target
    return out


def log_wealth(right: ArrayLike, wrong: ArrayLike, weights: ArrayLike, target: float) -> Floats:
    """Log wealth (..., B) won on counts (...) of right and wrong audits that share `weights` (...) in (0, 1].

    Add what belongs to one level: the order of audits does not matter.
    """
    b = bets(target)
    w = np.asarray(weights, dtype=float)[..., None]
    won = np.asarray(right, dtype=float)[..., None] * np.log1p(b * w * (1 - target))
    lost = np.asarray(wrong, dtype=float)[..., None] * np.log1p(-b * w * target)
    total: Floats = won + lost
    return total


def log_evidence(wealth: Floats) -> Floats:
    """Log of the mean wealth over bets: (..., B) to (...)."""
    top = wealth.max(axis=-1)
    mean: Floats = top + np.log(np.exp(wealth - top[..., None]).mean(axis=-1))
    return mean


def certified_prefix(certified: Flags, start: int) -> NDArray[np.int64]:
    """How many levels from the safest one are in force: (..., L) flags to (...) counts, 0 for none.

    Levels are ordered safest first. Counting begins at index `start`; the levels before it, safer by their place in the
    order, ride along when the start is certified.
    """
    run = np.cumprod(certified[..., start:], axis=-1).sum(axis=-1)
    out: NDArray[np.int64] = np.where(run > 0, start + run, 0).astype(np.int64)
    return out


@lru_cache(maxsize=1024)
def audits_to_certify(target: float, confidence: float) -> int:
    """Audits without an error after which the evidence for one level reaches 1 / (1 - confidence)."""
    n = 1
    while log_evidence(log_wealth(n, 0, 1.0, target)) < -math.log(1 - confidence):
        n += 1
    return n


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """What must be fixed before the first audit counts: thresholds, safest first, and where chains start.

    shares: part of traffic at or above each threshold, in the traffic that fixed the plan. starts: index of one start,
    or of a safe and a bold one, which then share the allowed error.
    """

    thresholds: tuple[float, ...]
    shares: tuple[float, ...]
    starts: tuple[int, ...]

    @property
    def start(self) -> int:
        """The safest level that is tested."""
        return self.starts[0]


def plan(population: ArrayLike, *, count: int = 50, start_share: float = 0.24, target: float | None = None) -> Plan:
    """Fix the levels from scores (N,) of traffic, before any verdict: the top 1/count, 2/count, ... of it.

    To be the same at each later look, hand in the same traffic each time: the first runs at a fingerprint. The chain
    starts at the top `start_share` of traffic. With a `target`, a second one starts at a safer level where scores
    predict that evidence for it grows much faster: a start that is too bold never passes, however many audits come.
    """
    scores = np.sort(np.asarray(population, dtype=float))
    if scores.size == 0:
        raise ValueError("a plan needs the scores of some traffic")
    cuts = np.unique(np.quantile(scores, 1 - np.arange(1, count + 1) / count, method="lower"))[::-1]
    shares = 1 - np.searchsorted(scores, cuts, side="left") / scores.size
    start = min(int(np.searchsorted(shares, start_share - 1e-9)), len(cuts) - 1)
    starts: tuple[int, ...] = (start,)
    if target is not None:
        safest = int(np.searchsorted(shares, min(SAFEST_SHARE, start_share) - 1e-9))
        tried = slice(safest, start + 1)
        grows = np.maximum(growth(predicted(scores, cuts[tried]), target), 0.0).mean(axis=0) * shares[tried]
        if grows[-1] < WORTH * grows.max():
            starts = (safest + int(np.argmax(grows)), start)
    return Plan(thresholds=tuple(cuts.tolist()), shares=tuple(shares.tolist()), starts=starts)


def growth(accuracy: Floats, target: float) -> Floats:
    """Log evidence that one audit is expected to add for the best bet, where accuracy (...) is as given; below 0 where
    it does not reach the target."""
    won, lost = np.log1p(bets(target) * (1 - target)), np.log1p(-bets(target) * target)
    best: Floats = (accuracy[..., None] * won + (1 - accuracy[..., None]) * lost).max(axis=-1)
    return best


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """How a plan stands after some audits. k right of n audits at or above the threshold in force, or, where none is,
    at or above the chain's first level. `log_e` is the log of an e-value against the certificate: the least evidence of
    the levels that it rests on (or of the first), with nothing given away, over the number of chains; `needed`: what
    the evidence kept must reach.

    certified: one flag per level, in the plan's order, whether its evidence reached what it takes (and was not lost).
    audits_missing: about how many more audits drawn like these the first level still needs; None if more audits alone
    will not help (its own error rate is not below the target's).
    """

    threshold: float | None
    share: float
    k: int
    n: int
    log_e: float
    needed: float
    certified: tuple[bool, ...]
    audits_missing: int | None = None


METHOD = "fixed-sequence betting e-process"


def stand(
    plan: Plan,
    scores: ArrayLike,
    right: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    target: float = 0.95,
    confidence: float = 0.95,
    slack: float | None = None,
) -> Standing:
    """Where a plan stands. Valid whenever it is computed, as often as one likes: the evidence of every prefix counts.

    slack: log evidence that a certified level may lose below what earned it before it is withdrawn, until it earns
    that again; None keeps a level for good. Withdrawing is always valid and ends what a slow drift would go on sending;
    with it a bet keeps at most what certifies alone, so that a good past cannot pay for long for a bad present.
    scores, right: (n,) of the audits in the order in which they were drawn; weights: (n,) in (0, 1], the smallest
    probability at that time over the audit's own (`probability_weights`), all 1 for uniform audits.
    """
    score, verdict = np.asarray(scores, dtype=float), np.asarray(right, dtype=float)
    weight = np.ones_like(score) if weights is None else np.asarray(weights, dtype=float)
    if not score.shape == verdict.shape == weight.shape or score.ndim != 1:
        raise ValueError("scores, verdicts and weights must be vectors of one length")
    if weight.size and (weight.min() <= 0 or weight.max() > 1):
        raise ValueError("weights lie above 0 and at most at 1")
    needed = -math.log((1 - confidence) / len(plan.starts))
    steps = factors(verdict, weight, target)
    cuts = np.array(plan.thresholds)
    held = np.zeros(cuts.shape, dtype=bool)
    for start in reversed(plan.starts):  # the bold one reaches furthest; the safe one counts where it does not hold
        for level in range(start, len(cuts)):
            held[level] = follow(begin(), steps[score >= cuts[level]], needed, slack).held
            if not held[level]:
                break
        if held[start]:
            break
    return standing(plan, held, tally(cuts, score, verdict, np.log(steps)), target=target, needed=needed)


class Tally(NamedTuple):
    """Counts of audits at or above each level (L,), and the log wealth (L, B) that bets on them won, with nothing given
    away. Tallies of disjoint audits add up."""

    right: Floats
    audits: Floats
    log_won: Floats


def tally(cuts: Floats, scores: Floats, right: Floats, log_steps: Floats) -> Tally:
    """Of audits (n,) with the logs (n, B) of their `factors`, at levels (L,)."""
    above = (scores[:, None] >= cuts).astype(float).T
    return Tally(above @ right, above.sum(axis=1), above @ log_steps)


def standing(plan: Plan, held: Flags, counted: Tally, *, target: float, needed: float) -> Standing:
    """What flags (L,) of levels that hold, and the audits at them, come to."""
    start, certified = plan.start, 0
    for start in reversed(plan.starts):
        certified = int(np.cumprod(held[start:]).sum())
        if certified:
            break
    lowest = start + max(certified - 1, 0)
    flags = [start <= level < start + certified for level in range(len(plan.thresholds))]
    missing = None if certified else _soonest(plan, counted, target, math.exp(-needed))
    # The first false level of a chain is among those that hold where the certificate is false: so the least of them.
    log_e = float(log_evidence(counted.log_won[start : lowest + 1]).min())
    return Standing(
        threshold=plan.thresholds[lowest] if certified else None,
        share=plan.shares[lowest] if certified else 0.0,
        k=int(counted.right[lowest]),
        n=int(counted.audits[lowest]),
        log_e=log_e - math.log(len(plan.starts)),
        needed=needed - math.log(len(plan.starts)),
        certified=tuple(flags),
        audits_missing=missing,
    )


class Bank(NamedTuple):
    """What bettors own, (..., B) for one level or several, and whether each level's evidence holds (...)."""

    wealth: Floats
    held: Flags


def begin(shape: tuple[int, ...] = ()) -> Bank:
    """Nobody has bet yet."""
    return Bank(np.ones((*shape, len(RATES))), np.zeros(shape, dtype=bool))


def factors(right: Floats, weights: Floats, target: float) -> Floats:
    """What each audit (n,) multiplies the wealth of each bet by: (n, B)."""
    out: Floats = 1 + bets(target) * (weights * (right - target))[:, None]
    return out


BLOCK = 1024  # steps of one level that stay in the processor's cache,
WIDE_BLOCK = 64  # and of all levels side by side
_EQUAL = np.full(len(RATES), 1 / len(RATES))


def follow(bank: Bank, steps: Floats, needed: float, slack: float | None) -> Bank:
    """Bet on more audits, in the order in which they were drawn: steps (n, ..., B) as `factors` gives, 1 where an audit
    lies below a level.

    A level holds from where its evidence, the mean wealth, reaches exp(needed), until it falls to less than
    exp(needed - slack). A bet keeps at most what certifies alone: giving away what is beyond is always valid, and a
    long good past cannot then pay for a bad present. Feeding audits in parts or all at once gives the same.
    """
    wealth, held = bank
    enough = math.exp(needed)
    most, least = enough * len(RATES), 0.0 if slack is None else enough * math.exp(-slack)
    for start in range(0, len(steps), BLOCK):
        path = _running(np.multiply, steps[start : start + BLOCK])
        path *= wealth
        if path.max() > most:
            path /= np.maximum(_running(np.maximum, path), most) / most
        evidence = path @ _EQUAL
        earned, lost = _latest(evidence >= enough), _latest(evidence < least)
        held = np.where(earned == lost, held, earned > lost)
        wealth = path[-1]
    return Bank(wealth, held)


def _running(step: np.ufunc, rows: Floats) -> Floats:
    """Running products or maxima along the first axis. For wide rows a loop is five times as fast as numpy's own."""
    out: Floats = rows.copy()
    if rows[0].size < 64:
        step.accumulate(out, axis=0, out=out)
        return out
    for before, row in pairwise(out):
        step(before, row, out=row)
    return out


def _latest(flags: Flags) -> NDArray[np.int64]:
    """(n, ...) to (...): the last index that is set, -1 where none is."""
    out: NDArray[np.int64] = np.where(flags.any(axis=0), len(flags) - 1 - flags[::-1].argmax(axis=0), -1)
    return out


def probability_weights(probabilities: ArrayLike, smallest: ArrayLike | None = None) -> Floats:
    """Weights (n,) of audits drawn with unequal probabilities (n,): the smallest probability over the own.

    smallest: (n,) or one number, the smallest that the audit policy then in force could have given to any run at or
    above the levels in question, as recorded when the coin was thrown; without it, the smallest among these audits.
    """
    drawn = np.asarray(probabilities, dtype=float)
    if drawn.size == 0:
        return np.ones_like(drawn)
    least = np.broadcast_to(np.asarray(drawn.min() if smallest is None else smallest, dtype=float), drawn.shape)
    if drawn.min() <= 0 or drawn.max() > 1 or np.any(least <= 0) or np.any(least > drawn):
        raise ValueError("each audit needs a probability above 0 and at most 1, and none below the smallest")
    weights: Floats = least / drawn
    return weights


def _soonest(plan: Plan, counted: Tally, target: float, delta: float) -> int | None:
    found = [
        _missing(int(counted.right[start]), int(counted.audits[start]), plan.shares[start], target, 1 - delta)
        for start in plan.starts
    ]
    return min((one for one in found if one is not None), default=None)


def _missing(k: int, n: int, share: float, target: float, confidence: float) -> int | None:
    """Audits still needed if the level's own error rate stays as it is (half an error added, as a guess)."""
    rate = (n - k + 0.5) / (n + 1) if n else 0.0
    if rate >= 1 - target:
        return None
    if k == n:
        return max(1, math.ceil((audits_to_certify(target, confidence) - n) / share))
    now = float(log_evidence(log_wealth(k, n - k, 1.0, target)))
    adds = float(growth(np.array(1 - rate), target))
    return max(1, math.ceil((-math.log(1 - confidence) - now) / adds / share))
