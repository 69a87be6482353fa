"""Streams of 200,000 items with a known truth, decided every 500: the live policy and its rivals, many runs at once."""

from dataclasses import replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import logit, ndtri

from bench.gate import worlds
from bench.gate.oneshot import Figure, mean, rate
from bench.gate.worlds import EPOCH, LEVELS, STREAM, Floats
from metrics.certificates import policy
from metrics.certificates.policy import FLAGGED, HELD, UNFLAGGED, Config, Counts

CAUGHT, FALSE_FLAG = 0.70, 0.03  # the judge: part of errors and of right answers that it flags
Ints = NDArray[np.int64]

# What the reference design reached on each world: (share of the oracle's, violations by volume). The figures to beat.
REFERENCE = {
    "stationary": (0.75, 0.004),
    "gradual": (0.74, 0.013),
    "abrupt": (0.73, 0.049),
    "covariate": (0.70, 0.008),
    "seasonal": (0.74, 0.12),
    "confident_wrong": (0.77, 0.048),
}


class Player(Protocol):
    """A policy over R runs at once."""

    def probabilities(self) -> Floats:
        """(R, 3) audit probabilities of the coming epoch: unflagged, flagged, held."""

    def level(self) -> Ints:
        """(R,) how many bands are automated in the coming epoch."""

    def learn(self, counts: Counts) -> NDArray[np.bool_]:
        """Take in an epoch; which runs rang an alarm."""


class Live:
    """The gate's own policy, the code that serves."""

    def __init__(self, config: Config, runs: int) -> None:
        self._config, self._state = config, policy.begin(config, (runs,))

    def probabilities(self) -> Floats:
        return policy.probabilities(self._state, self._config)

    def level(self) -> Ints:
        return self._state.level

    def learn(self, counts: Counts) -> NDArray[np.bool_]:
        self._state, step = policy.decide(self._state, counts, self._config)
        return step.rang


class PointEstimate:
    """The largest share whose weighted observed accuracy over the last 20,000 items meets the target."""

    def __init__(self, runs: int, epochs: int = 40) -> None:
        self._window = np.zeros((epochs, 2, runs, LEVELS))
        self._at, self._level = 0, np.zeros(runs, dtype=np.int64)
        self._odds = np.array([0.05, 0.05, 1.0])

    def probabilities(self) -> Floats:
        return np.broadcast_to(self._odds, (self._level.size, 3))

    def level(self) -> Ints:
        return self._level

    def learn(self, counts: Counts) -> NDArray[np.bool_]:
        self._window[self._at % len(self._window)] = [
            (counts.right / self._odds).sum(axis=-1),
            (counts.wrong / self._odds).sum(axis=-1),
        ]
        self._at += 1
        if self._at * EPOCH >= 2_000:  # the same time in shadow as the others
            right, wrong = self._window.sum(axis=0).cumsum(axis=-1)
            good = (wrong <= (1 - worlds.TARGET) * (right + wrong)) & (right > 0)
            self._level = np.where(good.any(axis=-1), LEVELS - good[:, ::-1].argmax(axis=-1), 0)
        return np.zeros(self._level.size, dtype=bool)


class HandSet:
    """A threshold that somebody typed in; it audits like the others and learns nothing."""

    def __init__(self, runs: int, threshold: float) -> None:
        edges = worlds.MU + worlds.SPREAD * ndtri(1 - np.arange(1, LEVELS + 1) / LEVELS)
        self._level = np.full(runs, int((edges >= logit(threshold)).sum()), dtype=np.int64)

    def probabilities(self) -> Floats:
        return np.broadcast_to(np.array([0.05, 0.05, 1.0]), (self._level.size, 3))

    def level(self) -> Ints:
        return self._level

    def learn(self, counts: Counts) -> NDArray[np.bool_]:  # noqa: ARG002  # it learns nothing from them
        return np.zeros(self._level.size, dtype=bool)


def players(runs: int) -> dict[str, Player]:
    """Ours with a judge's flags, ours as an installation without a judge begins, ours stricter, evidence kept for good,
    and what is commonly done.

    As installed: one run in ten is audited, held or automated, no signs ring, and the detector's level is that of
    workers/alarms.py: 2,000 audits between false alarms, 70 epochs of about 28.
    """
    plain = Config()
    installed = replace(plain, unflagged=0.1, flagged=0.1, held=0.1, alarm_level=70.0, proxy_level=1e300)
    more = replace(installed, unflagged=0.3, flagged=0.3, held=0.3, alarm_level=23.0)
    forever = replace(plain, life=10**9, slack=1e9, reserve=0.0, alarm_level=1e300)
    return {
        "Saola": Live(plain, runs),
        "Saola as installed, no judge": Live(installed, runs),
        "Saola, no judge, 3 in 10 audited": Live(more, runs),
        "Saola, strict (reserve 0.5 points)": Live(replace(plain, reserve=0.005), runs),
        "certificates kept for good": Live(forever, runs),
        "point estimate, 20,000 items": PointEstimate(runs),
        "hand-set 0.9": HandSet(runs, 0.9),
    }


class _Tally:
    """Sums over a stream, each (R,); `oracle` is what an oracle would have sent."""

    def __init__(self, runs: int) -> None:
        self.sent, self.bad, self.worse, self.wrong = (np.zeros(runs) for _ in range(4))
        self.audits, self.alarms = np.zeros(runs), np.zeros(runs)
        self.any_bad = np.zeros(runs, dtype=bool)
        self.demoted = np.full(runs, np.nan)
        self.oracle = 0.0


def play(world: str, player: Player, runs: int, seed: int) -> dict[str, Figure | float | None]:
    """One policy through one world."""
    rng = np.random.default_rng(seed)
    tally = _Tally(runs)
    change = worlds.CHANGE_AT.get(world)
    caught_bad = np.zeros(runs, dtype=bool)
    for start in range(0, STREAM, EPOCH):
        part, error = worlds.STREAMS[world](start).bands()
        level = player.level()
        accuracy_risk = np.cumsum(part * error) / np.cumsum(part)
        risk = np.where(level > 0, accuracy_risk[np.maximum(level - 1, 0)], 0.0)
        best = worlds.oracle_level(part, error)
        tally.oracle += EPOCH * float(part[:best].sum())
        counts, sent, wrong, audits = _epoch(rng, player, part, error, level, runs)
        bad = (risk > 1 - worlds.TARGET) & (sent > 0)
        tally.sent += sent
        tally.bad += sent * bad
        tally.worse += sent * (risk > 1.01 - worlds.TARGET)
        tally.any_bad |= bad
        tally.wrong += wrong
        tally.audits += audits
        if change is not None and start >= change:
            caught_bad |= bad if start == change else False
            ended = caught_bad & ~bad & np.isnan(tally.demoted)
            tally.demoted = np.where(ended, start - change, tally.demoted)
        tally.alarms += player.learn(counts)
    return _figures(tally, caught_bad, runs)


def _epoch(
    rng: np.random.Generator, player: Player, part: Floats, error: Floats, level: Ints, runs: int
) -> tuple[Counts, Floats, Floats, Floats]:
    drafts = rng.multinomial(EPOCH, part, size=runs)
    wrong = rng.binomial(drafts, error)
    right = drafts - wrong
    wrong_flagged, right_flagged = rng.binomial(wrong, CAUGHT), rng.binomial(right, FALSE_FLAG)
    odds = player.probabilities()
    inside = np.arange(LEVELS) < level[:, None]

    def audited(all_of: Ints, flagged: Ints) -> Floats:
        drawn = np.zeros((runs, LEVELS, 3))
        drawn[..., UNFLAGGED] = np.where(inside, rng.binomial(all_of - flagged, odds[:, None, UNFLAGGED]), 0)
        drawn[..., FLAGGED] = np.where(inside, rng.binomial(flagged, odds[:, None, FLAGGED]), 0)
        drawn[..., HELD] = np.where(inside, 0, rng.binomial(all_of, odds[:, None, HELD]))
        return drawn

    counts = Counts(
        items=np.full(runs, EPOCH, dtype=np.int64),
        right=audited(right, right_flagged),
        wrong=audited(wrong, wrong_flagged),
        drafts=drafts.astype(float),
        flags=(wrong_flagged + right_flagged).astype(float),
    )
    spent = (counts.right + counts.wrong)[..., :HELD].sum(axis=(1, 2))
    return counts, (drafts * inside).sum(axis=1).astype(float), (wrong * inside).sum(axis=1).astype(float), spent


def _figures(tally: _Tally, caught_bad: NDArray[np.bool_], runs: int) -> dict[str, Figure | float | None]:
    sent = np.maximum(tally.sent, 1)
    volume = {"value": float(tally.bad.sum() / max(tally.sent.sum(), 1))}
    spread = mean(tally.bad - volume["value"] * tally.sent)
    reach = (spread["high"] - spread["low"]) / 2 / max(float(tally.sent.mean()), 1)
    volume |= {"low": max(0.0, volume["value"] - reach), "high": volume["value"] + reach}
    waits = np.where(np.isnan(tally.demoted), np.inf, tally.demoted)[caught_bad]
    return {
        "share_of_oracle": mean(tally.sent / tally.oracle),
        "violations_by_volume": volume,
        "violations_by_volume_below_94": float(tally.worse.sum() / max(tally.sent.sum(), 1)),
        "runs_with_a_violation": rate(int(tally.any_bad.sum()), runs),
        "runs_below_target_overall": rate(int((tally.wrong / sent > 1 - worlds.TARGET).sum()), runs),
        "audits": mean(tally.audits),
        "alarms": float(tally.alarms.mean()),
        "runs_caught_by_the_change": int(caught_bad.sum()),
        "items_to_demotion_median": _finite(np.median(waits)) if waits.size else None,
        "items_to_demotion_p90": _finite(np.percentile(waits, 90, method="higher")) if waits.size else None,
    }


def _finite(value: np.floating) -> float | None:
    """None stands for "not within the stream"."""
    return float(value) if np.isfinite(value) else None
