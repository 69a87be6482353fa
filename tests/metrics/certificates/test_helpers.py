"""Agreement, prediction-powered estimates and the what-if curve: right where the answer is known, and they cover."""

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from metrics.certificates import binomial
from metrics.certificates.agreement import cohen
from metrics.certificates.curve import risk_curve, share_at, what_if
from metrics.certificates.fixed_sequence import choose_threshold
from metrics.certificates.ppi import judge_quality, prediction_powered, rogan_gladen
from tests.metrics.certificates.test_fixed_sequence import reference_world


def test_kappa_equals_scikit_learns_and_its_interval_covers() -> None:
    rng = np.random.default_rng(1)
    truth = rng.random(400_000) < 0.9
    first = truth ^ (rng.random(truth.size) < 0.05)
    second = truth ^ (rng.random(truth.size) < 0.05)
    known = cohen_kappa_score(first, second)
    assert cohen(first[:3_000], second[:3_000]).value == pytest.approx(cohen_kappa_score(first[:3_000], second[:3_000]))
    hits = 0
    for part in range(400):
        cut = slice(part * 1_000, part * 1_000 + 1_000)
        found = cohen(first[cut], second[cut])
        assert found.low is not None and found.high is not None
        hits += found.low <= known <= found.high
    assert 0.92 <= hits / 400 <= 0.98


def test_kappa_of_one_verdict_throughout_is_unknown() -> None:
    assert cohen([1, 1], [1, 1]).value is None
    assert cohen([], []).value is None


def test_a_good_judge_narrows_the_interval_and_a_useless_one_does_not_widen_it() -> None:
    rng = np.random.default_rng(2)
    hits, widths, plain = 0, [], []
    for _ in range(300):
        right = rng.random(8_000) < 0.9
        judged = np.where(right, rng.random(right.size) < 0.97, rng.random(right.size) < 0.3)
        found = prediction_powered(right[:600], judged[:600], judged[600:])
        useless = prediction_powered(right[:600], rng.random(600) < 0.5, rng.random(7_400) < 0.5)
        hits += found.low <= 0.9 <= found.high
        widths.append(found.high - found.low)
        plain.append(useless.high - useless.low)
    assert hits / 300 > 0.92
    assert np.mean(widths) < 0.85 * np.mean(plain)
    assert np.mean(plain) < 1.02 * 2 * 1.96 * (0.09 / 600) ** 0.5


def test_a_judges_quality_is_measured_and_corrected_for() -> None:
    quality = judge_quality([1, 1, 1, 0, 0], [1, 1, 0, 0, 1])
    assert quality.sensitivity[0] == 0.5 and quality.sensitivity[3:] == (1, 2)
    assert quality.specificity[0] == pytest.approx(2 / 3)
    assert rogan_gladen(0.9 * 0.97 + 0.1 * 0.3, 0.7, 0.97) == pytest.approx(0.9)
    with pytest.raises(ValueError, match="tells nothing"):
        rogan_gladen(0.9, 0.4, 0.5)


def test_the_curve_agrees_with_counting() -> None:
    rng = np.random.default_rng(3)
    score, right = reference_world(1_500, rng)
    curve = risk_curve(score, right, population=score, count=20)
    for cut, accuracy, n in zip(curve.thresholds, curve.accuracy, curve.audits, strict=True):
        assert n == (score >= cut).sum()
        assert accuracy == pytest.approx(right[score >= cut].mean())
    assert np.all(curve.low <= curve.accuracy) and np.all(curve.accuracy <= curve.high)


def test_the_share_at_a_target_covers_the_true_crossing() -> None:
    rng = np.random.default_rng(4)
    population, _ = reference_world(50_000, rng)
    hits = 0
    for _ in range(100):
        score, right = reference_world(2_500, rng)
        share, low, high = share_at(risk_curve(score, right, population=population, count=100), 0.95)
        assert low <= share <= high
        hits += low - 0.01 <= 0.575 <= high + 0.01
    assert hits / 100 > 0.88


def test_weighted_audits_give_the_same_curve_on_average() -> None:
    rng = np.random.default_rng(5)
    score, right = reference_world(200_000, rng)
    probability = np.where(score > 0.8, 0.05, 0.2)
    drawn = rng.random(score.size) < probability
    weighted = risk_curve(score[drawn], right[drawn], population=score, probabilities=probability[drawn], count=10)
    everything = risk_curve(score, right, population=score, count=10)
    assert np.abs(weighted.accuracy - everything.accuracy).max() < 0.02


def test_what_if_gives_a_point_for_each_target_and_less_share_for_more_accuracy() -> None:
    rng = np.random.default_rng(6)
    score, right = reference_world(4_000, rng)
    points = what_if(score, right, population=score, targets=(0.90, 0.95, 0.99))
    assert points[0].share > points[1].share > points[2].share
    assert points[1].certified_share == choose_threshold(score, right, population=score).share
    assert points[1].certified_share <= points[1].share


def test_without_audits_the_curve_knows_nothing() -> None:
    (point,) = what_if([], [], population=[0.1, 0.9], targets=(0.95,))
    assert (point.share, point.low, point.high, point.certified_share) == (0.0, 0.0, 1.0, 0.0)
    assert point.audits_missing == 59


def test_the_lower_end_of_a_share_starts_where_enough_audits_are_to_show_it() -> None:
    """The safest levels hold few audits and can show nothing: they must not pull the interval down to 0."""
    score = np.linspace(1, 0, 400)
    assert share_at(risk_curve(score, np.ones(400), population=score), 0.95) == (1.0, 1.0, 1.0)
    assert share_at(risk_curve(score[:60], np.ones(60), population=score[:60]), 0.95) == (1.0, 0.0, 1.0)


def test_the_lower_end_of_a_share_is_beyond_the_true_one_as_seldom_as_stated() -> None:
    rng = np.random.default_rng(8)
    population = rng.random(20_000)

    def right_at(score: np.ndarray) -> np.ndarray:
        return np.where(rng.random(score.size) < 0.5 + 0.5 * score**0.15, 1.0, 0.0)

    everything = 0.5 + 0.5 * np.sort(population)[::-1] ** 0.15
    true = float((np.cumsum(everything) / np.arange(1, 20_001) >= 0.95).mean())
    beyond, shown = 0, 0
    for _ in range(400):
        score = rng.random(800)
        _, low, _ = share_at(risk_curve(score, right_at(score), population=population), 0.95)
        beyond, shown = beyond + (low > true + 0.02), shown + (low > 0)
    assert shown > 200
    assert binomial.lower_bound(beyond, 400) <= 0.025
