import re
from collections import Counter
from datetime import timedelta
from pathlib import Path

from agents.answers_file import parse
from cli.demo import inbox, noise
from cli.demo.inbox import DemoTicket, Inbox
from tests.cli.demo.conftest import NOW


def plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", noise.without_diacritics(text).lower()))


def shares(found: Inbox) -> Counter[str]:
    return Counter(ticket.language for ticket in found.tickets)


def test_there_are_enough_tickets_and_a_quarter_and_more_of_them_nobody_covers(past: Inbox, present: Inbox) -> None:
    for found, least in ((past, 2000), (present, 300)):
        assert len(found.tickets) >= least
        assert len({ticket.id for ticket in found.tickets}) == len(found.tickets) == len(found.truth)
        uncovered = sum(truth.label is None for truth in found.truth.values())
        assert uncovered / len(found.tickets) >= 0.25
    assert len({truth.topic for truth in past.truth.values() if truth.label is None}) >= 20


def test_three_languages_are_written_in_the_shares_of_the_company(past: Inbox, present: Inbox) -> None:
    for found, slack in ((past, 0.04), (present, 0.08)):
        for language, share in inbox.LANGUAGE_SHARES.items():
            assert abs(shares(found)[language] / len(found.tickets) - share) < slack


def test_few_matters_are_common_and_many_are_rare(past: Inbox) -> None:
    counts = Counter(truth.label for truth in past.truth.values() if truth.label).most_common()
    assert sum(count for _, count in counts[:10]) > 0.45 * sum(count for _, count in counts)
    assert len(counts) == 42


def test_the_past_ended_sixteen_days_ago_and_the_present_a_week_later(past: Inbox, present: Inbox) -> None:
    days = [(NOW - ticket.received_at) / timedelta(days=1) for ticket in past.tickets]
    assert 16 <= min(days) < 18
    assert 130 < max(days) <= 136
    days = [(NOW - ticket.received_at) / timedelta(days=1) for ticket in present.tickets]
    assert 8 <= min(days) < 9
    assert 14 < max(days) <= 15
    for found in (past, present):
        assert [ticket.received_at for ticket in found.tickets] == sorted(t.received_at for t in found.tickets)


def test_the_past_was_answered_and_the_present_is_open(past: Inbox, present: Inbox) -> None:
    for ticket in past.tickets:
        assert ticket.closed_at
        assert ticket.received_at < ticket.closed_at < NOW
        assert ticket.reply
        assert "{" not in ticket.reply
        assert "<" not in ticket.reply
        assert ticket.minutes > 0
        assert ticket.label == (past.truth[ticket.id].label or "")
    assert not any(ticket.closed_at or ticket.reply or ticket.label or ticket.minutes for ticket in present.tickets)


def test_the_truth_is_no_part_of_a_ticket(present: Inbox) -> None:
    names = set(DemoTicket.__dataclass_fields__)
    assert not names & {"truth", "topic", "second", "critical", "intent"}
    for ticket in present.tickets:
        assert present.truth[ticket.id].topic.split("/")[1] not in ticket.text


def test_the_same_seed_gives_the_same_tickets_and_another_seed_others(present: Inbox) -> None:
    assert inbox.present(now=NOW) == present
    again = inbox.present(40, seed=2, now=NOW)
    assert again == inbox.present(40, seed=2, now=NOW)
    assert not {ticket.text for ticket in again.tickets} & {ticket.text for ticket in present.tickets}


def test_no_text_comes_twice_nor_stands_among_the_examples(past: Inbox, present: Inbox) -> None:
    examples = {
        plain(example.text)
        for path in [*Path("agents/library").glob("*/answers.md"), *Path("agents/library").glob("*/examples.md")]
        for intent in parse(path.read_text("utf-8")).intents.values()
        for example in intent.examples
    }
    texts = [ticket.text.casefold() for ticket in [*past.tickets, *present.tickets]]
    assert len(set(texts)) == len(texts)
    assert not examples & {plain(text) for text in texts}


def test_messages_have_the_faults_of_real_ones(past: Inbox) -> None:
    vietnamese = [ticket for ticket in past.tickets if ticket.language == "vi"]
    bare = sum(ticket.text == noise.without_diacritics(ticket.text) for ticket in vietnamese) / len(vietnamese)
    assert 0.08 < bare < 0.25
    chatty = sum(bool(re.search(r"\b(ko|dc|đc|khum|hong|sốp|mk)\b", t.text.lower())) for t in vietnamese)
    assert chatty / len(vietnamese) > 0.04
    german = [ticket for ticket in past.tickets if ticket.language == "de"]
    written_out = [t for t in german if re.search(r"fuer|koenn|moech|gruess|ueber", t.text.lower())]
    assert 0.05 < len(written_out) / len(german) < 0.2
    lengths = [len(ticket.text) for ticket in past.tickets]
    assert min(lengths) < 20
    assert max(lengths) > 280
    assert {ticket.channel for ticket in past.tickets} == {"email", "web", "chat", "app"}
    assert sum(truth.second is not None for truth in past.truth.values()) >= 15


def test_typing_mistakes_are_present() -> None:
    clean, spoiled = inbox.past(60, seed=5, now=NOW), 0
    known = set(re.findall(r"\w+", " ".join(t.text for t in inbox.past(700, seed=6, now=NOW).tickets).lower()))
    for ticket in clean.tickets:
        spoiled += bool(set(re.findall(r"[a-zäöüß]{5,}", ticket.text.lower())) - known)
    assert spoiled > 10


def test_customers_come_back_after_wrong_answers_mostly_and_within_seven_days(present: Inbox) -> None:
    back = {True: 0, False: 0}
    for ticket in present.tickets:
        at = ticket.received_at + timedelta(hours=1)
        for right in (True, False):
            found = inbox.follow_up(ticket, present.truth[ticket.id], right=right, answered_at=at)
            assert found == inbox.follow_up(ticket, present.truth[ticket.id], right=right, answered_at=at)
            if found:
                back[right] += 1
                assert timedelta(0) < found[0].received_at - at <= timedelta(days=7)
                assert found[0].received_at < NOW
                assert found[0].continues in ("", ticket.id)
                assert found[1].label == present.truth[ticket.id].label
    assert back[True] / len(present.tickets) < 0.08
    assert back[False] / len(present.tickets) > 0.5
