"""The vendors' definitions disagree just where they are said to."""

from datetime import timedelta

import pytest

from core import rollups
from core.errors import Rejected
from core.events import Event
from metrics.definitions import agentforce
from metrics.definitions.compare import RULES, VENDORS, compare
from metrics.definitions.judge import Verdict
from metrics.definitions.rule import AMONG
from metrics.definitions.timeline import see
from metrics.estimate import Estimate
from metrics.facts import TicketFacts
from metrics.side_by_side import side_by_side
from metrics.sums import Sums, sums_of
from tests.metrics.histories import START, event
from tests.metrics.test_pitfalls import LATER, automated, cut, whole


def figures(sums: Sums, *, judge: bool = False) -> dict[str, Estimate]:
    """Everyone's figures by name."""
    return {one.definition.name: one.estimate for one in side_by_side(sums, judge=judge)}


def k(vendor: str, name: str, sums: Sums) -> int | None:
    """The numerator of one vendor's figure."""
    return figures(sums)[f"{vendor}_{name}"].k


def good(_: TicketFacts) -> Verdict:
    """A judge that likes everything."""
    return Verdict(5)


SILENT = automated(1)
ASKED = [*automated(1)[:-1], event("delivery.sent", 0.1, 1, effect="reply", by="agent", question=True)]
RETURNED = [*automated(1), event("message.received", 100, 1, turn=2), event("staff.replied", 101, 1, by="an")]
ELSEWHERE = automated(1, customer="an") + automated(2, 48, customer="an")


def test_silence_is_success_for_most() -> None:
    sums = whole(*SILENT)
    assert k("fin", "resolution", sums) == 1
    assert k("zendesk", "contained", sums) == 1
    assert k("decagon", "containment", sums) == 1
    assert k("chatwoot", "auto_resolution", sums) == 1
    assert k("libredesk", "resolution", sums) == 0


def test_a_question_left_without_a_reply_is_containment_for_ada_alone() -> None:
    sums = whole(*ASKED)
    assert k("ada", "containment", sums) == 1
    assert k("fin", "resolution", sums) == 0
    assert k("zendesk", "contained", sums) == 0
    assert k("decagon", "containment", sums) == 0


def test_a_return_after_four_days_undoes_fins_resolution_but_not_zendesks() -> None:
    sums = whole(*RETURNED)
    assert k("fin", "resolution", sums) == 0
    assert k("zendesk", "contained", sums) == 1
    assert k("zendesk", "assisted", sums) == 0
    assert k("chatwoot", "auto_resolution", sums) == 1
    assert k("chatwoot", "durable_resolution", sums) == 0
    assert k("chatwoot", "reopen", sums) == 1


def test_coming_back_in_another_ticket_undoes_ours_alone() -> None:
    found = {name: e.k for name, e in figures(sums_of(cut(*ELSEWHERE), good), judge=True).items()}
    assert found["automation_share"] == 1
    assert found["fin_resolution"] == found["zendesk_verified"] == found["decagon_containment"] == 2


def test_the_bots_own_word_is_enough_for_libredesk() -> None:
    sums = whole(*ASKED, event("ticket.closed", 0.2, 1, by="agent"))
    assert k("libredesk", "resolution", sums) == 1
    again = whole(*ASKED, event("ticket.closed", 0.2, 1, by="agent"), event("message.received", 2, 1))
    assert k("libredesk", "reopen", again) == 1


def test_figures_that_need_a_judge_are_unknown_without_one() -> None:
    found = figures(whole(*SILENT))
    for name in ("zendesk_verified", "ada_resolution", "agentforce_deflected", "agentforce_abandoned"):
        assert found[name].value is None
        assert "judge" in found[name].missing
    assert found["agentforce_escalated"].k == 0


@pytest.mark.parametrize(
    ("verdict", "kind"),
    [(Verdict(5), "deflected"), (Verdict(3), "ambiguous"), (Verdict(1), "abandoned"), (Verdict(5, True), "abandoned")],
)
def test_agentforce_takes_the_first_class_that_fits(verdict: Verdict, kind: str) -> None:
    (ticket,) = cut(*SILENT).tickets
    assert agentforce.outcome(see(ticket, LATER), verdict) == kind
    (taken,) = cut(*SILENT, event("staff.replied", 9, 1, by="an")).tickets
    assert agentforce.outcome(see(taken, LATER), verdict) == "escalated"


def test_fins_automation_is_involvement_times_resolution() -> None:
    found = figures(whole(*SILENT, *automated(2), *automated(3)[:1], event("staff.replied", 1, 2, by="an")))
    involvement, resolution, automation = (found[f"fin_{n}"].value for n in ("involvement", "resolution", "automation"))
    assert involvement is not None and resolution is not None
    assert automation == pytest.approx(involvement * resolution)


def test_fin_waits_a_day_and_zendesk_three_before_silence_counts() -> None:
    for hours, resolved, contained in ((20, 0, 0), (30, 1, 0), (80, 1, 1)):
        sums = whole(*SILENT, now=START + timedelta(hours=hours))
        assert (k("fin", "resolution", sums), k("zendesk", "contained", sums)) == (resolved, contained)


def test_hours_saved_are_two_minutes_a_reply() -> None:
    assert figures(whole(*SILENT))["chatwoot_hours_saved"].value == pytest.approx(2 / 60)


def test_what_the_judge_says_is_all_that_ada_asks() -> None:
    liked, doubted = (sums_of(cut(*SILENT), judge) for judge in (good, lambda _: Verdict(3)))
    assert figures(liked, judge=True)["ada_resolution"].k == 1
    assert figures(doubted, judge=True)["ada_resolution"].k == 0


def test_every_vendor_has_figures_with_names_of_its_own() -> None:
    names = [rule.definition.name for rules in VENDORS.values() for rule in rules]
    assert len(set(names)) == len(names)
    assert all(rule.definition.name.startswith(vendor) for vendor, rules in VENDORS.items() for rule in rules)


def test_every_vendor_figure_made_from_events_has_its_counter() -> None:
    assert {rule.definition.name for rule in RULES if rule.judged is None} == set(rollups.VENDORS)
    assert {name for name in AMONG if name != "all"} == set(rollups.AMONG)


def test_an_empty_log_is_unknown_for_everyone() -> None:
    empty: list[Event] = []
    for one in side_by_side(whole(*empty)):
        assert one.estimate.value is None or one.definition.unit == "count"


def test_an_unknown_vendor_is_refused_with_the_known_ones() -> None:
    with pytest.raises(Rejected, match="no definitions of 'acme'"):
        compare(whole(*SILENT).tickets, ["acme"])
