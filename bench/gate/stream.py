"""Streams of 200,000 items with a known truth, decided every 500: the workers' own functions and their rivals.

What is decided is decided by what workers call: coins by core.gate.audits, evidence by metrics.certificates.certify
(`Running`, which tests hold to `certify`), alarms by metrics.certificates.alarm, with the defaults of an installation.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, ndtri

from bench.gate import worlds
from bench.gate.oneshot import Figure, mean, rate
from bench.gate.worlds import EPOCH, LEVELS, STREAM, Floats
from core.gate import audits
from metrics.certificates import alarm
from metrics.certificates.certify import RESERVE, SLACK, Running
from metrics.certificates.eprocess import probability_weights
from metrics.certificates.live import HALF_ITEMS

CAUGHT, FALSE_FLAG = 0.70, 0.03  # the judge: part of errors and of right answers that it flags
BURST_EPOCHS = 6
BANDS = 10
Flags = NDArray[np.bool_]

# What the reference design reached on each world: (share of the oracle's, violations by volume). The figures to beat.
REFERENCE = {
    "stationary": (0.75, 0.004),
    "gradual": (0.74, 0.013),
    "abrupt": (0.73, 0.049),
    "covariate": (0.70, 0.008),
    "seasonal": (0.74, 0.12),
    "confident_wrong": (0.77, 0.048),
}


class Epoch(NamedTuple):
    """500 items, (n,) each: score, whether the draft was right, the judge's flag, and whether it was sent alone."""

    scores: Floats
    right: Floats
    flagged: Flags
    sent: Flags


class Player(Protocol):
    """A policy through one run of a world."""

    audits: int  # judgements of what was sent: those that nobody would have made anyway
    alarms: int

    def threshold(self) -> float:
        """What is sent in the coming epoch scores this or more; infinite where nothing is."""

    def learn(self, epoch: Epoch, rng: np.random.Generator) -> None:
        """Throw the coins of an epoch and take in what the audits say."""


class Live:
    """The gate as workers run it.

    audited: the agent's audit probability. judged: signs of a judge are there: flagged runs are audited more often, and
    too many of them bring a burst. held: the part of held drafts whose verdict counts: all, as reviewers decide on them
    anyway, or as many as are audited.
    """

    def __init__(
        self,
        audited: float,
        *,
        judged: bool = False,
        held: float = 1.0,
        reserve: float = RESERVE,
        slack: float | None = SLACK,
        level: float = alarm.LEVEL,
        half_items: int = HALF_ITEMS,
    ) -> None:
        self.audits, self.alarms = 0, 0
        self._audited, self._judged, self._held = audited, judged, held
        self._reserve, self._slack, self._alarm_level, self._half_items = reserve, slack, level, half_items
        self._population = np.zeros(0)
        self._running: Running | None = None
        self._heard, self._age = alarm.silence(), 0
        self._usual, self._every = np.zeros(BANDS), np.zeros(BANDS)
        self._signs, self._burst = np.zeros(()), 0

    def threshold(self) -> float:
        found = None if self._running is None else self._running.threshold()
        return np.inf if found is None else found

    def learn(self, epoch: Epoch, rng: np.random.Generator) -> None:
        if self._running is None:
            self._population = epoch.scores
            self._begin()
        assert self._running is not None
        plain, more = (
            audits.draw(self._audited, audits.FLOOR, flagged=flag, burst=self._burst > 0) for flag in (False, True)
        )
        often = more.probability if self._judged else plain.probability
        probability = np.where(epoch.flagged, often, plain.probability)
        probability[~epoch.sent] = max(self._held, plain.probability)
        least = plain.smallest if epoch.sent.any() else float(probability.min())
        drawn = rng.random(epoch.scores.size) < probability
        weights = probability_weights(probability[drawn], least)
        self._running.add(epoch.scores[drawn], epoch.right[drawn], weights)
        self._grow(epoch.scores.size)
        heard = drawn & epoch.sent
        self.audits += int(heard.sum())
        self._listen(epoch.right[heard], least / probability[heard])
        if self._judged:
            self._watch(epoch)

    def _begin(self) -> None:
        self._running = Running(self._population, target=worlds.TARGET, reserve=self._reserve, slack=self._slack)
        self._heard, self._age, self._burst, self._signs = alarm.silence(), 0, 0, np.zeros(())

    def _grow(self, items: int) -> None:
        before, self._age = self._age, self._age + items
        if before // self._half_items < self._age // self._half_items and self._running is not None:
            self._running.next_half()

    def _listen(self, right: Floats, weights: Floats) -> None:
        heard = alarm.listen(right, weights, worlds.TARGET, self._heard)
        self._heard = heard.log_c
        if heard.peak >= self._alarm_level:
            self.alarms += 1
            self._begin()

    def _watch(self, epoch: Epoch) -> None:
        band = np.minimum((epoch.scores * BANDS).astype(int), BANDS - 1)
        usual = (self._usual + 0.5) / (self._every + 10.0)
        expected = float(usual[band[epoch.sent]].sum())
        seen = int((epoch.flagged & epoch.sent).sum())
        self._usual += np.bincount(band[epoch.flagged], minlength=BANDS)
        self._every += np.bincount(band, minlength=BANDS)
        self._burst = max(self._burst - 1, 0)
        if self._burst == 0 and epoch.sent.any():
            self._signs = alarm.proxy_step(self._signs, seen, expected)
            if self._signs >= alarm.SIGNS_LEVEL:
                self._burst, self._signs = BURST_EPOCHS, np.zeros(())


class PointEstimate:
    """The largest share whose weighted observed accuracy over the last 20,000 items meets the target; 5 % audited."""

    _cuts = expit(worlds.MU + worlds.SPREAD * ndtri(1 - np.arange(1, LEVELS + 1) / LEVELS))

    def __init__(self, epochs: int = 40) -> None:
        self.audits, self.alarms = 0, 0
        self._window = np.zeros((epochs, 2, LEVELS))
        self._at, self._threshold = 0, np.inf

    def threshold(self) -> float:
        return self._threshold

    def learn(self, epoch: Epoch, rng: np.random.Generator) -> None:
        probability = np.where(epoch.sent, 0.05, 1.0)
        drawn = rng.random(epoch.scores.size) < probability
        self.audits += int((drawn & epoch.sent).sum())
        band = np.minimum(np.searchsorted(-self._cuts, -epoch.scores[drawn]), LEVELS - 1)
        for row, verdict in enumerate((epoch.right[drawn], 1 - epoch.right[drawn])):
            self._window[self._at % len(self._window), row] = np.bincount(band, verdict / probability[drawn], LEVELS)
        self._at += 1
        if self._at * EPOCH >= 2_000:  # the same time in shadow as the reference
            right, wrong = self._window.sum(axis=0).cumsum(axis=-1)
            good = np.flatnonzero((wrong <= (1 - worlds.TARGET) * (right + wrong)) & (right > 0))
            self._threshold = float(self._cuts[good[-1]]) if good.size else np.inf


class HandSet:
    """A threshold that somebody typed in; it learns nothing."""

    def __init__(self, threshold: float) -> None:
        self.audits, self.alarms = 0, 0
        self._threshold = threshold

    def threshold(self) -> float:
        return self._threshold

    def learn(self, epoch: Epoch, rng: np.random.Generator) -> None:
        """Nothing."""


OURS = "Saola"
PLAYERS: dict[str, Callable[[], Player]] = {
    OURS: lambda: Live(audits.USUAL),
    "Saola with a judge's flags": lambda: Live(0.04, judged=True),
    "Saola, held drafts not counted": lambda: Live(audits.USUAL, held=0.0),
    "certificates kept for good": lambda: Live(0.05, slack=None, reserve=0.0, level=np.inf, half_items=10**9),
    "point estimate, 20,000 items": PointEstimate,
    "hand-set 0.7": lambda: HandSet(0.7),
    "hand-set 0.8": lambda: HandSet(0.8),
    "hand-set 0.9": lambda: HandSet(0.9),
}


class Run(NamedTuple):
    """One run of one policy: sums over the stream."""

    sent: float
    bad: float  # sent while true accuracy was below 95 %
    worse: float  # below 94 %
    wrong: float
    audits: float
    alarms: float
    oracle: float
    caught: bool  # violating when the world changed
    demoted: float  # items from the change until the violation ended; nan where it did not


def play(world: str, name: str, seed: int) -> Run:
    """One of the players through one run of a world; the same seed draws the same items for each."""
    return follow(world, PLAYERS[name](), seed)


def follow(world: str, player: Player, seed: int) -> Run:
    """A policy through one run of a world."""
    items, coins = np.random.default_rng([seed, 1]), np.random.default_rng([seed, 2])
    change = worlds.CHANGE_AT.get(world)
    sent = bad = worse = wrong = oracle = 0.0
    caught, demoted = False, np.nan
    for start in range(0, STREAM, EPOCH):
        moment = worlds.STREAMS[world](start)
        part, error = moment.bands()
        oracle += EPOCH * float(part[: worlds.oracle_level(part, error)].sum())
        scores, right = moment.draw(EPOCH, items)
        flagged = items.random(EPOCH) < np.where(right > 0, FALSE_FLAG, CAUGHT)
        threshold = player.threshold()
        out = scores >= threshold
        count = float(out.sum())
        risk = moment.risk(threshold) if count else 0.0
        violates = risk > 1 - worlds.TARGET
        sent, wrong = sent + count, wrong + float((1 - right[out]).sum())
        bad, worse = bad + count * violates, worse + count * (risk > 1.01 - worlds.TARGET)
        if change is not None and start >= change:
            caught = caught or (start == change and violates)
            if caught and not violates and np.isnan(demoted):
                demoted = float(start - change)
        player.learn(Epoch(scores, right, flagged, out), coins)
    return Run(sent, bad, worse, wrong, player.audits, player.alarms, oracle, caught, demoted)


def figures(runs: list[Run]) -> dict[str, Figure | float | None]:
    """The figures of one policy in one world."""
    sent, bad, worse, wrong, audits_, alarms, oracle, caught, demoted = (
        np.array(column, dtype=float) for column in zip(*runs, strict=True)
    )
    total = max(float(sent.sum()), 1.0)
    volume = {"value": float(bad.sum()) / total}
    spread = mean(bad - volume["value"] * sent)
    reach = (spread["high"] - spread["low"]) / 2 / max(float(sent.mean()), 1)
    volume |= {"low": max(0.0, volume["value"] - reach), "high": volume["value"] + reach}
    waits = np.where(np.isnan(demoted), np.inf, demoted)[caught > 0]
    return {
        "share_of_oracle": mean(sent / oracle),
        "violations_by_volume": volume,
        "violations_by_volume_below_94": float(worse.sum()) / total,
        "runs_with_a_violation": rate(int((bad > 0).sum()), len(runs)),
        "runs_below_target_overall": rate(int((wrong > (1 - worlds.TARGET) * sent).sum()), len(runs)),
        "audits": mean(audits_),
        "alarms": float(alarms.mean()),
        "runs_caught_by_the_change": int(caught.sum()),
        "items_to_demotion_median": _finite(np.median(waits)) if waits.size else None,
        "items_to_demotion_p90": _finite(np.percentile(waits, 90, method="higher")) if waits.size else None,
    }


def dominators(by_policy: Mapping[str, Mapping[str, Any]], name: str = OURS) -> list[str]:
    """Policies that in one world sent at least as much as `name` with no more in violation, and not the same."""
    share, volume = _point(by_policy[name])
    points = {other: _point(found) for other, found in by_policy.items() if other != name}
    return [
        o for o, (more, bad) in points.items() if more >= share and bad <= volume and (more, bad) != (share, volume)
    ]


def broken(by_world: Mapping[str, Mapping[str, Mapping[str, Any]]], name: str) -> list[str]:
    """Worlds in which a policy sent more in violation than the reference design."""
    return [world for world, found in by_world.items() if _point(found[name])[1] > REFERENCE[world][1]]


def _point(found: Mapping[str, Any]) -> tuple[float, float]:
    return found["share_of_oracle"]["value"], found["violations_by_volume"]["value"]


def _finite(value: np.floating) -> float | None:
    """None stands for "not within the stream"."""
    return float(value) if np.isfinite(value) else None
