"""The ledger: at most how many of the replies already sent were wrong. True whatever happened, at every moment.

Every automated run i was audited by its own coin with known probability p_i. Whether run i is wrong is fixed, unknown
and may be chosen by an adversary; only the coins are random. For g > 0 with 1 - exp(-g) < min p and

    lam_i(g) = -ln(1 - (1 - exp(-g)) / p_i),     M_n(g) = exp(g K_n - sum of lam_i(g) over audited wrong runs)

is a martingale with mean 1 over the coins (K_n: all wrong runs so far), because a wrong run multiplies it by
exp(g - lam_i coin_i), whose mean is exp(g) (1 - p_i (1 - exp(-lam_i))) = 1. Averaged over several g and by Ville's
inequality, K_n stays below the largest K with mean_g exp(g K - ...) < 1 / delta for all n at once, with probability
1 - delta or more.

Assumes: coins thrown as recorded and independent of the outcome; all audits up to now judged (count the unjudged as
wrong); the reviewer is right. No assumption on drift. One period, one delta: begin anew with each report's period.
Source: Ville's inequality on the exact martingale of our own coins, as derived in docs/decisions/0002.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
# As parts of the smallest probability. Small ones are sharp late, when many errors have been found; large ones early.
GRID = np.array([0.02, 0.05, 0.1, 0.2, 0.35, 0.55, 0.8])


@dataclass(frozen=True, kw_only=True, slots=True)
class Ledger:
    """A period's account. `estimate` of wrong runs is Horvitz-Thompson's; `at_most` holds with `confidence` always."""

    sent: int
    audited: int
    found_wrong: int
    estimate: float
    at_most: int
    confidence: float

    @property
    def accuracy_at_least(self) -> float | None:
        """1 - at_most / sent; None where nothing was sent."""
        return 1 - self.at_most / self.sent if self.sent else None


def most_wrong(wrong_probabilities: ArrayLike, smallest: float, sent: ArrayLike, confidence: float = 0.95) -> Floats:
    """Upper bounds on the number of wrong runs after each audited wrong one.

    wrong_probabilities: (S,) audit probabilities of the audited wrong runs in order; smallest: the smallest probability
    that any automated run of the period could have had; sent: () or (S + 1,) runs automated so far. Returns (S + 1,):
    element s holds from just after the s-th wrong audit until just before the next.
    """
    p = np.asarray(wrong_probabilities, dtype=float)
    if not 0 < smallest <= 1 or np.any(p < smallest) or np.any(p > 1):
        raise ValueError("probabilities lie between the smallest, above 0, and 1")
    g = GRID * smallest
    lam = -np.log1p(np.expm1(-g)[:, None] / p[None, :])  # (G, S)
    paid = np.concatenate([np.zeros((len(g), 1)), np.cumsum(lam, axis=1)], axis=1)  # (G, S + 1)
    limit = -math.log(1 - confidence) + math.log(len(g))
    low = np.zeros(p.size + 1)
    high = ((limit + paid) / g[:, None]).min(axis=0)  # one term alone at the limit: the mean is beyond it
    for _ in range(60):
        middle = (low + high) / 2
        inside = np.logaddexp.reduce(g[:, None] * middle[None, :] - paid, axis=0) < limit
        low, high = np.where(inside, middle, low), np.where(inside, high, middle)
    out: Floats = np.minimum(np.floor(high), np.asarray(sent, dtype=float))
    return out


def account(
    sent: int,
    audited_probabilities: ArrayLike,
    right: ArrayLike,
    smallest: float,
    confidence: float = 0.95,
) -> Ledger:
    """A period's ledger from its audits: (n,) probabilities and (n,) verdicts (0/1; an overdue audit is a 0)."""
    p, verdict = np.asarray(audited_probabilities, dtype=float), np.asarray(right, dtype=float)
    if p.shape != verdict.shape or p.size > sent:
        raise ValueError("one verdict for each audit, and no more audits than runs sent")
    wrong = p[verdict == 0]
    return Ledger(
        sent=sent,
        audited=p.size,
        found_wrong=wrong.size,
        estimate=float((1 / wrong).sum()),
        at_most=int(most_wrong(wrong, smallest, sent, confidence)[-1]),
        confidence=confidence,
    )
