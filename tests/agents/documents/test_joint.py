"""A document's score: the product of its fields' to begin with, then what judged documents of its processor taught."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.confidence import Judged, learn, log_loss
from agents.documents import joint

SHARE = st.floats(0, 1)


def judged(n: int, seed: int) -> list[Judged]:
    """Documents of a shop whose sums are always right and whose names are wrong more often than their score says."""
    chance = np.random.default_rng(seed)
    found = []
    for _ in range(n):
        name, total = chance.uniform(0.5, 1), chance.uniform(0.6, 1)
        signals = {"document": name * total, "type_score": 0.9, "field.name": name, "field.total": total, "pages": 1.0}
        found.append(Judged(joint.parts_of(signals), bool(chance.uniform() < name**3)))
    return found


def test_without_a_model_it_is_the_product_and_a_broken_rule_halves_it() -> None:
    assert joint.score({"document": 0.83, "field.total": 0.9}, b"") == 0.83
    assert joint.score({"document": 0.83, "broken_rules": 2.0}, b"") == 0.415


def test_what_is_weighed_are_shares_about_the_document_and_no_counts() -> None:
    signals = {"document": 0.5, "type_score": 0.9, "agreement": 1.0, "field.total": 0.5, "pages": 3.0, "doubts": 1.0}
    parts = joint.parts_of(signals)
    assert set(parts) == {"document", "type_score", "agreement", "field.total"}
    assert parts["document"] == parts["field.total"] == 0.5 < parts["agreement"]


@given(SHARE, SHARE)
def test_the_model_to_begin_with_keeps_the_products_order(one: float, other: float) -> None:
    begin = joint.start([{"document": 0.5, "field.total": 0.5}])
    scores = [begin.score(joint.parts_of({"document": share})) for share in sorted((one, other))]
    assert scores == sorted(scores)


def test_which_field_is_to_be_doubted_is_learnt_from_judged_documents() -> None:
    begin = joint.start(one.signals for one in judged(10, 0))
    model, _ = learn(judged(500, 1), begin)
    assert model is not None
    later = judged(3_000, 2)
    assert log_loss(model, later) < log_loss(begin, later)
    right = np.array([one.right for one in later])

    def of_the_surest(scores: list[float]) -> float:
        return float(right[np.argsort(scores)[-900:]].mean())

    assert of_the_surest([model.score(one.signals) for one in later]) > 0.03 + of_the_surest(
        [begin.score(one.signals) for one in later]
    )


def test_a_document_that_lacks_a_required_field_stays_at_nothing() -> None:
    model = joint.start([{"document": 0.5}]).to_bytes()
    assert joint.score({"document": 0.0, "field.total": 1.0}, model) == 0.0
    assert joint.score({"document": 0.9}, model) == pytest.approx(0.97, abs=0.03)
