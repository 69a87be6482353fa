"""The promise: nothing accepted is lost, nothing goes out twice."""

import pytest

from tests.faults.chaos import run_chaos
from tests.journeys.line import Line

# The first ticket has no certificate yet, so it is held: one reply fewer than tickets.


def test_a_few_kills_and_a_broker_wipe_lose_nothing_and_send_nothing_twice(line: Line) -> None:
    damage = run_chaos(line, tickets=200, kills=3, wipes=1, seconds=90)
    assert (damage.recorded, damage.answered) == (201, 200)
    assert (damage.sent_twice, damage.mails, damage.dead) == (0, 200, 0)


@pytest.mark.faults
@pytest.mark.timeout(1800)
def test_twenty_kills_and_two_broker_wipes_in_two_thousand_tickets(line: Line) -> None:
    damage = run_chaos(line, tickets=2000, kills=20, wipes=2, seconds=300)
    assert (damage.recorded, damage.answered) == (2001, 2000)
    assert (damage.sent_twice, damage.mails, damage.dead) == (0, 2000, 0)
