"""Certificates on real rows: earned, expired in overlapping halves, corrected, withdrawn, verified."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection

from api.gate_inherit import Inherit, inherit
from api.gate_seen import gate_of, verified
from core.contracts import Certificate
from core.db import app_database
from core.errors import Rejected
from core.store import alarms, gate, labels, outbox, policies, standings
from core.store.sql import rows
from metrics.certificates.live import Check, closed, verify
from tests.workers.made import Shop
from workers import owners
from workers.certify import renew_certificates
from workers.resources import workshop

SCORES = [(number * 37 % 100) / 100 for number in range(100)]


def renew(shop: Shop) -> dict[str, Certificate]:
    shop.do(renew_certificates, "certificates.renew")
    with app_database().transaction(shop.tenant) as connection:
        return {one.agent: one for one in policies.live_certificates(connection)}


def later(shop: Shop, days: int) -> None:
    """Let so many days pass."""
    shop.sql(f"UPDATE runs SET created_at = created_at - interval '{days} days'")
    shop.sql(
        f"UPDATE audits SET drawn_at = drawn_at - interval '{days} days', due_at = due_at - interval '{days} days'"
    )
    shop.sql("UPDATE standings SET again_at = clock_timestamp()")


def missing(shop: Shop, agent: str = "shop") -> str:
    with app_database().transaction(shop.tenant) as connection:
        return str(next(row["data"]["missing"] for row in standings.standings(connection) if row["agent"] == agent))


def checks(shop: Shop, certificate_id: UUID) -> list[Check]:
    with app_database().transaction(shop.tenant) as connection:
        row = policies.get_certificate(connection, certificate_id)
        listed = [(one[0], one[1:]) for one in row["evidence"]["audits"]]
        audits = closed(labels.as_judged(connection, row["agent"], listed), row["issued_at"])
        return verify(row, audits, gate.first_scores(connection, row["agent"], row["fingerprint"], 100))


def test_right_audits_earn_a_certificate_and_missing_ones_are_told(shop: Shop) -> None:
    shop.run(SCORES, [True] * 100)
    assert renew(shop) == {}
    assert missing(shop).startswith("about ")
    shop.run(SCORES * 4, [True] * 400)
    found = renew(shop)
    assert sorted(found) == ["family:tests", "shop"]
    assert found["shop"].threshold < 0.05
    assert (found["shop"].k, found["shop"].n) == (500, 500)


def test_what_is_not_new_is_not_looked_at_again(shop: Shop) -> None:
    shop.run(SCORES * 5, [True] * 500)
    first = renew(shop)["shop"]
    assert renew(shop)["shop"] == first


def test_an_hour_without_a_new_audit_reads_no_evidence_again(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.run(SCORES * 10, [True] * 1000)
    first = renew(shop)["shop"]
    read: list[str] = []
    evidence = labels.evidence

    def counted(connection: Connection, owner: str, *rest: Any, **named: Any) -> object:
        read.append(owner)
        return evidence(connection, owner, *rest, **named)

    monkeypatch.setattr(labels, "evidence", counted)
    shop.sql("UPDATE standings SET again_at = clock_timestamp()")
    assert renew(shop)["shop"] == first
    assert read == []
    shop.run(SCORES[:1], [False], agent="desk")  # and only of whom there is something new: desk and its family
    renew(shop)
    assert set(read) == {"desk", "family:tests"}
    shop.sql("UPDATE certificates SET issued_at = issued_at - interval '2 days'")
    shop.sql("UPDATE standings SET again_at = clock_timestamp()")
    assert renew(shop)["shop"].id != first.id  # once a day a certificate is issued again


def test_what_came_late_into_the_database_is_seen_when_all_audits_are_gone_through(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.run(SCORES * 10, [True] * 1000)
    assert "shop" in renew(shop)
    audits = shop.run(SCORES * 3, [True] * 300)
    shop.judge(audits, [False] * 300)
    shop.sql("UPDATE audits SET judged_at = clock_timestamp() - interval '1 hour'")
    assert "shop" in renew(shop)
    monkeypatch.setattr(owners, "_swept", {})
    assert "shop" not in renew(shop)


def test_a_certificate_expires_and_its_successor_needs_audits_of_its_own(shop: Shop) -> None:
    shop.run(SCORES * 5, [True] * 500)
    assert "shop" in renew(shop)
    later(shop, 60)
    assert "shop" in renew(shop)  # in its second half life
    later(shop, 40)
    assert renew(shop) == {}


def test_the_overlapping_certificate_takes_over_without_a_gap(shop: Shop) -> None:
    shop.run(SCORES * 5, [True] * 500)
    renew(shop)
    later(shop, 60)
    shop.run(SCORES * 5, [True] * 500)
    assert renew(shop)["shop"].n == 1000
    later(shop, 40)
    issued = renew(shop)["shop"]
    assert issued.n == issued.audits == 500
    with app_database().transaction(shop.tenant) as connection:
        row = policies.get_certificate(connection, issued.id)
        told = next(one["data"]["since"] for one in standings.standings(connection) if one["agent"] == "shop")
    assert datetime.fromisoformat(told) <= row["window_from"]
    assert row["window_from"] - datetime.fromisoformat(told) < timedelta(days=45)
    assert [check for check in checks(shop, issued.id) if not check.passed] == []


def test_another_target_or_confidence_replaces_the_certificate_even_where_the_threshold_stays(shop: Shop) -> None:
    shop.run(SCORES * 5, [True] * 500)
    renew(shop)
    for changes in ({"target": 0.9}, {"target": 0.93}, {"confidence": 0.9}):
        with app_database().transaction(shop.tenant) as connection:
            policies.set_agent(connection, shop.tenant, "shop", **changes)
        renew(shop)
        with app_database().transaction(shop.tenant) as connection:
            (only,) = [one for one in policies.live_certificates(connection) if one.agent == "shop"]
        assert {name: getattr(only, name) for name in changes} == changes
    with app_database().transaction(shop.tenant) as connection:
        policies.set_agent(connection, shop.tenant, "shop", target=0.99)
    assert "shop" not in renew(shop)  # 500 audits are too few: nothing is left that nobody looks at again


def test_a_corrected_judgement_flows_into_the_certificate(shop: Shop) -> None:
    audits = shop.run(SCORES * 5, [True] * 500)
    assert "shop" in renew(shop)
    shop.judge(audits[:90], [False] * 90)
    assert renew(shop) == {}
    shop.judge(audits[:90], [True] * 90)
    assert "shop" in renew(shop)


def test_an_open_audit_closes_the_batch_and_an_overdue_one_counts_as_wrong(shop: Shop) -> None:
    shop.run(SCORES, [None] * 100)
    shop.run(SCORES * 5, [True] * 500)
    assert renew(shop) == {}  # the oldest hundred are not judged yet
    shop.sql("UPDATE audits SET due_at = clock_timestamp() - interval '1 minute' WHERE state = 'open'")
    assert renew(shop) == {}  # and now they are wrong
    assert "not above" in missing(shop)


def test_critical_errors_have_a_gate_of_their_own_and_both_must_pass(shop: Shop) -> None:
    with app_database().transaction(shop.tenant) as connection:
        for name in ("shop", "desk"):
            policies.set_agent(connection, shop.tenant, name, critical_target=0.95)
    harm = [score > 0.97 for score in SCORES]
    shop.run(SCORES * 5, [True] * 500, critical=harm * 5)
    assert renew(shop) == {}
    assert "free of critical errors" in missing(shop)
    shop.run(SCORES * 5, [True] * 500, agent="desk")
    assert renew(shop)["desk"].critical_target == 0.95


def test_two_reviewers_who_differ_make_it_wrong_until_somebody_settles_it(shop: Shop) -> None:
    audits = shop.run(SCORES[:2], [True, True])
    shop.sql("UPDATE audits SET doubled = true")
    shop.judge(audits, [False, True], by="lan")
    with app_database().transaction(shop.tenant) as connection:
        rows = labels.evidence(connection, "shop", _fingerprint(shop))
        assert [row["right"] for row in rows] == [False, True]
        words = [labels.words_on(connection, [str(audit)])[str(audit)] for audit in audits]
        assert [(len(said.judgements), said.right) for said in words] == [(2, False), (2, True)]
        assert [(row["first"], row["second"]) for row in gate.second_words(connection)] == [(True, False), (True, True)]
    shop.judge(audits[:1], [True], by="mai")
    with app_database().transaction(shop.tenant) as connection:
        assert len(labels.words_on(connection, [str(audits[0])])[str(audits[0])].judgements) == 1


def test_a_certificate_is_recomputed_from_its_rows_even_after_corrections(shop: Shop) -> None:
    audits = shop.run(SCORES * 5, [True] * 500)
    certificate = renew(shop)["shop"]
    shop.judge(audits[:90], [False] * 90)
    assert [check for check in checks(shop, certificate.id) if not check.passed] == []


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE audits SET score = 0.999 WHERE id = (SELECT min(id::text)::uuid FROM audits)",
        "UPDATE certificates SET threshold = threshold + 0.1",
        "UPDATE certificates SET k = k + 1",
        "UPDATE runs SET score = score / 3",
    ],
)
def test_tampering_with_rows_or_certificate_shows(shop: Shop, tampering: str) -> None:
    shop.run(SCORES * 5, [True] * 500)
    certificate = renew(shop)["shop"]
    shop.sql(tampering)
    assert [check for check in checks(shop, certificate.id) if not check.passed]


def _fingerprint(shop: Shop) -> str:
    with app_database().transaction(shop.tenant) as connection:
        return str(gate.newest_fingerprint(connection, "shop"))


def test_two_workers_at_once_issue_one_certificate_and_ring_once(shop: Shop) -> None:
    shop.run(SCORES * 5, [True] * 500, shadow=True)
    shop.run([0.9] * 60, [number % 3 > 0 for number in range(60)], action="automate")
    with app_database().transaction(shop.tenant) as connection:
        for generation in (101, 102):
            outbox.enqueue(connection, shop.tenant, "certificates.renew", "bulk", shop.tenant, generation=generation)
    jobs = shop.jobs("certificates.renew")
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(renew_certificates, [[job] for job in jobs]))
    with app_database().transaction(shop.tenant) as connection:
        rang = [row["agent"] for row in alarms.newest(connection)]
    assert sorted(rang) == ["family:tests", "shop"]


def test_reviewers_decisions_on_held_drafts_count_as_labels_of_the_draft(shop: Shop) -> None:
    shop.run(SCORES * 5)  # held, and no coin drew them
    assert renew(shop) == {}
    shop.sql(
        """UPDATE decisions SET review = 'approved', reviewed_by = 'mai',
               reviewed_at = clock_timestamp() - interval '2 minutes'"""
    )
    issued = renew(shop)["shop"]
    assert (issued.k, issued.n) == (500, 500)
    assert [check for check in checks(shop, issued.id) if not check.passed] == []
    shop.sql("UPDATE decisions SET review = 'edited' WHERE score > 0.5")
    assert "the hash of rows and rules" in {check.what for check in checks(shop, issued.id) if not check.passed}


def test_an_edited_draft_counts_as_wrong(shop: Shop) -> None:
    shop.run(SCORES * 5)
    shop.sql(
        """UPDATE decisions SET review = 'edited', reviewed_by = 'mai',
               reviewed_at = clock_timestamp() - interval '2 minutes'"""
    )
    assert renew(shop) == {}
    assert "not above" in missing(shop)


def test_a_held_draft_that_nobody_decided_on_is_audited_after_two_days(shop: Shop) -> None:
    shop.run(SCORES)
    shop.sql("UPDATE decisions SET created_at = created_at - interval '3 days'")
    renew(shop)
    with app_database().transaction(shop.tenant) as connection:
        found = labels.evidence(connection, "shop", _fingerprint(shop))
        assert [(row["source"], row["probability"], row["coin"]) for row in found] == [("audit", 1.0, 0.0)] * 100


def test_while_others_go_out_alone_a_held_draft_weighs_as_little_as_they_are_audited(shop: Shop) -> None:
    shop.run(SCORES[:2], probability=0.1)
    shop.run(SCORES[:1], [True], probability=0.1, action="automate")
    with app_database().transaction(shop.tenant) as connection:
        found = labels.evidence(connection, "family:tests", workshop().family_fingerprint("tests", "none"))
    assert [(row["probability"], row["smallest"]) for row in found] == [(1.0, 0.1), (1.0, 0.1), (0.1, 0.1)]


def test_an_owner_that_fails_does_not_stop_the_others(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.run(SCORES * 5, [True] * 500)
    shop.run(SCORES * 5, [True] * 500, agent="desk")
    evidence = labels.evidence

    def broken(connection: Connection, owner: str, *rest: Any, **named: Any) -> object:
        if owner == "desk":
            raise RuntimeError("out of order")
        return evidence(connection, owner, *rest, **named)

    monkeypatch.setattr(labels, "evidence", broken)
    assert "shop" in renew(shop)


def test_an_intent_earns_a_certificate_where_the_whole_agent_cannot(shop: Shop) -> None:
    good = shop.run(SCORES * 5, [True] * 500, intent="opening_hours")
    shop.run(SCORES * 5, [number % 3 > 0 for number in range(500)], intent="refund")
    issued = renew(shop)["shop"]
    assert (issued.slice, issued.k, issued.n) == ("opening_hours", 500, 500)
    with app_database().transaction(shop.tenant) as connection:
        assert [one for one in verified(connection, issued.id).checks if not one.passed] == []
        stands = next(one for one in gate_of(connection).agents if one.agent == "shop")
    assert (stands.certified, stands.threshold, stands.intents) == (True, None, ("opening_hours",))
    assert "for opening_hours (500 of 500 audited were right); the rest goes to people" in stands.words
    assert stands.share == pytest.approx(0.5, abs=0.02)

    # What is held of the other intent weighs in the whole like what goes out, and fully among its own.
    shop.run(SCORES[:1], probability=0.1, intent="refund")
    with app_database().transaction(shop.tenant) as connection:
        held = labels.evidence(connection, "shop", _fingerprint(shop))[-1]
    assert (held["smallest"], held["own_smallest"]) == (0.1, 1.0)

    shop.sql("UPDATE certificates SET slice = 'refund' WHERE slice = 'opening_hours'")
    with app_database().transaction(shop.tenant) as connection:
        broken = [one.what for one in verified(connection, issued.id).checks if not one.passed]
    assert "what it speaks of" in broken
    shop.sql("UPDATE certificates SET slice = 'opening_hours' WHERE slice = 'refund'")
    shop.judge(good[:200], [False] * 200)
    assert "shop" not in renew(shop)


def test_each_field_of_a_processor_earns_its_own_certificate_and_another_one_holds_the_document(shop: Shop) -> None:
    read = [{"total": 0.97 + score / 50, "address": 0.9, "note": None} for score in SCORES]
    for wave in range(3):
        audits = shop.run(SCORES, [True] * 100, agent="bills", fields=read)
        for audit in audits[wave::5]:
            shop.judge_fields(audit, ["address"])
    assert "bills" not in renew(shop)  # one document in five is wrong
    with app_database().transaction(shop.tenant) as connection:
        fingerprint = str(gate.newest_fingerprint(connection, "bills"))
        assert list(policies.field_thresholds(connection, "bills", fingerprint)) == ["total"]
        stands = next(one for one in gate_of(connection).agents if one.agent == "bills")
        issued = next(one for one in policies.list_certificates(connection, "bills") if one["live"])
        assert (issued["slice"], issued["k"], issued["n"]) == ("field:total", 300, 300)
        assert [one for one in verified(connection, issued["id"]).checks if not one.passed] == []
    told = {one.field: one for one in stands.fields}
    assert told["total"].threshold is not None and told["address"].threshold is None and not stands.certified
    assert "not above" in told["address"].missing and "more runs" in told["note"].missing

    shop.judge_fields(audits[1], None)  # wrong, and nobody says where: it counts as wrong in every field
    shop.sql("UPDATE runs SET proposal = jsonb_set(proposal, '{fields,0,score}', '0.5')")
    with app_database().transaction(shop.tenant) as connection:
        assert not verified(connection, issued["id"]).holds


@pytest.mark.parametrize("first", [(), ("total",)])
def test_fields_that_only_a_second_reviewer_found_wrong_are_in_the_log_too(shop: Shop, first: tuple[str, ...]) -> None:
    (audit,) = shop.run(SCORES[:1], [None], agent="bills", fields=[{"total": 0.9, "address": 0.9}])
    shop.judge_fields(audit, first)
    shop.sql("UPDATE audits SET doubled = true")
    shop.judge_fields(audit, ["address"], by="lan")
    with app_database().transaction(shop.tenant) as connection:
        told = rows(connection, "SELECT data FROM events WHERE kind = 'audit.judged' ORDER BY id")[-1]["data"]
    assert (told["right"], told["fields"], told["wrong_fields"]) == (False, 2, sorted({*first, "address"}))


def test_a_new_version_inherits_only_by_choice_and_until_it_has_its_own(shop: Shop) -> None:
    shop.run(SCORES * 5, [True] * 500)
    old = renew(shop)["shop"]
    write_agent_again(shop)
    shop.run(SCORES[:1], [True])
    now = _fingerprint(shop)
    assert now != old.fingerprint
    with app_database().transaction(shop.tenant) as connection:
        assert [one for one in policies.live_certificates(connection) if one.fingerprint == now] == []
        (made,) = inherit(connection, shop.tenant, "mai", Inherit(agent="shop", days=3))
        assert (made.threshold, made.fingerprint, made.method) == (old.threshold, now, "inherited")
        assert made.expires_at is not None and made.expires_at < datetime.now(UTC) + timedelta(days=3)
        checked = verified(connection, made.id)
        assert checked.holds and checked.checks[0].said == f"mai, from the version {old.fingerprint}"
        with pytest.raises(Rejected, match="has a certificate"):
            inherit(connection, shop.tenant, "mai", Inherit(agent="shop"))
    renew(shop)
    with app_database().transaction(shop.tenant) as connection:
        assert [one.method for one in policies.live_certificates(connection) if one.fingerprint == now] == ["inherited"]
        stands = next(one for one in gate_of(connection).agents if one.agent == "shop")
        assert not stands.certified and stands.words.startswith(
            "goes out on the certificate of the version before until"
        )
    shop.run(SCORES * 5, [True] * 500)
    own = renew(shop)["shop"]
    with app_database().transaction(shop.tenant) as connection:
        assert [one.id for one in policies.live_certificates(connection) if one.fingerprint == now] == [own.id]
    assert own.method != "inherited"


def test_an_alarm_ends_what_was_inherited(shop: Shop) -> None:
    shop.run(SCORES * 5, [True] * 500)
    renew(shop)
    write_agent_again(shop)
    shop.run([0.9] * 2, [True] * 2)
    now = _fingerprint(shop)
    with app_database().transaction(shop.tenant) as connection:
        inherit(connection, shop.tenant, "mai", Inherit(agent="shop"))
    shop.run([0.9] * 60, [number % 3 > 0 for number in range(60)], action="automate")
    renew(shop)
    with app_database().transaction(shop.tenant) as connection:
        assert [one for one in policies.live_certificates(connection) if one.fingerprint == now] == []


def write_agent_again(shop: Shop) -> None:
    """A change of an answer: another version, another fingerprint."""
    file = workshop().catalog.entries["shop"].folder / "answers.md"
    file.write_text(file.read_text().replace("From 9 to 18.", "From 9 to 19."))
    workshop().catalog.refresh()
