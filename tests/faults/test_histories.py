"""Ten thousand generated histories: the fold against the slow, obvious reference, both folds, and the roll-ups."""

import random
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import Phase, given, settings

from cli.embedded.temporary import Database
from core.db import Database as Connections
from core.events import Event
from metrics.cohort import GROUPS
from tests.metrics import test_fold, test_rolled
from tests.metrics.histories import START, logs
from tests.workers import test_rollup
from workers import rollup_whole
from workers.rollup import catch_up
from workers.rollup_whole import rebuild

pytestmark = [pytest.mark.faults, pytest.mark.timeout(3600)]
COUNT = 10_000
TOGETHER = 500  # histories of one tenant
ZONES = ("UTC", "Asia/Ho_Chi_Minh", "America/New_York")


@pytest.fixture(scope="module")
def histories() -> list[list[Event]]:
    """Drawn once: that takes longer than to look at them. No two share a ticket, a run or a customer."""
    found: list[list[Event]] = []

    @settings(max_examples=COUNT, deadline=None, phases=[Phase.generate], database=None)
    @given(logs())
    def gather(log: list[Event]) -> None:
        found.append(list(test_rolled.apart(len(found) + 1, log)))

    gather()
    assert len(found) == COUNT
    return found


def test_ten_thousand_histories_equal_the_reference(histories: list[list[Event]]) -> None:
    for log in histories:
        test_fold.equals_the_reference(log)


def test_ten_thousand_histories_add_the_same_in_both_folds(histories: list[list[Event]]) -> None:
    log = [e for one in histories for e in one]
    for days, zone in ((10, "UTC"), (25, "Asia/Ho_Chi_Minh"), (400, "America/New_York")):
        assert test_rolled.both_folds_agree(log, days, zone) > COUNT


def test_ten_thousand_histories_roll_up_to_the_sums_of_the_log(
    module_database: Database, histories: list[list[Event]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each tenant's events come in a random order in four parts, with a pass after each; half are then made anew, from
    many files beside each other."""
    monkeypatch.setattr(rollup_whole, "EVENTS_A_PART", 300)
    chance, connections = random.Random(1), Connections(module_database.app_url)
    for first in range(0, COUNT, TOGETHER):
        log = [e for one in histories[first : first + TOGETHER] for e in one]
        chance.shuffle(log)
        zone, days = chance.choice(ZONES), chance.randrange(5, 60)
        tenant, now = test_rollup.make_tenant(connections, zone), START + timedelta(days=days)
        cuts = [0, *sorted(chance.randrange(len(log)) for _ in range(3)), len(log)]
        for number, (begin, end) in enumerate(pairwise(cuts), start=1):
            test_rollup.write(connections, tenant, log[begin:end])
            catch_up(tenant, now=START + timedelta(days=days * number / 4), database=connections)
        test_rollup.check(connections, tenant, log, now, zone, GROUPS)
        if first % (2 * TOGETHER):
            rebuild(tenant, now=now, database=connections)
            test_rollup.check(connections, tenant, log, now, zone, GROUPS)
    connections.close()
