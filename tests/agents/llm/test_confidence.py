import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.confidence import FEWEST, Confidence, Judged, fit, learn, log_loss
from agents.llm.confidence import START
from agents.llm.score import WEIGHTS
from core.errors import Broken

share = st.floats(0, 1)


@given(st.dictionaries(st.sampled_from(sorted(WEIGHTS)), share))
def test_a_score_is_a_probability_and_at_first_grows_with_each_signal(signals: dict[str, float]) -> None:
    score = START.score(signals)
    assert 0 <= score <= 1
    for name, value in signals.items():
        assert START.score({**signals, name: min(1.0, value + 0.1)}) >= score


def test_a_signal_that_was_not_measured_neither_helps_nor_harms() -> None:
    assert START.score({"self_report": 0.8}) == START.score({"self_report": 0.8, "agreement": 0.5})
    assert set(START.parts({"self_report": 0.8})) == {"self_report"}


def test_a_taken_out_link_outweighs_a_sure_model() -> None:
    assert START.score({"self_report": 1.0, "clean": 0.0}) < 0.5


def judgements(n: int, seed: int = 1) -> list[Judged]:
    """A model that is always sure of itself, whose support in the sources tells whether it is right."""
    chance = np.random.default_rng(seed)
    found = []
    for _ in range(n):
        support = float(chance.uniform(0, 1))
        right = bool(chance.uniform() < 1 / (1 + np.exp(-12 * (support - 0.5))))
        found.append(Judged({"self_report": 0.97, "support": support, "clean": 1.0}, right))
    return found


def test_what_tells_right_from_wrong_is_learnt_from_judged_runs() -> None:
    model, figures = learn(judgements(300), START)
    assert model is not None
    assert figures["log_loss"] < figures["log_loss_before"]
    assert model.weights["support"] > WEIGHTS["support"]
    later = judgements(2000, seed=2)
    assert log_loss(model, later) < 0.8 * log_loss(START, later)
    sure = [one for one in later if model.score(one.signals) > 0.9]
    assert np.mean([one.right for one in sure]) > 0.9  # a score means what it says
    assert Confidence.from_bytes(model.to_bytes()) == model


def test_few_judgements_or_none_that_are_wrong_teach_nothing() -> None:
    assert learn(judgements(FEWEST - 1), START)[0] is None
    all_right = [Judged(one.signals, True) for one in judgements(200)]
    assert learn(all_right, START) == (None, {"judged": 200, "right": 200})


def test_a_model_that_is_no_better_on_newer_judgements_is_not_taken() -> None:
    good, _ = learn(judgements(400), START)
    assert good is not None
    chance = np.random.default_rng(3)
    noise = [Judged({"self_report": float(chance.uniform())}, bool(chance.uniform() < 0.5)) for _ in range(100)]
    even = Confidence(dict.fromkeys(WEIGHTS, 0.0), 0.0)
    assert learn(noise, START, even)[0] is None


def test_an_audit_that_was_drawn_seldom_counts_for_those_that_were_not() -> None:
    rare = [Judged({"self_report": 0.9}, False, weight=20.0)] * 10
    common = [Judged({"self_report": 0.9}, True, weight=1.0)] * 100
    alike = [*common, *[one._replace(weight=1) for one in rare]]
    said = {"self_report": 0.9}
    assert fit([*rare, *common], START).score(said) < fit(alike, START).score(said)


@pytest.mark.parametrize("blob", [b"", b"[]", b'{"weights": 1, "bias": 2}', b'{"weights": {}}'])
def test_what_is_no_model_is_named(blob: bytes) -> None:
    with pytest.raises(Broken, match="confidence model"):
        Confidence.from_bytes(blob)
