"""When what is automated gets worse, the agent stops automating by itself and its owner hears of it."""

from email import message_from_bytes
from pathlib import Path
from typing import Any

from core.db import app_database
from core.store import alarms, deliveries, journal, policies
from core.store.sql import rows
from tests.workers.made import Shop
from workers.alarms import still_sent, watch_signs
from workers.certify import renew_certificates
from workers.notice import tell_owners

SCORES = [(number * 37 % 100) / 100 for number in range(100)]


def certified(shop: Shop) -> None:
    shop.run(SCORES * 5, [True] * 500, shadow=True)
    shop.do(renew_certificates, "certificates.renew")


def live(shop: Shop) -> list[str]:
    with app_database().transaction(shop.tenant) as connection:
        return sorted(one.agent for one in policies.live_certificates(connection))


def test_wrong_automated_replies_demote_the_agent_revoke_and_tell(shop: Shop, tmp_path: Path) -> None:
    certified(shop)
    assert live(shop) == ["family:tests", "shop"]
    shop.run([0.9] * 60, [True] * 60, action="automate", probability=0.5)
    shop.do(renew_certificates, "certificates.renew")
    assert live(shop) == ["family:tests", "shop"]
    shop.run([0.9] * 60, [number % 3 > 0 for number in range(60)], action="automate", probability=0.5)
    waiting = shop.run([0.9], action="automate", probability=0.5)
    shop.do(renew_certificates, "certificates.renew")

    with app_database().transaction(shop.tenant) as connection:
        assert policies.tenant_state(connection).agents["shop"].tier == "assisted"
        assert policies.live_certificates(connection) == []
        found = {row["agent"]: row for row in alarms.newest(connection)}
        alarm = found["shop"]
        assert (alarm["kind"], alarm["members"]) == ("accuracy", ["shop"])
        assert alarm["value"] >= alarm["level"]
        sent = alarms.sent_since(connection, ["shop"], alarm["since"], alarm["at"])
        assert 60 <= len(sent) <= 70  # about the bad ones
        assert {entry["action"] for entry in journal.read(connection)} >= {"alarm.rang", "agent.set"}
        assert journal.first_broken(connection) is None
        kinds = {row["kind"] for row in rows(connection, "SELECT kind FROM events WHERE ticket_id IS NULL")}
        assert {"alarm.rang", "agent.set", "certificate.issued"} <= kinds
        (delivery,) = rows(connection, "SELECT id FROM deliveries WHERE decision_id = :id", id=waiting[0])
        assert deliveries.begin(connection, [delivery["id"]]) == ([], {delivery["id"]: "paused"})

    assert shop.do_waiting(tell_owners, "gate.notify") == len(found)
    mails = [message_from_bytes(path.read_bytes()) for path in (tmp_path / "outbox").glob("*.eml")]
    assert "Saola stopped automating: shop" in [mail["Subject"] for mail in mails]
    assert {mail["To"] for mail in mails} == {"tests@example.com"}


def test_after_an_alarm_only_new_audits_count_and_the_tier_stays_where_it_is(shop: Shop) -> None:
    certified(shop)
    shop.run([0.9] * 60, [number % 3 > 0 for number in range(60)], action="automate")
    shop.do(renew_certificates, "certificates.renew")
    assert live(shop) == []
    shop.run(SCORES * 5, [True] * 500)
    shop.do(renew_certificates, "certificates.renew")
    assert live(shop) == ["family:tests", "shop"]
    with app_database().transaction(shop.tenant) as connection:
        assert policies.tenant_state(connection).agents["shop"].tier == "assisted"
        assert len([row for row in alarms.newest(connection) if row["agent"] == "shop"]) == 1


def test_a_few_errors_among_many_ring_nothing(shop: Shop) -> None:
    certified(shop)
    shop.run([0.9] * 200, [number % 25 > 0 for number in range(200)], action="automate")
    shop.do(renew_certificates, "certificates.renew")
    with app_database().transaction(shop.tenant) as connection:
        assert alarms.newest(connection) == []


def test_wrong_held_drafts_ring_nothing(shop: Shop) -> None:
    shop.run([0.9] * 100, [False] * 100)
    shop.do(renew_certificates, "certificates.renew")
    with app_database().transaction(shop.tenant) as connection:
        assert alarms.newest(connection) == []


def test_more_reopened_tickets_than_usual_bring_more_audits_and_demote_nobody(shop: Shop) -> None:
    good = shop.run([0.9] * 600, action="automate")
    bad = shop.run([0.9] * 200, action="automate")
    shop.do(watch_signs, "gate.watch")
    with app_database().transaction(shop.tenant) as connection:
        assert alarms.newest(connection) == []
    reopen(shop, [*good[::50], *bad[::4]])
    shop.do(watch_signs, "gate.watch")
    with app_database().transaction(shop.tenant) as connection:
        (alarm,) = alarms.newest(connection)
        setting = policies.tenant_state(connection).agents["shop"]
    assert (alarm["kind"], alarm["data"]["signs"] >= 25) == ("signs", True)
    assert setting.tier == "automated"
    assert setting.burst_until is not None and setting.burst_until > alarm["at"]
    shop.do(watch_signs, "gate.watch")
    with app_database().transaction(shop.tenant) as connection:
        assert len(alarms.newest(connection)) == 1


def reopen(shop: Shop, decisions: list[object]) -> None:
    shop.sql(
        """INSERT INTO events (id, tenant_id, kind, at, ticket_id)
           SELECT gen_random_uuid(), w.tenant_id, 'ticket.reopened', clock_timestamp(), w.ticket_id
           FROM decisions d JOIN work_items w ON w.id = d.work_item_id WHERE d.id = ANY(:ids)""",
        ids=decisions,
    )


def test_errors_of_an_intent_that_was_withdrawn_are_not_heard_while_others_go_out() -> None:
    rows: Any = [{"intent": "refund"}, {"intent": "opening_hours"}]
    assert still_sent(rows, ["opening_hours"]) == rows[1:]
    assert still_sent(rows, ["all"]) == still_sent(rows, []) == rows
