"""The live gate's policy: a pure step from one epoch's counts to the levels in force. State in, state out, replayable.

Two overlapping certificates, each at half of delta, give expiry without a gap: the second starts half a life after the
first, and a certificate older than its life is dropped and begun again. The alarm drops both and stops automation; the
proxy only raises the audit probabilities for a while. All arrays may carry leading batch dimensions (...): agents, or
repeats of a simulation. Levels are ordered safest first; "level m in force" means that the first m are automated.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from metrics.certificates import alarm, eprocess

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
UNFLAGGED, FLAGGED, HELD = 0, 1, 2


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """What an owner sets, and constants that simulation chose (bench.gate).

    levels, start   number of levels and index of the chain's first
    unflagged, flagged, held   audit probabilities: automated without and with the judge's flag; held drafts
    burst, burst_epochs        probability on the automated path after the proxy rings, and for how many epochs
    life            items after which a certificate expires
    alarm_level     epochs between false alarms of the detector, on average, at least
    slack           log evidence that a certified level may lose below what earned it before it is withdrawn. Keeping
                    levels for good is valid too, but sends on for long after a slow drift
    reserve         added to the target in certificates only: insurance against drift
    """

    target: float = 0.95
    confidence: float = 0.95
    levels: int = 50
    start: int = 11
    unflagged: float = 0.04
    flagged: float = 0.18
    held: float = 1.0
    burst: float = 0.5
    burst_epochs: int = 6
    life: int = 100_000
    alarm_level: float = 200.0
    proxy_level: float = 7.0
    proxy_ratio: float = 1.3
    slack: float = 0.5
    reserve: float = 0.0035

    @property
    def needed(self) -> float:
        """Log evidence that certifies one level in one of the two certificates."""
        return math.log(2 / (1 - self.confidence))


@dataclass(frozen=True, kw_only=True, slots=True)
class State:
    """Everything the next step needs.

    level (...): levels in force. age (..., 2): items each certificate has seen, negative before it starts.
    wealth (..., 2, L, B), certified (..., 2, L). detector (..., 5), proxy (...), burst_left (...).
    seen, flagged (..., L): drafts and judge flags so far by level band, for what the flag usually says.
    """

    level: Ints
    age: Ints
    wealth: Floats
    certified: NDArray[np.bool_]
    detector: Floats
    proxy: Floats
    burst_left: Ints
    seen: Floats
    flagged: Floats


@dataclass(frozen=True, kw_only=True, slots=True)
class Counts:
    """One epoch. Bands are the scores between neighbouring levels: band m is automated while the level is above m.

    items (...): all items of the epoch. right, wrong (..., L, 3): audits judged, by band and stratum (automated and
    unflagged, automated and flagged, held). drafts, flags (..., L): all drafts and those that the judge flagged.
    """

    items: Ints
    right: Floats
    wrong: Floats
    drafts: Floats
    flags: Floats


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """What a step did, beside the level: rang (...), burst (...) began, expired (..., 2)."""

    rang: NDArray[np.bool_]
    burst: NDArray[np.bool_]
    expired: NDArray[np.bool_]


def begin(config: Config, shape: tuple[int, ...] = ()) -> State:
    """Nothing seen, nothing automated: people answer everything."""
    bets = len(eprocess.RATES)
    return State(
        level=np.zeros(shape, dtype=np.int64),
        age=np.broadcast_to(np.array([0, -(config.life // 2)]), (*shape, 2)).copy(),
        wealth=np.zeros((*shape, 2, config.levels, bets)),
        certified=np.zeros((*shape, 2, config.levels), dtype=bool),
        detector=alarm.detector_start(shape),
        proxy=np.zeros(shape),
        burst_left=np.zeros(shape, dtype=np.int64),
        seen=np.zeros((*shape, config.levels)),
        flagged=np.zeros((*shape, config.levels)),
    )


def probabilities(state: State, config: Config) -> Floats:
    """(..., 3) audit probabilities for the coming epoch by stratum. Fixed before the epoch begins."""
    calm = np.array([config.unflagged, config.flagged, config.held])
    burst = np.array([max(config.unflagged, config.burst), max(config.flagged, config.burst), config.held])
    out: Floats = np.where(state.burst_left[..., None] > 0, burst, calm)
    return out


def decide(state: State, counts: Counts, config: Config) -> tuple[State, Step]:
    """One epoch: update the evidence, the alarm and the proxy, and say which levels are in force next."""
    drawn = probabilities(state, config)
    automates = state.level > 0
    least = np.where(automates, drawn.min(axis=-1), drawn[..., HELD])
    weights = np.minimum(1.0, least[..., None] / drawn)
    wealth, certified = _evidence(state, counts, weights, config)
    age, wealth, certified, expired = _age(state, counts, wealth, certified, config)

    detector = _detect(state, counts, drawn, config)
    rang = automates & (alarm.detector_value(detector) >= config.alarm_level)
    proxy, burst_left, burst = _watch(state, counts, automates, config)

    wealth = np.where(rang[..., None, None, None], 0.0, wealth)
    certified = certified & ~rang[..., None, None]
    age = np.where(rang[..., None], begin(config).age, age)
    level = eprocess.certified_prefix(certified, config.start).max(axis=-1)
    kept = ~rang[..., None]
    return State(
        level=level,
        age=age,
        wealth=wealth,
        certified=certified,
        detector=np.where(kept, detector, 0.0),
        proxy=np.where(rang, 0.0, proxy),
        burst_left=np.where(rang, 0, burst_left),
        seen=state.seen + counts.drafts,
        flagged=state.flagged + counts.flags,
    ), Step(rang=rang, burst=burst, expired=expired)


def _evidence(state: State, counts: Counts, weights: Floats, config: Config) -> tuple[Floats, NDArray[np.bool_]]:
    """Bet each level's wealth on this epoch's audits at or above it. Crossing certifies, losing withdraws."""
    right, wrong = counts.right.cumsum(axis=-2), counts.wrong.cumsum(axis=-2)
    target = config.target + config.reserve
    won = eprocess.log_wealth(right, wrong, weights[..., None, :], target).sum(axis=-2)
    started = state.age >= 0
    wealth = state.wealth + np.where(started[..., None, None], won[..., None, :, :], 0.0)
    wealth = np.minimum(wealth, eprocess.most_kept(config.needed))
    evidence = eprocess.log_evidence(wealth)
    earned, kept = evidence >= config.needed, evidence >= config.needed - config.slack
    return wealth, (earned | (state.certified & kept)) & started[..., None]


def _age(
    state: State, counts: Counts, wealth: Floats, certified: NDArray[np.bool_], config: Config
) -> tuple[Ints, Floats, NDArray[np.bool_], NDArray[np.bool_]]:
    age = state.age + counts.items[..., None]
    expired = age >= config.life
    return (
        np.where(expired, 0, age),
        np.where(expired[..., None, None], 0.0, wealth),
        certified & ~expired[..., None],
        expired,
    )


def _detect(state: State, counts: Counts, drawn: Floats, config: Config) -> Floats:
    """Feed the detector what was audited on the automated path."""
    two = drawn[..., :HELD]
    weights = two.min(axis=-1, keepdims=True) / two
    right, wrong = counts.right[..., :HELD].sum(axis=-2), counts.wrong[..., :HELD].sum(axis=-2)
    return alarm.detector_step(state.detector, right, wrong, weights, config.target)


def _watch(
    state: State, counts: Counts, automates: NDArray[np.bool_], config: Config
) -> tuple[Floats, Ints, NDArray[np.bool_]]:
    """Compare the judge's flags on what was automated with what it flagged at such scores before."""
    inside = np.arange(config.levels) < state.level[..., None]
    usual = (state.flagged + 0.5) / (state.seen + 10.0)
    expected = np.where(inside, counts.drafts * usual, 0.0).sum(axis=-1)
    flagged = np.where(inside, counts.flags, 0.0).sum(axis=-1)
    proxy = np.where(automates, alarm.proxy_step(state.proxy, flagged, expected, config.proxy_ratio), 0.0)
    calm = state.burst_left == 0
    burst = automates & calm & (proxy >= config.proxy_level)
    left = np.where(burst, config.burst_epochs, np.maximum(state.burst_left - 1, 0))
    return np.where(burst | ~calm, 0.0, proxy), left, burst
