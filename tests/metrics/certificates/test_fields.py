"""Certificates of fields: what is counted, and how the fields share one allowed error."""

from datetime import UTC, datetime

from metrics.certificates.fields import of_field, scores_of_field, stand_fields
from metrics.certificates.live import Audit, Rules

NOW = datetime(2026, 1, 1, tzinfo=UTC)
RULES = Rules(target=0.95, confidence=0.95, boundaries=(NOW,), critical_target=0.99, first_look=300)


def audit(number: int) -> Audit:
    return Audit(str(number), 0.5, 1.0, 1.0, False, True, NOW, coin=1.0, coin_smallest=1.0)


def test_a_field_counts_where_it_has_a_value_by_its_own_score_and_verdict() -> None:
    judged = {"1": {"total": (0.9, True)}, "2": {"address": (0.4, False)}}
    (only,) = of_field([audit(1), audit(2), audit(3)], judged, "total")
    assert (only.id, only.score, only.right, only.critical) == ("1", 0.9, True, False)
    assert scores_of_field([{"total": 0.5}, {"total": None}, {}, {"total": 0.7}], "total") == [0.5, 0.7]


def test_fields_share_one_allowed_error_so_that_ten_need_more_audits_than_one() -> None:
    def certified(fields: int, audits: int) -> bool:
        names = [f"f{number}" for number in range(fields)]
        first = [dict.fromkeys(names, 0.9)] * 100
        those = [audit(number) for number in range(audits)]
        judged = {one.id: dict.fromkeys(names, (0.9, True)) for one in those}
        found = stand_fields(those, judged, first, RULES)
        assert {one.rules.slice for one in found} == {f"field:{name}" for name in names}
        assert all(one.rules.first_look is None and one.rules.critical_target is None for one in found)
        return all(one.in_force for one in found)

    assert certified(1, 115)
    assert not certified(10, 115)
    assert certified(10, 175)
    assert stand_fields([], {}, [], RULES) == []
