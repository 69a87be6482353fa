"""The vendors' definitions disagree just where they are said to."""

from datetime import timedelta
from typing import Any

import pytest

from core.errors import Rejected
from core.events import Event
from metrics.cohort import Cohort
from metrics.definitions import ada, agentforce, chatwoot, decagon, fin, libredesk, zendesk
from metrics.definitions.compare import VENDORS, compare
from metrics.definitions.judge import Verdict
from metrics.facts import TicketFacts
from tests.metrics.histories import START, event
from tests.metrics.test_pitfalls import automated, whole


def k(vendor: str, name: str, cut: Cohort, judge: Any = None) -> int | None:
    """The numerator of one vendor's figure."""
    found = {one.definition.name: one.estimate for one in compare(cut, [vendor], judge)}
    return found[f"{vendor}_{name}"].k


def good(_: TicketFacts) -> Verdict:
    """A judge that likes everything."""
    return Verdict(5)


SILENT = automated(1)
ASKED = [*automated(1)[:-1], event("delivery.sent", 0.1, 1, effect="reply", by="agent", question=True)]
RETURNED = [*automated(1), event("message.received", 100, 1, turn=2), event("staff.replied", 101, 1, by="an")]
ELSEWHERE = automated(1, customer="an") + automated(2, 48, customer="an")


def test_silence_is_success_for_most() -> None:
    cut = whole(*SILENT)
    assert k("fin", "resolution", cut) == 1
    assert k("zendesk", "contained", cut) == 1
    assert k("decagon", "containment", cut) == 1
    assert k("chatwoot", "auto_resolution", cut) == 1
    assert k("libredesk", "resolution", cut) == 0


def test_a_question_left_without_a_reply_is_containment_for_ada_alone() -> None:
    cut = whole(*ASKED)
    assert k("ada", "containment", cut) == 1
    assert k("fin", "resolution", cut) == 0
    assert k("zendesk", "contained", cut) == 0
    assert k("decagon", "containment", cut) == 0


def test_a_return_after_four_days_undoes_fins_resolution_but_not_zendesks() -> None:
    cut = whole(*RETURNED)
    assert k("fin", "resolution", cut) == 0
    assert k("zendesk", "contained", cut) == 1
    assert k("zendesk", "assisted", cut) == 0
    assert k("chatwoot", "auto_resolution", cut) == 1
    assert k("chatwoot", "durable_resolution", cut) == 0
    assert k("chatwoot", "reopen", cut) == 1


def test_coming_back_in_another_ticket_undoes_ours_alone() -> None:
    cut = whole(*ELSEWHERE)
    found = {one.definition.name: one.estimate.k for one in compare(cut, judge=good)}
    assert found["automation_share"] == 1
    assert found["fin_resolution"] == found["zendesk_verified"] == found["decagon_containment"] == 2


def test_the_bots_own_word_is_enough_for_libredesk() -> None:
    cut = whole(*ASKED, event("ticket.closed", 0.2, 1, by="agent"))
    assert k("libredesk", "resolution", cut) == 1
    again = whole(*ASKED, event("ticket.closed", 0.2, 1, by="agent"), event("message.received", 2, 1))
    assert k("libredesk", "reopen", again) == 1


def test_figures_that_need_a_judge_are_unknown_without_one() -> None:
    found = {one.definition.name: one.estimate for one in compare(whole(*SILENT))}
    for name in ("zendesk_verified", "ada_resolution", "agentforce_deflected", "agentforce_abandoned"):
        assert found[name].value is None
        assert "judge" in found[name].missing
    assert found["agentforce_escalated"].k == 0


@pytest.mark.parametrize(
    ("verdict", "kind"),
    [(Verdict(5), "deflected"), (Verdict(3), "ambiguous"), (Verdict(1), "abandoned"), (Verdict(5, True), "abandoned")],
)
def test_agentforce_takes_the_first_class_that_fits(verdict: Verdict, kind: str) -> None:
    (ticket,) = whole(*SILENT).tickets
    assert agentforce.outcome(ticket, lambda _: verdict) == kind
    (taken,) = whole(*SILENT, event("staff.replied", 9, 1, by="an")).tickets
    assert agentforce.outcome(taken, lambda _: verdict) == "escalated"


def test_fins_automation_is_involvement_times_resolution() -> None:
    cut = whole(*SILENT, *automated(2), *automated(3)[:1], event("staff.replied", 1, 2, by="an"))
    involvement, resolution, automation = (f(cut).value for f in (fin.involvement, fin.resolution, fin.automation))
    assert involvement is not None and resolution is not None
    assert automation == pytest.approx(involvement * resolution)


def test_fin_waits_a_day_and_zendesk_three_before_silence_counts() -> None:
    for hours, resolved, contained in ((20, 0, 0), (30, 1, 0), (80, 1, 1)):
        cut = whole(*SILENT, now=START + timedelta(hours=hours))
        assert (fin.resolution(cut).k, zendesk.contained(cut).k) == (resolved, contained)


def test_hours_saved_are_two_minutes_a_reply() -> None:
    assert chatwoot.hours(whole(*SILENT)).value == pytest.approx(2 / 60)


def test_what_the_judge_says_is_all_that_ada_asks() -> None:
    assert ada.resolution(whole(*SILENT), good).k == 1
    assert ada.resolution(whole(*SILENT), lambda _: Verdict(3)).k == 0


def test_every_vendor_has_figures_with_names_of_its_own() -> None:
    names = [definition.name for figures in VENDORS.values() for definition, _ in figures]
    assert len(set(names)) == len(names)
    assert all(name.startswith(vendor) for vendor, figures in VENDORS.items() for name in [figures[0][0].name])
    assert decagon.FIGURES and libredesk.FIGURES


def test_an_empty_log_is_unknown_for_everyone() -> None:
    empty: list[Event] = []
    for one in compare(whole(*empty)):
        assert one.estimate.value is None or one.definition.unit == "count"


def test_an_unknown_vendor_is_refused_with_the_known_ones() -> None:
    with pytest.raises(Rejected, match="no definitions of 'acme'"):
        compare(whole(*SILENT), ["acme"])
