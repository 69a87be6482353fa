"""A new version of triage earns its place: trained from labels, better on later history, certified in shadow."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from agents.triage.classifier import Classifier
from core.contracts import SIMULATED_REVIEWER
from core.store import audits, intake, journal, policies, tenants, triage_versions
from core.store.intake import NewTicket
from core.store.sql import rows
from tests.journeys.conftest import INTENTS
from tests.journeys.line import Line
from tests.journeys.test_certificates import renew
from tests.journeys.test_line import submit, ticket, wait_for_a_second

TICKETS = 110  # a hundred runs fix the levels
# What the shop's customers write, and no example says.
SLANG = (
    "tracking shows nothing since Tuesday, ref {}",
    "courier went past my house again, ref {}",
    "locker code never came, ref {}",
    "still waiting for DHL to ring, ref {}",
)


def label_new_words(line: Line, count: int) -> None:
    """Import labelled tickets: what customers mean by words that no example holds."""
    now = datetime.now(UTC)
    with line.database.transaction(line.tenant) as connection:
        for number in range(count):
            at = now + timedelta(milliseconds=number)
            text = SLANG[number % len(SLANG)].format(number)
            new = NewTicket(text=text, origin="import", received_at=at, shift=timedelta(0))
            made = intake.add_ticket(connection, line.tenant, new, work=False)
            assert made is not None
            policies.add_label(connection, line.tenant, made, "shop/parcel_late", "import", at)


def work(line: Line, slang: bool) -> None:
    """Let the line work on questions, every eighth of them in the words that no example holds."""
    questions = [question for examples, _ in INTENTS.values() for question in examples]
    with line.database.transaction(line.tenant) as connection:
        for number in range(TICKETS):
            text = (
                SLANG[number % len(SLANG)]
                if slang and number % 8 == 0
                else questions[number % len(questions)] + " ({})"
            )
            new = NewTicket(text=text.format(number + 5000), origin="api", received_at=datetime.now(UTC))
            intake.add_ticket(connection, line.tenant, new)
    line.drain(120)


def judge_all(line: Line) -> int:
    """Judge what waits, by the truth; returns how many audits waited."""
    with line.database.transaction(line.tenant) as connection:
        tenants.set_setting(connection, "first_look", audits.waiting_by_owner(connection))
        waiting = audits.waiting(connection, 1000)
        for audit in waiting:
            # The old version may well have been wrong about words that it does not know.
            late = "ref" not in str(audit["question"]) or audit["intent"] == "parcel_late"
            by, now = f"key:{SIMULATED_REVIEWER}", datetime.now(UTC)
            audits.judge(connection, line.tenant, audit["id"], right=late, by=by, at=now)
    return len(waiting)


def versions(line: Line) -> dict[str, dict[str, Any]]:
    with line.database.transaction(line.tenant) as connection:
        return {row["state"]: dict(row) for row in reversed(triage_versions.every(connection))}


def test_a_new_version_beats_the_old_is_certified_in_shadow_and_takes_its_place(line: Line) -> None:
    with line.database.transaction(line.tenant) as connection:
        policies.set_agent(connection, line.tenant, "shop", target=0.9, audit_probability=1.0)
    wait_for_a_second()
    work(line, slang=False)
    old = versions(line)["serving"]
    certify_the_old(line, old["fingerprint"])

    label_new_words(line, 240)
    line.run("triage.learn")
    line.drain(120)
    found = versions(line)
    assert found["serving"]["id"] == old["id"], "the old version serves on"
    candidate = found["candidate"]
    assert candidate["fingerprint"] != old["fingerprint"]
    assert candidate["figures"]["compared"]["better"]
    line.run("triage.learn", generation=1)
    line.drain()
    assert versions(line)["candidate"]["id"] == candidate["id"], "nothing new was labelled: nothing is trained"

    wait_for_a_second()
    work(line, slang=True)
    shadows = line.count("SELECT count(*) FROM runs WHERE shadow")
    assert shadows == TICKETS
    sent = line.count("SELECT count(*) FROM deliveries v JOIN decisions d ON d.id = v.decision_id JOIN runs r"
                      " ON r.id = d.run_id WHERE r.shadow")  # fmt: skip
    assert sent == 0
    twins = line.count("SELECT count(*) FROM audits WHERE twin_of IS NOT NULL")
    assert twins > TICKETS / 2
    alone = line.count(
        "SELECT count(*) FROM audits a JOIN runs r ON r.id = a.run_id WHERE r.shadow AND twin_of IS NULL"
    )
    before = line.count(
        "SELECT count(*) FROM audits a JOIN runs r ON r.id = a.run_id WHERE NOT r.shadow AND state = 'open'"
    )
    assert judge_all(line) == alone + before, "nobody judges one proposal twice"
    assert line.count("SELECT count(*) FROM audits WHERE state = 'open'") == 0

    renew(line, 3)
    serving = versions(line)["serving"]
    assert serving["id"] == candidate["id"]
    with line.database.transaction(line.tenant) as connection:
        told = journal.entry_of(connection, "triage.served", "reason", "certified in shadow: family:tests, shop")
        kinds = [entry["action"] for entry in journal.read(connection)]
        live = rows(connection, "SELECT agent FROM certificates WHERE revoked_at IS NULL")
    assert told is not None and "triage.candidate" in kinds
    assert sorted(row["agent"] for row in live) == ["family:tests", "shop"], "the old ones are revoked"
    wait_for_a_second()
    asked = submit(line, "locker code never came, ref 77123")
    line.drain()
    assert ticket(line, asked)["action"] == "automate"


def certify_the_old(line: Line, fingerprint: str) -> None:
    judge_all(line)
    assert sorted(renew(line, 1)) == ["family:tests", "shop"]
    line.leave_certificates_alone()
    assert line.count("SELECT count(*) FROM classifiers WHERE fingerprint = :f", f=fingerprint) == 1


def test_after_an_upgrade_that_cannot_use_the_old_version_tickets_wait_for_a_new_one(line: Line) -> None:
    line.new_tenant()
    with line.database.transaction(line.tenant) as connection:
        told = [entry["action"] for entry in journal.read(connection)]
        assert "triage.served" in told and "triage.retired" not in told, "the first version replaces nothing"
        serving = triage_versions.in_state(connection, "serving")
        assert serving is not None
        blob = policies.classifier_blob(connection, serving["id"])
        old = replace(Classifier.from_bytes(blob or b""), embedder="of an earlier Saola")
        made = policies.add_classifier(
            connection, line.tenant, "triage", old.fingerprint, old.to_bytes(), serving["figures"]
        )
        triage_versions.serve(connection, line.tenant, made, by="test", reason="what an older Saola left")
    wait_for_a_second()
    asked = submit(line, "My parcel is late, where is it?")
    wait_for_a_second()
    assert line.count("SELECT count(*) FROM runs") == 0, "nobody is bothered while triage is trained"
    line.run("triage.learn")
    line.drain(120)
    assert versions(line)["serving"]["id"] not in (made, serving["id"])
    assert ticket(line, asked)["agent"] == "shop"
