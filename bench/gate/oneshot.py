"""One-shot choices: n audits drawn uniformly, one threshold chosen, judged by the known truth."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from bench.gate import worlds
from bench.gate.rivals import OURS, QUICK, RIVALS, Chooser
from metrics.certificates import eprocess
from metrics.certificates.binomial import interval, lower_bound
from metrics.certificates.fixed_sequence import choose_threshold
from metrics.certificates.fleet import e_bh

Figure = dict[str, float]


def rate(k: int, n: int) -> Figure:
    """k of n with its exact two-sided interval and the exact lower bound that a goal is held to."""
    low, high = interval(k, n)
    return {"value": k / n, "low": low, "high": high, "k": k, "n": n, "at_least": lower_bound(k, n)}


def mean(values: Iterable[float]) -> Figure:
    """A mean over repeats with its normal 95 % interval."""
    seen = np.asarray(list(values), dtype=float)
    reach = 1.96 * float(seen.std(ddof=1)) / np.sqrt(seen.size) if seen.size > 1 else 0.0
    return {"value": float(seen.mean()), "low": float(seen.mean() - reach), "high": float(seen.mean() + reach)}


def choices(
    world: str, audits: int, repeats: int, methods: dict[str, Chooser], seed: int
) -> dict[str, tuple[Figure, Figure]]:
    """Each method on the same draws: share of choices whose true accuracy misses the target, share of the oracle's."""
    rng = np.random.default_rng(seed)
    truth = worlds.truth(world)
    oracle = truth.oracle()
    population, _ = worlds.draw(world, 20_000, rng)
    missed = dict.fromkeys(methods, 0)
    kept: dict[str, list[float]] = {name: [] for name in methods}
    for _ in range(repeats):
        scores, right = worlds.draw(world, audits, rng)
        for name, choose in methods.items():
            threshold = choose(scores, right, population)
            if threshold is None:
                kept[name].append(0.0)
                continue
            missed[name] += truth.accuracy(threshold) < worlds.TARGET
            kept[name].append(truth.share(threshold) / oracle if oracle else 0.0)
    return {name: (rate(missed[name], repeats), mean(kept[name])) for name in methods}


def aimed(audits: int, repeats: int, seed: int, part: float = 0.75) -> tuple[Figure, Figure]:
    """The same number of audits, none of them on the lowest quarter of scores, which no certificate will reach."""
    rng = np.random.default_rng(seed)
    truth = worlds.truth("stationary")
    population, _ = worlds.draw("stationary", 20_000, rng)
    floor = float(np.quantile(population, 1 - part))
    above = population[population >= floor]
    missed, kept = 0, []
    for _ in range(repeats):
        scores, right = worlds.draw("stationary", 2 * audits, rng)
        inside = scores >= floor
        chosen = choose_threshold(scores[inside][:audits], right[inside][:audits], population=above).threshold
        missed += chosen is not None and truth.accuracy(chosen) < worlds.TARGET
        kept.append(truth.share(chosen) / truth.oracle() if chosen is not None else 0.0)
    return rate(missed, repeats), mean(kept)


def fleet(repeats: int, seed: int, agents: int = 1_500, audits: int = 400) -> dict[str, Figure]:
    """1,500 agents, nine in ten exactly at the target (the hardest to tell): each for itself, and e-BH."""
    rng = np.random.default_rng(seed)
    bad = np.arange(agents) < agents * 9 // 10
    error = np.where(bad, 1 - worlds.TARGET, rng.choice([0.005, 0.01, 0.02, 0.03], agents))
    alone, together, power, false_certificates = [], [], [], []
    for _ in range(repeats):
        wrong = rng.binomial(audits, error)
        log_e = eprocess.log_evidence(eprocess.log_wealth(audits - wrong, wrong, 1.0, worlds.TARGET))
        single, kept = log_e >= np.log(20), e_bh(log_e, 0.05)
        alone.append((single & bad).sum() / max(single.sum(), 1))
        together.append((kept & bad).sum() / max(kept.sum(), 1))
        power.append(kept[~bad].sum() / max(single[~bad].sum(), 1))
        false_certificates.append(float((kept & bad).sum()))
    return {
        "false_discovery_rate": mean(together),
        "false_discovery_rate_uncorrected": mean(alone),
        "kept_of_uncorrected": mean(power),
        "false_certificates": mean(false_certificates),
    }


def labels_to_certify(repeats: int, seed: int) -> dict[str, dict[str, Any]]:
    """Audits until one threshold is certified at 95 %, looked at after every audit: median and 90th percentile."""
    rng = np.random.default_rng(seed)
    found: dict[str, dict[str, Any]] = {}
    for accuracy, horizon in ((1.0, 400), (0.99, 2_000), (0.98, 4_000), (0.97, 8_000), (0.96, 20_000)):
        by_delta = {}
        for delta in (0.05, 0.025):
            first = np.concatenate([_first(rng, accuracy, horizon, delta, 100) for _ in range(max(1, repeats // 100))])
            by_delta[str(delta)] = {
                "median": float(np.median(first)),
                "p90": float(np.percentile(first, 90)),
                "n": int(first.size),
            }
        found[str(accuracy)] = by_delta
    return found


def _first(rng: np.random.Generator, accuracy: float, horizon: int, delta: float, runs: int) -> np.ndarray:
    wrong = (rng.random((runs, horizon)) >= accuracy).cumsum(axis=1)
    seen = np.arange(1, horizon + 1)
    best = np.full((runs, horizon), -np.inf)
    for bet in range(len(eprocess.RATES)):  # one bet at a time keeps the memory small
        b = eprocess.bets(worlds.TARGET)[bet]
        one = (seen - wrong) * np.log1p(b * (1 - worlds.TARGET)) + wrong * np.log1p(-b * worlds.TARGET)
        best = np.logaddexp(best, one)
    crossed = best - np.log(len(eprocess.RATES)) >= -np.log(delta)
    return np.where(crossed.any(axis=1), crossed.argmax(axis=1) + 1, horizon)


Progress = Callable[[str], None]


def table(
    repeats: int, seed: int, say: Progress, chosen: Iterable[str] = tuple(worlds.ONE_SHOT)
) -> dict[str, dict[str, dict[str, tuple[Figure, Figure]]]]:
    """world -> audits -> method -> (violations, share of oracle). The slow rivals run on the reference world alone."""
    found: dict[str, dict[str, dict[str, tuple[Figure, Figure]]]] = {}
    for world in chosen:
        found[world] = {}
        for audits in (1_000, 2_000, 5_000):
            methods = OURS | (RIVALS if world == "stationary" else QUICK)
            found[world][str(audits)] = choices(world, audits, repeats, methods, seed + audits)
            say(f"{world}, {audits} audits")
    if "stationary" in found:
        small = {str(n): choices("stationary", n, repeats, OURS | RIVALS, seed + n) for n in (150, 300)}
        found["stationary"] |= small
    return found
