"""Knowledge gaps come by the work they would save, not by their number."""

from collections import Counter, defaultdict

from metrics.gaps import gaps
from metrics.sums import Sums
from metrics.workload import Baseline
from tests.metrics.histories import START


def test_rare_long_work_comes_before_frequent_short_work() -> None:
    sums = Sums(
        since=START,
        until=START,
        now=START,
        by_intent=defaultdict(
            Counter,
            {
                "password": Counter(settled=100, attempted=100, automated=90, contained=80, durable=80),
                "claim": Counter(settled=20),
                "done": Counter(settled=10, attempted=10, automated=10, contained=10, durable=10),
            },
        ),
        minutes=Baseline(overall=60, by_intent={"claim": 1800.0}, n=40, before=True),
    )
    found = gaps(sums, {"password": {"score_below_threshold": 15}})
    assert [gap.intent for gap in found] == ["claim", "password"]
    assert found[0].adds == 20 * 1800 / (110 * 60 + 20 * 1800)
    assert (found[0].unattempted, found[0].minutes) == (20, 30.0)
    assert "no draft" in found[0].missing
    assert [(why.code, why.tickets) for why in found[1].held] == [("score_below_threshold", 15)]


def test_without_tickets_there_are_no_gaps() -> None:
    assert gaps(Sums(since=START, until=START, now=START), {}) == ()


def test_only_the_ten_that_would_add_most_are_told() -> None:
    intents = defaultdict(Counter, {f"intent{n:02}": Counter(settled=n) for n in range(1, 16)})
    found = gaps(Sums(since=START, until=START, now=START, by_intent=intents), {})
    assert [gap.intent for gap in found] == [f"intent{n:02}" for n in range(15, 5, -1)]


def test_what_is_missing_follows_from_where_tickets_are_lost() -> None:
    drafted = Counter(settled=10, attempted=10)
    intents = {
        "": Counter(settled=10),
        "back": drafted + Counter(automated=10, contained=9, durable=1),
        "audits": drafted,
        "unsure": drafted,
    }
    sums = Sums(since=START, until=START, now=START, by_intent=defaultdict(Counter, intents))
    held = {"audits": {"no_certificate": 9}, "unsure": {"score_below_threshold": 9}}
    words = {gap.intent: gap.missing.partition(":")[0] for gap in gaps(sums, held)}
    assert words == {
        "": "no intent of any agent fits these tickets",
        "back": "better answers",
        "audits": "audits",
        "unsure": "surer drafts",
    }
