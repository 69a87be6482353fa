import numpy as np
import pytest

from bench import ticket_figures
from bench.ticket_figures import Predictions, certify, figures, oos_recall, oracle_share
from metrics.certificates.fixed_sequence import choose_threshold

DRAW = np.random.default_rng(7)
SCORE = np.round(DRAW.beta(5, 1.5, 3000), 3)
RIGHT = DRAW.random(3000) < np.clip(SCORE * 1.03, 0, 1)


def test_every_draw_chooses_what_the_products_own_rule_chooses() -> None:
    drawn = certify(SCORE, RIGHT, audits=400, draws=40, target=0.9, confidence=0.95, seed=3)
    random = np.random.default_rng(3)
    items = random.integers(0, len(SCORE), (40, 400))
    for row in range(40):
        choice = choose_threshold(SCORE[items[row]], RIGHT[items[row]], population=SCORE, target=0.9)
        assert drawn.share[row] == pytest.approx(choice.share)
        if choice.threshold is not None:
            assert drawn.accuracy[row] == pytest.approx(RIGHT[choice.threshold <= SCORE].mean())


def test_the_true_accuracy_misses_the_target_in_at_most_five_percent_of_the_draws() -> None:
    drawn = certify(SCORE, RIGHT, audits=500, draws=2000, target=0.9, confidence=0.95, seed=1)
    assert 0 < drawn.missed(0.9) <= 0.05 * 2000
    assert (drawn.share > 0).mean() > 0.5


def test_a_target_that_no_threshold_reaches_is_never_certified_often() -> None:
    right = DRAW.random(3000) < 0.5
    drawn = certify(SCORE, right, audits=500, draws=500, target=0.95, confidence=0.95, seed=1)
    assert drawn.share.max() == 0
    assert drawn.missed(0.95) == 0


def test_the_oracle_takes_items_of_one_score_together_or_not_at_all() -> None:
    score = np.array([0.9, 0.9, 0.8, 0.8, 0.1])
    right = np.array([True, True, True, False, False])
    assert oracle_share(score, right, 0.95) == pytest.approx(0.4)
    assert oracle_share(score, right, 0.75) == pytest.approx(0.8)
    assert oracle_share(score, ~right, 0.95) == 0.0


def test_recall_out_of_scope_is_read_where_95_percent_of_the_rest_is_kept() -> None:
    looks = np.concatenate([np.linspace(0.5, 1, 100), [0.1, 0.2, 0.51, 0.9]])
    inside = np.arange(104) < 100
    assert oos_recall(looks, inside) == pytest.approx(0.75)
    assert oos_recall(looks[:100], inside[:100]) is None


def test_figures_have_the_names_of_the_design_and_intervals() -> None:
    made = Predictions(SCORE, RIGHT, np.ones(3000, bool), SCORE)
    found = figures(made, audits=400, draws=50, target=0.9)
    assert {"accuracy", "oracle_share", "oos_recall_at_95_kept", "share_certified", "accuracy_automated",
            "target_missed"} <= set(found)  # fmt: skip
    accuracy = found["accuracy"]
    assert accuracy["low"] < accuracy["value"] < accuracy["high"]
    assert (accuracy["k"], accuracy["n"]) == (int(RIGHT.sum()), 3000)
    assert found["oos_recall_at_95_kept"] is None


def test_a_rate_of_nothing_has_no_value() -> None:
    assert ticket_figures.rate(0, 0)["value"] is None
