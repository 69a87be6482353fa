"""How others choose a threshold from the same audits: scores and verdicts (n,) in, a threshold or None out.

A rival that needs no labels ignores them. Libraries are called as their own documentation shows.
"""

import warnings
from collections.abc import Callable
from functools import lru_cache

import numpy as np
from commcp import CommCP
from mapie.risk_control import BinaryClassificationController

from bench.gate.worlds import TARGET, Floats
from metrics.certificates.certify import certify, plan_runs
from metrics.certificates.eprocess import plan, stand
from metrics.certificates.fixed_sequence import chain, choose_threshold, levels

Chooser = Callable[[Floats, Floats, Floats], float | None]


def saola(scores: Floats, right: Floats, population: Floats) -> float | None:
    """One look: exact fixed-sequence testing."""
    return choose_threshold(scores, right, population=population, target=TARGET).threshold


def saola_anytime(scores: Floats, right: Floats, population: Floats) -> float | None:
    """As many looks as one likes: the betting e-process of the live gate."""
    return stand(plan(population, target=TARGET), scores, right, target=TARGET).threshold


def saola_live(scores: Floats, right: Floats, population: Floats) -> float | None:
    """Both, as workers call them: these audits are the announced look, and part of the error is kept for later ones."""
    return certify(scores, right, population=population[: plan_runs(scores.size)], first_look=scores.size).threshold


def hand_set(threshold: float) -> Chooser:
    """A number somebody typed in."""
    return lambda _scores, _right, _population: threshold


def point_estimate(scores: Floats, right: Floats, population: Floats) -> float | None:
    """The largest share whose observed accuracy meets the target."""
    chosen = None
    for cut in levels(population):
        taken = right[scores >= cut]
        if taken.size and taken.mean() >= TARGET:
            chosen = float(cut)
    return chosen


def twenty_straight(scores: Floats, right: Floats, population: Floats) -> float | None:
    """Widen while the latest 20 audits at or above the level were all right."""
    chosen = None
    for cut in levels(population):
        latest = right[scores >= cut][-20:]
        if latest.size < 20 or not latest.all():
            break
        chosen = float(cut)
    return chosen


def _columns(scores: Floats) -> Floats:
    """The shape of predict_proba for a classifier of "this draft is right"."""
    flat = np.asarray(scores, dtype=float).reshape(-1)
    return np.column_stack([1 - flat, flat])


def mapie(method: str) -> Chooser:
    """MAPIE's Learn-then-Test on precision, over the same levels and from the same start as ours."""

    def choose(scores: Floats, right: Floats, population: Floats) -> float | None:
        fixed = chain(population, scores.size, target=TARGET)
        controller = BinaryClassificationController(
            _columns,
            risk="precision",
            target_level=TARGET,
            confidence_level=0.95,
            fwer_method=method,
            list_predict_params=fixed.thresholds[fixed.first :],
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it warns where no threshold can be certified, which is an answer here
            controller.calibrate(scores[:, None], right.astype(int))
        best = controller.best_predict_param
        return None if best is None else float(best)

    return choose


class _Scored:
    """An estimator whose probability is the score itself."""

    def predict_proba(self, scores: Floats) -> Floats:
        return _columns(scores)


@lru_cache(maxsize=1)
def _wrapper() -> CommCP:
    """One for all draws: it opens an HTTP client, which is slow and not used here."""
    return CommCP(_Scored(), "is this draft right", {0: "wrong", 1: "right"}, "openai", "none", "none", alpha=0.05)


def commcp(scores: Floats, right: Floats, _population: Floats) -> float | None:
    """The conformal cut-off that the library says its automatic part is at least 95 % accurate above."""
    wrapper = _wrapper()
    wrapper.calibrate(scores[:, None], right.astype(int))
    return float(wrapper.conformal_cutoff_)


RIVALS: dict[str, Chooser] = {
    "hand-set 0.7": hand_set(0.7),
    "hand-set 0.8": hand_set(0.8),
    "hand-set 0.9": hand_set(0.9),
    "point estimate": point_estimate,
    "20 straight successes": twenty_straight,
    "commcp": commcp,
    "MAPIE LTT Bonferroni-Holm": mapie("bonferroni_holm"),
    "MAPIE LTT fixed sequence": mapie("fixed_sequence"),
}
QUICK = {name: RIVALS[name] for name in ("hand-set 0.8", "hand-set 0.9", "point estimate", "20 straight successes")}
OURS: dict[str, Chooser] = {
    "Saola, one look": saola,
    "Saola, any time": saola_anytime,
    "Saola, as installed": saola_live,
}
