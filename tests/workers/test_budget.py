"""A budget of audits a day sets the coins' probabilities, and is not overspent."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.db import app_database
from core.store import budgets, policies
from tests.workers.made import Shop
from workers.budget import probabilities
from workers.certify import renew_certificates

WEEK = {"runs_a_day": 1_000.0, "drawn": 0, "doubtful": 0.06}
WEEK |= {"plain_judged": 0, "plain_wrong": 0, "doubtful_judged": 0, "doubtful_wrong": 0}


@given(st.integers(1, 2_000), st.floats(0, 1), st.integers(0, 200))
def test_what_is_expected_to_be_drawn_is_the_budget_or_the_floor(budget: int, doubtful: float, wrong: int) -> None:
    week = WEEK | {"doubtful": doubtful, "plain_judged": 200, "plain_wrong": wrong}
    plain, more = probabilities(week, budget, 0.02)
    part = min(max(doubtful, 0.01), 0.99)
    assert 0.02 <= plain <= more <= 1
    if plain < more:
        assert 1_000 * ((1 - part) * plain + part * more) <= max(20, budget) + 1e-6


def test_runs_with_a_sign_of_doubt_are_audited_more_often() -> None:
    plain, more = probabilities(WEEK, 100, 0.02)
    assert more > 2 * plain


def test_a_spent_budget_leaves_the_floor() -> None:
    assert probabilities(WEEK | {"drawn": 100}, 100, 0.02) == (0.02, 0.02)


def test_an_agents_probability_follows_its_budget(shop: Shop) -> None:
    shop.run([0.9] * 200)
    with app_database().transaction(shop.tenant) as connection:
        policies.set_agent(connection, shop.tenant, "shop", audits_a_day=20)
    shop.do(renew_certificates, "certificates.renew")
    with app_database().transaction(shop.tenant) as connection:
        setting = policies.tenant_state(connection).agents["shop"]
        assert budgets.week(connection, "shop")["runs_a_day"] == 200
    assert setting.audit_probability == pytest.approx(0.1, abs=0.02)
    assert setting.audit_flagged is not None and setting.audit_flagged > setting.audit_probability
