"""Worlds with a known truth. A ticket has z ~ N(mu, 2.2); its score is sigmoid(z) whatever the agent's real skill.

The reference world: mu 1.8 and P(right | z) = 0.99 sigmoid(0.5 + z), so scores are miscalibrated, 79 % of all drafts
are right and an oracle would automate 56 % at 95 %. Streams change mu, the skill or add confident errors over time.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit, ndtri

Floats = NDArray[np.float64]
SPREAD = 2.2
MU = 1.8
LEVELS = 50
STREAM = 200_000
EPOCH = 500
TARGET = 0.95


def reference(z: Floats) -> Floats:
    """P(right | z) of the reference world."""
    out: Floats = 0.99 * expit(0.5 + z)
    return out


def calibrated(z: Floats) -> Floats:
    """The score says the truth."""
    return np.asarray(expit(z))


def overconfident(z: Floats) -> Floats:
    """Far less right than the score says: a weaker agent."""
    out: Floats = 0.99 * expit(0.9 * z - 0.2)
    return out


def clustered(z: Floats) -> Floats:
    """A good agent with rare errors that sit together at a high score: accuracy does not rise with the score."""
    inside = (z > 2.0) & (z < 2.2)
    out: Floats = np.where(inside, 0.4, 0.995 * expit(1.5 + z))
    return out


ONE_SHOT: dict[str, Callable[[Floats], Floats]] = {
    "stationary": reference,
    "calibrated": calibrated,
    "overconfident": overconfident,
    "clustered": clustered,
}


@dataclass(frozen=True, slots=True)
class Truth:
    """True accuracy at or above any score, by a large sorted sample."""

    scores: Floats
    running: Floats

    def accuracy(self, threshold: float) -> float:
        """Accuracy of what lies at or above a threshold."""
        return float(self.running[max(self._taken(threshold), 1) - 1])

    def share(self, threshold: float) -> float:
        """Part of traffic at or above a threshold."""
        return self._taken(threshold) / self.scores.size

    def _taken(self, threshold: float) -> int:
        return int(np.searchsorted(-self.scores, -threshold, side="right"))

    def oracle(self, levels: int = LEVELS) -> float:
        """The largest share, in steps of 1/levels, whose true accuracy meets the target."""
        cuts = (np.arange(1, levels + 1) * self.scores.size) // levels
        good = np.flatnonzero(self.running[cuts - 1] >= TARGET)
        return float((good[-1] + 1) / levels) if good.size else 0.0


@lru_cache(maxsize=8)
def truth(name: str) -> Truth:
    """The truth of a one-shot world."""
    z = MU + SPREAD * ndtri((np.arange(1_000_000) + 0.5) / 1_000_000)[::-1]
    return Truth(expit(z), np.cumsum(ONE_SHOT[name](z)) / np.arange(1, z.size + 1))


def draw(name: str, n: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """n tickets of a one-shot world: scores and verdicts, each (n,)."""
    z = rng.normal(MU, SPREAD, n)
    return np.asarray(expit(z)), (rng.random(n) < ONE_SHOT[name](z)).astype(float)


@dataclass(frozen=True, slots=True)
class Moment:
    """A stream's world at one time, by score band of the reference world's traffic, safest first."""

    mu: float = MU
    skill: float = 0.5
    confident_wrong: float = 0.0

    def bands(self) -> tuple[Floats, Floats]:
        """(L,) part of traffic and (L,) error rate of each band."""
        return _bands(self.mu, round(self.skill, 4), self.confident_wrong)

    def draw(self, n: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
        """n items: scores and verdicts, each (n,)."""
        z = rng.normal(self.mu, SPREAD, n)
        good = 0.99 * expit(round(self.skill, 4) + z) * (1 - self.confident_wrong)
        return np.asarray(expit(z)), (rng.random(n) < good).astype(float)

    def risk(self, threshold: float) -> float:
        """Error rate of what scores a threshold or more."""
        part, wrong = _tail(self.mu, round(self.skill, 4), self.confident_wrong)
        z = float(np.clip(logit(min(max(threshold, 1e-12), 1 - 1e-12)), _GRID[0], _GRID[-1]))
        return float(np.interp(z, _GRID, wrong) / np.interp(z, _GRID, part))


_GRID = np.linspace(-14, 18, 8_001)


@lru_cache(maxsize=2_048)
def _bands(mu: float, skill: float, confident_wrong: float) -> tuple[Floats, Floats]:
    edges = MU + SPREAD * ndtri(1 - np.arange(1, LEVELS) / LEVELS)
    density = np.exp(-0.5 * ((_GRID - mu) / SPREAD) ** 2)
    density /= density.sum()
    band = np.searchsorted(-edges, -_GRID, side="right")
    part = np.bincount(band, density, LEVELS)
    error = np.bincount(band, density * (1 - 0.99 * expit(skill + _GRID)), LEVELS) / part
    return part.astype(float), confident_wrong + (1 - confident_wrong) * error


@lru_cache(maxsize=2_048)
def _tail(mu: float, skill: float, confident_wrong: float) -> tuple[Floats, Floats]:
    """Of each point of the grid: part of traffic, and of wrong traffic, that lies at or above."""
    density = np.exp(-0.5 * ((_GRID - mu) / SPREAD) ** 2)
    density /= density.sum()
    wrong = density * (1 - 0.99 * expit(skill + _GRID) * (1 - confident_wrong))
    return density[::-1].cumsum()[::-1], wrong[::-1].cumsum()[::-1]


STREAMS: dict[str, Callable[[int], Moment]] = {
    "stationary": lambda _: Moment(),
    "gradual": lambda t: Moment(skill=0.5 - 0.9 * t / STREAM),
    "abrupt": lambda t: Moment(skill=-0.4 if 100_000 <= t < 150_000 else 0.5),
    "covariate": lambda t: Moment(mu=0.9 if t >= 100_000 else MU),
    "seasonal": lambda t: Moment(skill=0.5 + 0.35 * float(np.sin(2 * np.pi * t / 60_000))),
    "confident_wrong": lambda t: Moment(confident_wrong=0.05 if t >= 100_000 else 0.0),
}
CHANGE_AT = {"abrupt": 100_000, "confident_wrong": 100_000, "covariate": 100_000}


def oracle_level(part: Floats, error: Floats) -> int:
    """How many bands an oracle automates: the most whose joint accuracy meets the target; 0 where none does."""
    good = np.flatnonzero(np.cumsum(part * error) <= (1 - TARGET) * np.cumsum(part))
    return int(good[-1]) + 1 if good.size else 0
