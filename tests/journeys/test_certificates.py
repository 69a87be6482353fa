"""Automation is earned: a past is replayed in shadow and judged, a certificate comes of it, and lapses with change."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

from api.gate_seen import gate_of
from core.contracts import SIMULATED_REVIEWER
from core.store import audits, intake, journal, policies, tenants
from core.store.intake import NewTicket
from core.store.sql import execute
from tests.journeys.conftest import INTENTS
from tests.journeys.line import Line
from tests.journeys.test_line import submit, ticket, wait_for_a_second


def replay_a_past(line: Line, count: int) -> None:
    questions = [question for examples, _ in INTENTS.values() for question in examples]
    past = datetime.now(UTC) - timedelta(days=20)
    with line.database.transaction(line.tenant) as connection:
        for number in range(count):
            new = NewTicket(
                text=f"{questions[number % len(questions)]} ({number})",
                origin="import",
                received_at=past,
                shift=datetime.now(UTC) - past,
            )
            ticket_id = intake.add_ticket(connection, line.tenant, new, work=False)
            assert ticket_id is not None
            intake.add_shadow_work(connection, line.tenant, ticket_id, 1)
    line.drain(120)


def judge_all(line: Line, *, wrong: int = 0) -> None:
    with line.database.transaction(line.tenant) as connection:
        tenants.set_setting(connection, "first_look", audits.waiting_by_owner(connection))
        for number, audit in enumerate(audits.waiting(connection, 1000)):
            audits.judge(
                connection,
                line.tenant,
                audit["id"],
                right=number >= wrong,
                by=f"key:{SIMULATED_REVIEWER}",
                at=datetime.now(UTC),
            )


def renew(line: Line, generation: int) -> list[str]:
    line.run("certificates.renew", generation=generation)
    line.drain()
    with line.database.transaction(line.tenant) as connection:
        return [certificate.agent for certificate in policies.live_certificates(connection)]


def test_a_judged_past_earns_a_certificate_and_a_changed_agent_starts_without_one(
    line: Line, agents_folder: Path
) -> None:
    replay_a_past(line, 150)
    assert renew(line, 1) == []  # nothing is judged yet
    judge_all(line, wrong=1)
    assert sorted(renew(line, 2)) == ["family:tests", "shop"]
    with line.database.transaction(line.tenant) as connection:
        certificate = policies.live_certificates(connection)[0]
        assert certificate.simulated
        assert certificate.bound >= 0.95
        actions = {str(entry["action"]) for entry in journal.read(connection)}
        assert {one for one in actions if one.startswith("certificate.")} == {"certificate.issued"}
        assert journal.first_broken(connection) is None
    wait_for_a_second()
    sent = submit(line, "Where is my parcel? It is late.")
    line.drain()
    assert ticket(line, sent)["action"] == "automate"

    answers = agents_folder / "shop" / "answers.md"
    answers.write_text(answers.read_text().replace("two to four days", "one to nine days"))
    line.wait(lambda: _held_after_change(line), 20, "the changed agent's draft is held")


def _held_after_change(line: Line) -> bool:
    asked = submit(line, "Where is my parcel? It is late.")
    line.drain()
    found = ticket(line, asked)
    return found["action"] == "hold" and found["reason"] == "no_certificate"


def test_a_past_with_too_many_errors_earns_nothing(line: Line) -> None:
    replay_a_past(line, 150)
    judge_all(line, wrong=30)
    assert renew(line, 1) == []
    asked = submit(line, "When do you open?")
    line.drain()
    assert ticket(line, asked)["action"] == "hold"


def test_the_running_schedule_warns_where_inputs_are_not_those_of_the_audits(line: Line) -> None:
    replay_a_past(line, 210)
    judge_all(line)
    with line.database.transaction(line.tenant) as connection:
        for table, column in (("runs", "created_at"), ("decisions", "created_at"), ("audits", "drawn_at")):
            execute(connection, f"UPDATE {table} SET {column} = {column} - interval '3 days'")
    for number in range(210):
        submit(line, f"I lost my card ({number})")
    line.drain(180)
    line.start("schedule")
    try:
        line.wait(lambda: _warning(line) != "", 60, "an early warning")
    finally:
        line.kill("schedule")
    assert re.match(r"intents are not what they were .* \(lost_card was 3\d%, is 100%", _warning(line))


def _warning(line: Line) -> str:
    with line.database.transaction(line.tenant) as connection:
        return next((one.warning for one in gate_of(connection).agents if one.agent == "shop"), "")
