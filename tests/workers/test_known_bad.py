"""Answers known to be bad stand among the audits like any other; what they measure is reviewers' attention alone."""

import pytest
from typer.testing import CliRunner

from api.gate_seen import KnownBad, attention_of, choose_known_bad, gate_of, known_bad_of
from cli.commands import gate as gate_command
from core.db import app_database
from core.store import audits, gate, inbox, journal, known_bad, policies
from core.store.sql import rows, scalar
from tests.workers.made import Shop
from workers import known_bad as worker
from workers.certify import renew_certificates

TASK = "gate.known_bad"
CLOSING = "At six in the evening."


def shop_with_two_intents(shop: Shop) -> None:
    """120 replies of two intents, two days old, all judged right; every other one says when the shop closes."""
    shop.run([0.9] * 60, [True] * 60, intent="opening_hours")
    shop.run([0.9] * 60, [True] * 60, intent="closing")
    shop.sql(
        """UPDATE runs SET proposal = jsonb_set(proposal, '{reply}', to_jsonb(CAST(:reply AS text)))
           WHERE intent = 'closing'""",
        reply=CLOSING,
    )
    shop.sql("UPDATE runs SET created_at = created_at - interval '2 days'")


def choose(shop: Shop, share: float) -> None:
    with app_database().transaction(shop.tenant) as connection:
        choose_known_bad(connection, shop.tenant, "mai", KnownBad(share=share))


def count(shop: Shop, table: str) -> int:
    with app_database().transaction(shop.tenant) as connection:
        return int(scalar(connection, f"SELECT count(*) FROM {table}") or 0)


def test_none_are_put_in_unless_somebody_chose_so_and_then_as_many_as_the_share_asks_for(shop: Shop) -> None:
    shop_with_two_intents(shop)
    shop.do(worker.put_in, TASK)
    assert count(shop, "known_bad") == 0
    choose(shop, 0.05)
    shop.do(worker.put_in, TASK)
    assert count(shop, "known_bad") == 0  # what was drawn before counts for nothing
    shop.run([0.9] * 45, [None] * 45)
    for _ in range(3):
        shop.do(worker.put_in, TASK)
    assert count(shop, "known_bad") == 2
    with app_database().transaction(shop.tenant) as connection:
        assert journal.entry_of(connection, "known_bad.set", "share", "0.05") is not None
    choose(shop, 0.0)
    assert count(shop, "known_bad") == 0  # what waited is taken out again


def test_one_is_a_question_with_the_reply_to_another_intents_and_looks_like_any_audit(shop: Shop) -> None:
    shop_with_two_intents(shop)
    choose(shop, 0.2)
    shop.run([0.9] * 20, [None] * 20)
    shop.do(worker.put_in, TASK)
    with app_database().transaction(shop.tenant) as connection:
        made = rows(
            connection,
            """SELECT k.id, o.intent AS answer, r.intent AS question FROM known_bad k
               JOIN runs o ON o.id = k.answer_run_id JOIN runs r ON r.work_item_id = k.work_item_id""",
        )
        waiting = {row["id"]: row for row in audits.waiting(connection, 50, "mai")}
        numbers = inbox.counts(connection)
    assert len(made) == 4
    assert all(row["answer"] != row["question"] for row in made)
    assert len(waiting) == 24
    assert numbers is not None and numbers["audits"] == 24  # or the number would tell
    for row in made:
        one = waiting[row["id"]]
        assert (one["question"], one["intent"]) == ("?", row["answer"])
        assert one["reply"] == (CLOSING if row["answer"] == "closing" else "From 9 to 18.")
    real = next(row for id_, row in waiting.items() if id_ not in {row["id"] for row in made})
    assert {name for name, value in real.items() if value is not None} == {
        name for name, value in one.items() if value is not None
    }


def test_nothing_is_sent_and_no_certificate_counts_them(shop: Shop) -> None:
    shop_with_two_intents(shop)
    choose(shop, 0.2)
    shop.run([0.9] * 100, [True] * 100)
    shop.do(renew_certificates, "certificates.renew")
    tables = ("audits", "judgements", "deliveries", "decisions", "runs", "messages", "events")
    before = {name: count(shop, name) for name in tables}
    with app_database().transaction(shop.tenant) as connection:
        (first,) = policies.live_certificates(connection, "shop")
    for _ in range(4):
        shop.do(worker.put_in, TASK)
    with app_database().transaction(shop.tenant) as connection:
        for row in rows(connection, "SELECT id FROM known_bad"):
            assert known_bad.judge(connection, row["id"], right=False, by="mai") is not None
    assert count(shop, "known_bad") == 20
    assert {name: count(shop, name) for name in tables} == before
    shop.sql("UPDATE certificates SET issued_at = issued_at - interval '2 days'")  # so that it is issued again
    shop.sql("UPDATE standings SET again_at = clock_timestamp()")
    shop.do(renew_certificates, "certificates.renew")
    with app_database().transaction(shop.tenant) as connection:
        (second,) = policies.live_certificates(connection, "shop")
        progress = {row["agent"]: row for row in audits.progress(connection)}
    assert second.id != first.id
    assert (second.k, second.n, second.threshold) == (first.k, first.n, first.threshold)
    assert progress["shop"]["judged"] == 220


def test_the_first_word_counts_and_the_figure_says_what_a_miss_means(shop: Shop) -> None:
    shop_with_two_intents(shop)
    choose(shop, 0.2)
    with app_database().transaction(shop.tenant) as connection:
        assert attention_of(connection).value is None
        assert known_bad.judge(connection, shop.tenant, right=True, by="mai") is None  # no such
    shop.run([0.9] * 100, [None] * 100)
    for _ in range(4):
        shop.do(worker.put_in, TASK)
    with app_database().transaction(shop.tenant) as connection:
        for place, row in enumerate(rows(connection, "SELECT id FROM known_bad ORDER BY id")):
            known_bad.judge(connection, row["id"], right=place < 4, by="mai")
            again = known_bad.judge(connection, row["id"], right=False, by="mai")
            assert again is not None and again.right is (place < 4)
        found = gate_of(connection).attention
        assert known_bad_of(connection).share == 0.2
    assert (found.judged, found.caught, found.value) == (20, 16, 0.8)
    assert found.low == pytest.approx(0.5634, abs=1e-4)  # exact, two-sided 95 %
    assert found.high == pytest.approx(0.9427, abs=1e-4)
    assert found.target_means == pytest.approx(1 - 0.05 / 0.8)
    said = CliRunner().invoke(gate_command.app, ["known-bad"], env={"COLUMNS": "250"})
    assert "16 of 20 caught, 80% [56%, 94%]" in said.output, said.output
    assert "means 93.8% at least" in said.output


def test_what_nobody_judged_in_time_is_taken_out_and_counts_for_nothing(shop: Shop) -> None:
    shop_with_two_intents(shop)
    choose(shop, 0.2)
    shop.run([0.9] * 5, [None] * 5)
    shop.do(worker.put_in, TASK)
    assert count(shop, "known_bad") == 1
    shop.sql("UPDATE known_bad SET drawn_at = drawn_at - interval '49 hours'")
    shop.sql("UPDATE audits SET drawn_at = drawn_at - interval '49 hours'")
    shop.do(worker.put_in, TASK)
    with app_database().transaction(shop.tenant) as connection:
        assert attention_of(connection).judged == 0
        old = rows(connection, "SELECT id FROM known_bad WHERE drawn_at < clock_timestamp() - interval '48 hours'")
    assert not old


def test_two_reviewers_words_that_a_twin_was_given_count_once_in_their_agreement(shop: Shop) -> None:
    ids = shop.run([0.9, 0.9], [True, True])
    shop.sql("UPDATE audits SET doubled = true")
    shop.judge(ids, [False, True], by="lan")
    shop.sql("UPDATE audits SET twin_of = :first WHERE id = :twin", first=ids[0], twin=ids[1])
    with app_database().transaction(shop.tenant) as connection:
        assert [(row["first"], row["second"]) for row in gate.second_words(connection)] == [(True, False)]
