import numpy as np
import pytest

from agents.triage import kernel
from agents.triage.embedder import unit

DRAW = np.random.default_rng(3)
LABELS = np.array([0, 0, 0, 1, 1, 2, 2, 2, 2, 3], np.int64)  # 3: of no intent
GROUPS = np.array([0, 0, 1, 2, 3, 4, 5, 6, 5, 7], np.int64)
VECTORS = unit((DRAW.normal(size=(10, 6)) + 2 * np.eye(6)[LABELS]).astype(np.float32))


def scores_without(left_out: np.ndarray, asked: int) -> np.ndarray:
    """The plain way: fit again without these rows, and ask."""
    rows = np.setdiff1d(np.arange(len(LABELS)), left_out)
    gamma = kernel.fit(VECTORS, LABELS, 3, GROUPS).gamma
    similarity = kernel.of_likeness((VECTORS @ VECTORS.T).astype(np.float32), gamma)
    inside = similarity[np.ix_(rows, rows)] + kernel.RIDGE * gamma * np.eye(len(rows))
    alpha = np.linalg.solve(inside, kernel.targets(LABELS, 4)[rows])
    return np.asarray(similarity[asked, rows] @ alpha)


@pytest.mark.parametrize("row", range(10))
def test_leave_one_out_scores_equal_those_of_a_fit_without_the_example_and_its_twins(row: int) -> None:
    found = kernel.fit(VECTORS, LABELS, 3, GROUPS).one_out[row]
    twins = np.flatnonzero(GROUPS[row] == GROUPS)
    assert found == pytest.approx(scores_without(twins, row), abs=2e-4)


@pytest.mark.parametrize("row", range(9))
def test_leave_class_out_scores_equal_those_of_a_fit_without_the_class(row: int) -> None:
    found = kernel.fit(VECTORS, LABELS, 3, GROUPS).class_out[row]
    others = [label for label in range(4) if label != LABELS[row]]
    expected = scores_without(np.flatnonzero(LABELS[row] == LABELS), row)
    assert found[others] == pytest.approx(expected[others], abs=2e-4)
    assert np.isneginf(found[LABELS[row]])


def test_an_example_of_no_class_has_no_class_to_leave_out() -> None:
    fitted = kernel.fit(VECTORS, LABELS, 3, GROUPS)
    assert fitted.class_out[9] == pytest.approx(fitted.one_out[9])


def test_nearness_leaves_out_the_example_its_twins_and_then_its_intent() -> None:
    fitted = kernel.fit(VECTORS, LABELS, 3, GROUPS)
    similarity = np.where((GROUPS[:, None] == GROUPS) | (LABELS == 3), -1, VECTORS @ VECTORS.T)
    assert fitted.near_one_out[:, 0] == pytest.approx(similarity.max(axis=1), abs=1e-4)
    other = np.where(LABELS[:, None] == LABELS, -1, similarity)
    assert fitted.near_class_out[:, 0] == pytest.approx(other.max(axis=1), abs=1e-4)


def test_what_was_learnt_is_said_again() -> None:
    fitted = kernel.fit(VECTORS, LABELS, 3, GROUPS)
    scores = kernel.of_likeness(VECTORS @ VECTORS.T, fitted.gamma) @ fitted.alpha
    assert (scores.argmax(axis=1) == LABELS).all()
