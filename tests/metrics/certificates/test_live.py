"""From rows to a certificate and back: what counts, two gates, expiry, and the promise while all of it is at work."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.certificates import binomial
from metrics.certificates.live import Audit, Rules, closed, digest, examine

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
RULES = Rules(target=0.95, confidence=0.95, boundaries=(BEGAN,))


def audits(scores: Any, right: Any, *, day: float = 0, critical: Any = None, p: float = 1.0) -> list[Audit]:
    harm = critical if critical is not None else [False] * len(scores)
    at = BEGAN + timedelta(days=day)
    return [
        Audit(str(number), float(score), p, p, bool(ok), bool(bad), at, (), p, p)
        for number, (score, ok, bad) in enumerate(zip(scores, right, harm, strict=True))
    ]


def row(state: str, *, shadow: bool = False, late: bool = False, right: bool = True) -> dict[str, Any]:
    due = BEGAN - timedelta(hours=1) if late else BEGAN + timedelta(hours=1)
    known = {"id": "1", "score": 0.9, "probability": 0.5, "smallest": None, "drawn_at": BEGAN}
    known |= {"coin": 0.5, "coin_smallest": 0.5, "own_smallest": None, "intent": ""}
    return known | {
        "state": state,
        "right": right if state == "judged" else None,
        "critical": False if state == "judged" else None,
        "due_at": due,
        "shadow": shadow,
        "judgements": "2",
    }


def test_audits_count_up_to_the_first_that_is_still_open() -> None:
    found = closed([row("judged"), row("open"), row("judged"), row("judged", shadow=True)], BEGAN)
    assert [audit.right for audit in found] == [True, True]


def test_an_overdue_audit_counts_as_wrong_and_closes_nothing() -> None:
    found = closed([row("open", late=True), row("judged")], BEGAN)
    assert [(audit.right, audit.critical, len(audit.judgements)) for audit in found] == [
        (False, True, 0),
        (True, False, 1),
    ]


def test_nobody_waits_for_the_audits_of_a_replay() -> None:
    found = closed([row("open", shadow=True, late=True), row("judged", shadow=True)], BEGAN)
    assert [audit.right for audit in found] == [True]


@given(st.lists(st.sampled_from(["judged", "open", "late"]), max_size=30))
def test_what_is_judged_after_an_open_audit_never_counts(states: list[str]) -> None:
    rows = [row("judged") if state == "judged" else row("open", late=state == "late") for state in states]
    first = states.index("open") if "open" in states else len(states)
    assert len(closed(rows, BEGAN)) == first


def test_both_gates_must_pass_and_the_stricter_threshold_is_in_force() -> None:
    rng = np.random.default_rng(1)
    score = rng.random(3000)
    harm = (score < 0.4) & (rng.random(3000) < 0.2)
    seen, traffic = audits(score, np.ones(3000), critical=harm), rng.random(100).tolist()
    alone = examine(seen, traffic, RULES)
    both = examine(seen, traffic, replace(RULES, critical_target=0.98))
    assert alone.threshold is not None and both.threshold is not None
    assert alone.threshold < 0.1 < both.threshold < 0.6
    assert both.accuracy.n == int((score >= both.threshold).sum())
    spoilt = examine(
        audits(score, np.ones(3000), critical=rng.random(3000) < 0.2), traffic, replace(RULES, critical_target=0.98)
    )
    assert spoilt.threshold is None
    assert "free of critical errors" in spoilt.missing


def test_old_audits_stop_counting_after_a_whole_life_and_new_ones_take_over() -> None:
    score, traffic = np.linspace(0.95, 1, 600), np.linspace(0.94, 1, 100).tolist()
    old, new = audits(score, np.ones(600)), audits(score, np.ones(600), day=50)
    first, second, third = BEGAN, BEGAN + timedelta(days=45), BEGAN + timedelta(days=90)
    assert examine(old, traffic, replace(RULES, boundaries=(first, second))).accuracy.n == 600
    assert examine(old, traffic, replace(RULES, boundaries=(first, second, third))).threshold is None
    assert examine(old + new, traffic, replace(RULES, boundaries=(first, second))).accuracy.n == 1200
    assert examine(old + new, traffic, replace(RULES, boundaries=(first, second, third))).accuracy.n == 600


def test_the_announced_look_ends_with_the_first_half_life() -> None:
    score, traffic = np.full(110, 0.9), [0.9] * 100
    rules = replace(RULES, first_look=100)
    assert examine(audits(score, np.ones(110)), traffic, rules).threshold is not None
    later = replace(rules, boundaries=(BEGAN, BEGAN + timedelta(days=45)))
    assert examine(audits(score, np.ones(110)), traffic, later).threshold is None


def test_a_look_whose_audits_turned_is_withdrawn() -> None:
    right = np.concatenate([np.ones(100), np.zeros(10)])
    rules = replace(RULES, first_look=100)
    found = examine(audits(np.full(110, 0.9), right), [0.9] * 100, rules)
    assert found.threshold is None


def test_an_agent_at_the_target_is_falsely_certified_in_at_most_5_percent_of_lives() -> None:
    """Looked at after every 50 audits through four half lives, with the announced look; ever certified while false."""
    rng = np.random.default_rng(3)
    runs, traffic, ever = 120, rng.random(100).tolist(), 0
    for _ in range(runs):
        score, right = rng.random(600), rng.random(600) < 0.95
        for n in range(150, 601, 150):
            rules = replace(RULES, first_look=300)
            if examine(audits(score[:n], right[:n], p=0.2), traffic, rules).threshold is not None:
                ever += 1
                break
    assert binomial.lower_bound(ever, runs) <= 0.05


@pytest.mark.parametrize(
    "change", [{"target": 0.97}, {"critical_target": 0.99}, {"first_look": 7}, {"confidence": 0.9}]
)
def test_the_hash_covers_rules_and_rows(change: dict[str, Any]) -> None:
    seen = audits([0.9, 0.8], [True, False])
    plain = digest("shop", "f", seen, [0.5], RULES, 0.7)
    assert plain == digest("shop", "f", list(seen), [0.5], Rules.of_json(RULES.as_json()), 0.7)
    assert plain != digest("shop", "f", seen, [0.5], replace(RULES, **change), 0.7)
    assert plain != digest("shop", "f", [seen[0], seen[1]._replace(right=True)], [0.5], RULES, 0.7)
    assert plain != digest("shop", "f", seen[::-1], [0.5], RULES, 0.7)
    assert plain != digest("shop", "f", seen, [0.6], RULES, 0.7)


def test_rules_of_another_version_are_refused() -> None:
    with pytest.raises(ValueError, match="another version"):
        Rules.of_json({**RULES.as_json(), "format": 0})
