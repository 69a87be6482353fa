"""The control of a line at work, in the browser: target, red button, a changed answer, and what workers do."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from api import agents_seen
from api.security import open_session
from core.store import accounts, audits, intake
from core.store.intake import NewTicket
from tests.api import made
from tests.api.serving import served
from tests.browser.conftest import open_page
from tests.journeys import conftest as journeys
from tests.journeys.line import Line
from tests.journeys.test_line import certify, submit, ticket, wait_for_a_second

agents_folder, line_settings, line_workers = journeys.agents_folder, journeys.line_settings, journeys.line_workers
running_line, line = journeys.running_line, journeys.line
SENT = "SELECT count(*) FROM deliveries WHERE by = 'agent' AND state = 'sent'"


@pytest.fixture
def address(line: Line) -> Iterator[str]:
    """The pages over the line."""
    agents_seen._seen.cache_clear()
    with served() as url:
        yield url
    agents_seen._seen.cache_clear()


@pytest.fixture
def operator(line: Line, address: str, context: BrowserContext) -> Page:
    """A page of somebody of operations."""
    with line.database.transaction(line.tenant) as connection:
        user = accounts.add_user(
            connection, line.tenant, email="ops@example.com", name="", scopes=["ops"], password_hash=""
        )
    assert user is not None
    return open_page(context, address, open_session(user, line.tenant))


def test_a_target_is_set_on_the_slider_and_the_next_ticket_is_decided_under_it(
    line: Line, operator: Page, address: str
) -> None:
    first = submit(line, "When do you open?")
    line.drain()
    certify(line, str(ticket(line, first)["family_fingerprint"]))
    wait_for_a_second()
    assert ticket(line, decided(line, "What are your opening hours?"))["action"] == "automate"
    for number in range(24):
        made.held(line.tenant, f"judged {number}", agent="shop", audited=True, score=0.5 + number / 50)
    judge_what_waits(line)
    operator.goto(f"{address}/agents/shop")
    operator.get_by_role("slider", name="Target accuracy").focus()
    operator.keyboard.press("End")
    expect(operator.locator("[data-point]:visible")).to_contain_text("At 99% it would automate")
    operator.get_by_role("button", name="Set the target to 99%").click()
    expect(operator.get_by_label("Target accuracy").nth(1)).to_have_value("0.99")
    wait_for_a_second()
    held = decided(line, "Until when is the shop open?")
    assert (ticket(line, held)["action"], ticket(line, held)["reason"]) == ("hold", "certificate_too_low")
    judge_what_waits(line)  # the coin may have drawn this one, and an audit hides the gate's reason until it is judged
    operator.goto(f"{address}/tickets/{held}")
    expect(operator.locator(".draft .why")).to_contain_text("99%")


def judge_what_waits(line: Line) -> None:
    """Judge every open audit right."""
    with line.database.transaction(line.tenant) as connection:
        for row in audits.waiting(connection, 100, "lan@example.com"):
            audits.judge(
                connection, line.tenant, row["id"], right=True, critical=False, note="", by="lan", at=datetime.now(UTC)
            )


def decided(line: Line, text: str) -> UUID:
    """Hand in a ticket and wait for its decision; returns its id."""
    made_id = submit(line, text)
    line.drain()
    return made_id


def test_the_red_button_stops_200_tickets_that_flow(line: Line, operator: Page, address: str) -> None:
    first = submit(line, "I lost my card", address="ann@mail.example")
    line.drain()
    certify(line, str(ticket(line, first)["family_fingerprint"]))
    wait_for_a_second()
    operator.goto(f"{address}/agents")
    now = datetime.now(UTC)
    new = NewTicket(text="I lost my card", received_at=now, customer_address="b@mail.example", customer_verified=True)
    with line.database.transaction(line.tenant) as connection:
        intake.add_tickets(connection, line.tenant, [new] * 200)
    line.wait(lambda: line.count(SENT) >= 10, 60, "ten replies")
    operator.get_by_role("button", name="Pause all automation").click()
    expect(operator.get_by_role("button", name="Resume automation")).to_be_visible()
    paused_at = datetime.now(UTC)
    line.drain()
    assert line.count(f"{SENT} AND sent_at > :limit", limit=paused_at + timedelta(seconds=2)) == 0
    held = line.count("SELECT count(*) FROM tickets WHERE attention = 'review'")
    assert 10 <= line.count(SENT) < 200
    assert held + line.count(SENT) == 201
    operator.goto(f"{address}/")
    expect(operator.locator("main .note.wait").first).to_be_visible()
    expect(operator.locator(".nav a[aria-current] .count")).to_have_text(str(held))


def test_a_changed_answer_runs_in_shadow_on_past_tickets_and_is_compared_with_the_one_before(
    line: Line, agents_folder: Path, operator: Page, address: str
) -> None:
    decided(line, "Where is my parcel?")
    sent = line.count(SENT)
    operator.goto(f"{address}/agents/shop/versions")
    old = operator.get_by_role("row", name="in service").locator(".mono").inner_text()
    answers = agents_folder / "shop" / "answers.md"
    before = answers.read_text()
    try:
        answers.write_text(before.replace("Parcels take two to four days.", "Parcels take a week."))
        for _ in range(3):  # until every process has looked at the folder
            wait_for_a_second()
        operator.goto(f"{address}/agents/shop/versions")
        operator.get_by_role("button", name="Try the serving version on past tickets").click()
        expect(operator.locator("#notice")).to_contain_text("1")
        line.drain()
        operator.goto(f"{address}/agents/shop/versions")
        serving = operator.get_by_role("row", name="in service")
        operator.get_by_role("radio", name=f"{old} as the old one").check()
        serving.get_by_role("radio").nth(1).check()
        operator.get_by_role("button", name="Compare").click()
        pair = operator.locator(".pair").first
        expect(pair.locator("del")).to_contain_text("two to four days")
        expect(pair.locator("ins")).to_contain_text("a week")
        expect(operator.locator(".diff .added")).to_contain_text("Parcels take a week.")
        assert line.count(SENT) == sent
    finally:
        answers.write_text(before)
