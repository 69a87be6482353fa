"""Early warning: do today's scores and inputs still look like those that the certificate rests on? It proves nothing of
accuracy, and demotes nobody.

Scores: the population stability index over bands that held equal parts of the earlier scores:
sum over bands of (now - then) ln(now / then). By custom below 0.1 is no change, above 0.25 a shift worth a look.

Inputs: for each of intent, language and channel the part of the items that are of other kinds than then (total
variation distance), said only where chance seldom moves as much: a permutation test, exact also for small counts and
rare kinds (Phipson and Smyth 2010). All mixes share one false alarm in 1,000 looks (Bonferroni).
"""

from collections import Counter
from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from core.contracts import Frozen

BANDS = 10
LEAST = 200  # scores on each side, or chance alone looks like a change
SHIFT = 0.25
LEAST_ITEMS = 100  # on each side of a comparison of inputs
MOVED = 0.10  # of the items are of other kinds: less is not worth a look, however sure
FALSE_ALARM = 0.001  # of the looks at unchanged inputs, over all mixes
DRAWS = (199, 9_999)
PLAINLY_CHANCE = 0.05


class Shift(Frozen):
    """How a mix of inputs changed: the part of the items that are of other kinds, how probable as much would be by
    chance, and the kind that grew most with its parts then and now."""

    moved: float
    p: float
    kind: str
    then: float
    now: float


def stability(before: ArrayLike, now: ArrayLike) -> float | None:
    """The index of scores (n,) against earlier ones (m,); None where either side has too few."""
    first, second = np.asarray(before, dtype=float), np.asarray(now, dtype=float)
    if min(first.size, second.size) < LEAST:
        return None
    edges = np.unique(np.quantile(first, np.arange(1, BANDS) / BANDS))
    then = _parts(np.searchsorted(edges, first, side="right"), edges.size + 1)
    today = _parts(np.searchsorted(edges, second, side="right"), edges.size + 1)
    return float(((today - then) * np.log(today / then)).sum())


def _parts(bands: np.ndarray, count: int) -> np.ndarray:
    """Part of the scores in each band, half a score added so that none is empty."""
    counts = np.bincount(bands, minlength=count) + 0.5
    return np.asarray(counts / counts.sum())


def shift(before: Mapping[str, int], now: Mapping[str, int]) -> Shift | None:
    """Compare counts by kind, of independent items; None where either side has too few, or there is but one kind."""
    first, second = Counter(before), Counter(now)
    m, n = first.total(), second.total()
    kinds = sorted(first.keys() | second.keys())
    if min(m, n) < LEAST_ITEMS or len(kinds) < 2:
        return None
    parts = {kind: (first[kind] / m, second[kind] / n) for kind in kinds}
    most = max(kinds, key=lambda kind: parts[kind][1] - parts[kind][0])
    moved = sum(abs(later - earlier) for earlier, later in parts.values()) / 2
    totals = np.array([first[kind] + second[kind] for kind in kinds])
    return Shift(
        moved=moved,
        p=_chance(totals, min(m, n), moved),
        kind=most,
        then=parts[most][0],
        now=parts[most][1],
    )


def _chance(totals: np.ndarray, drawn: int, moved: float) -> float:
    """How probable it is that a random part of so many of all items differs as much from the rest.

    A few draws tell what is nothing; only what looks like something gets the many that a small rate needs.
    """
    rng = np.random.default_rng(0)  # the same rows always give the same word
    p = 1.0
    for draws in DRAWS:
        part = rng.multivariate_hypergeometric(totals, drawn, size=draws, method="marginals")
        apart = np.abs(part / drawn - (totals - part) / (totals.sum() - drawn)).sum(axis=1) / 2
        p = float((1 + (apart >= moved - 1e-9).sum()) / (1 + draws))
        if p > PLAINLY_CHANCE or moved < MOVED:
            break
    return p


def changed(index: float | None, inputs: Mapping[str, Shift] | None = None) -> list[str]:
    """What is worth a warning: `scores`, and the names of those mixes of inputs."""
    mixes = inputs or {}
    moved = [name for name, one in mixes.items() if one.moved >= MOVED and one.p <= FALSE_ALARM / len(mixes)]
    return ["scores"] * (index is not None and index >= SHIFT) + moved


def warning(index: float | None, inputs: Mapping[str, Shift] | None = None) -> str:
    """What to say of the index of scores and of the mixes of inputs; nothing where there is nothing to say."""
    said, mixes = [], inputs or {}
    for name in changed(index, mixes):
        if name == "scores":
            said.append(f"scores are not what they were when the levels were fixed (stability index {index:.2f})")
        else:
            found = mixes[name]
            said.append(
                f"{name}s are not what they were under the audits ({found.kind or 'none'} was {found.then:.0%}, is "
                f"{found.now:.0%} of the newest items)"
            )
    return "; ".join(said)
