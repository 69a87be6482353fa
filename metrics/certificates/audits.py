"""Which runs are audited: coins that nobody can foresee, and probabilities that learn most from few judgements."""

import hashlib
import hmac

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
FLOOR = 0.02


def coin(secret: bytes, run: str) -> float:
    """The run's audit coin in [0, 1): audited where it falls below the probability recorded before.

    HMAC-SHA256 of the run's id, 53 bits: the same for the same run on every worker, so a retry cannot throw again, and
    unforeseeable without the secret, so nobody can choose what is audited.
    """
    digest = hmac.new(secret, run.encode(), hashlib.sha256).digest()
    return (int.from_bytes(digest[:8], "big") >> 11) / 2**53


def neyman(shares: ArrayLike, error_rates: ArrayLike, budget: float, floor: float = FLOOR) -> Floats:
    """Audit probabilities (S,) by stratum that make the weighted error rate's variance smallest for their cost.

    shares: (S,) part of runs in each stratum; error_rates: (S,) as guessed from earlier audits; budget: the part of all
    runs to audit. Proportional to sqrt(q (1 - q)), none below `floor` nor above 1 (Neyman 1934 with bounds). Wrong
    guesses cost audits, never validity. Raises ValueError where the floor alone exceeds the budget.
    """
    part, q = np.asarray(shares, dtype=float), np.asarray(error_rates, dtype=float)
    part = part / part.sum()
    if budget < floor or budget > 1:
        raise ValueError("the budget lies between the floor and 1")
    spread = np.sqrt(np.clip(q, 1e-4, 1 - 1e-4) * (1 - np.clip(q, 1e-4, 1 - 1e-4)))
    low, high = 0.0, 1.0 / float(spread.min())
    for _ in range(80):
        middle = (low + high) / 2
        cost = float((part * np.clip(middle * spread, floor, 1.0)).sum())
        low, high = (middle, high) if cost < budget else (low, middle)
    out: Floats = np.clip(low * spread, floor, 1.0)
    return out
