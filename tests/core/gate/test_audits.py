"""How probable an audit is: more where there is a doubt, never below the floor, and recorded with its smallest."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.contracts import Proposal, Route, WorkItem
from core.gate.audits import BURST, MORE, doubtful, draw

SHARES = st.floats(0, 1)


def item(turn: int = 1) -> WorkItem:
    return WorkItem(id=uuid4(), tenant_id=uuid4(), kind="ticket", turn=turn, received_at=datetime.now(UTC))


def proposal(**signals: float) -> Proposal:
    return Proposal(agent="shop", agent_version="1", fingerprint="f", kind="reply", signals=signals)


@given(SHARES, SHARES, st.booleans(), st.booleans())
def test_no_run_is_drawn_less_than_the_smallest_nor_that_less_than_the_floor(
    probability: float, floor: float, flagged: bool, burst: bool
) -> None:
    drawn = draw(probability, floor, flagged=flagged, burst=burst)
    assert max(probability, floor) <= drawn.smallest <= drawn.probability <= 1


@given(SHARES, st.booleans())
def test_the_smallest_does_not_depend_on_the_run(probability: float, burst: bool) -> None:
    doubted = draw(probability, 0.02, flagged=True, burst=burst)
    plain = draw(probability, 0.02, flagged=False, burst=burst)
    assert doubted.smallest == plain.smallest == plain.probability


def test_a_flag_brings_more_audits_and_a_burst_half_of_all() -> None:
    assert draw(0.1, 0.02, flagged=True, burst=False).probability == pytest.approx(0.1 * MORE)
    assert draw(0.1, 0.02, flagged=False, burst=True).probability == BURST


def test_a_doubt_is_a_judges_flag_a_close_second_intent_or_a_customer_who_writes_again() -> None:
    plain = Route(agent="shop")
    assert not doubtful(item(), proposal(runner_up=0.02), plain)
    assert doubtful(item(), proposal(flag=1.0), plain)
    assert doubtful(item(), proposal(runner_up=0.3), plain)
    assert doubtful(item(turn=2), proposal(), plain)
    assert doubtful(item(), proposal(), Route(agent="shop", signals={"runner_up": 0.3}))
