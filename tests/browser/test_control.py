"""What stands behind figures, notices, translations, priorities, cases, the journal; an upload followed."""

from datetime import UTC, datetime, timedelta

from playwright.sync_api import Page, expect

from core.db import app_database
from core.events import Event
from core.store import alarms, case_results, events, handling, translations
from core.store.sql import execute, rows
from tests.api import made
from tests.api.conftest import Desk
from tests.browser.conftest import EMAIL, axe_faults, press
from workers.rollup import catch_up


def test_a_figure_opens_its_definition_and_the_items_behind_it(desk: Desk, page: Page, url: str) -> None:
    held = made.held(desk.tenant_id, subject="Behind the figure", customer_name="Mai")
    catch_up(desk.tenant_id)
    page.goto(f"{url}/report")
    page.get_by_text("What it counts").first.click()
    expect(page.get_by_text("all tickets received in the period").first).to_be_visible()
    page.get_by_role("link", name="Show the items: Not sure enough").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Not sure enough")
    expect(page.locator("[data-list] > li", has_text="Behind the figure")).to_contain_text("counted")
    page.get_by_role("link", name="Not counted").click()
    expect(page.locator("[data-list] > li", has_text="Behind the figure")).to_have_count(0)
    page.get_by_role("link", name="All", exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Export CSV").click()
    assert str(held.ticket_id) in download.value.path().read_text(encoding="utf-8")
    page.get_by_role("link", name="Behind the figure").click()
    page.wait_for_url(f"{url}/tickets/{held.ticket_id}")


def test_failed_calls_of_models_are_told_by_provider_with_the_items_behind_them(
    desk: Desk, page: Page, url: str
) -> None:
    page.goto(f"{url}/report")
    expect(page.get_by_text("Nothing failed in the last hour.")).to_be_visible()
    expect(page.get_by_role("heading", name="Calls of models, by provider")).to_have_count(0)
    failed = [
        {"error": "it took too long", "answered": {"openai:one": 5}, "failed": {"openai:one": 3}},
        {"error": "it took too long", "failed": {"local:<b>two</b>": 1}},
    ]
    ids = [made.ticket(desk.tenant_id, subject=f"Asked {number}") for number in (1, 2)]
    with app_database().transaction(desk.tenant_id) as connection:
        for ticket_id, data in zip(ids, failed, strict=True):
            happened = {"kind": "item.failed", "tenant_id": desk.tenant_id, "ticket_id": ticket_id, "data": data}
            events.append(connection, Event.model_validate(happened | {"at": datetime.now(UTC)}))
    catch_up(desk.tenant_id)
    page.goto(f"{url}/report?days=7")  # what was just made for 30 days is shown for some seconds more
    table = page.get_by_role("table", name="Calls of models, by provider")
    expect(table.locator("tbody tr")).to_have_text(["openaiopenai:one83 37.5%", "locallocal:<b>two</b>11 100.0%"])
    expect(page.get_by_role("table", name="What failed in the last hour").locator("tbody tr")).to_contain_text(
        ["it took too long2"]
    )
    assert axe_faults(page) == []
    with page.expect_download() as download:
        page.get_by_role("link", name="Export CSV").click()
    told = [line for line in download.value.path().read_text("utf-8").splitlines() if "provider_errors" in line]
    assert any("0.444" in line for line in told), told
    page.set_viewport_size({"width": 360, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    page.get_by_role("link", name="Show the items: Calls of models that failed").click()
    page.get_by_role("link", name="Counted", exact=True).click()
    expect(page.locator("[data-list] > li")).to_have_count(2)


def test_a_priority_is_changed_and_an_edit_is_shown_word_by_word(desk: Desk, page: Page, url: str) -> None:
    held = made.held(desk.tenant_id, reply="We have blocked your card.")
    page.goto(f"{url}/tickets/{held.ticket_id}")
    page.locator("#priority").select_option("high")
    expect(page.locator("#notice")).to_contain_text("priority is changed")
    press(page, "e")
    page.locator("#edited").fill("We have blocked your gold card.")
    expect(page.locator("#edited-diff ins")).to_contain_text("gold")
    page.get_by_role("button", name="Send this text").click()
    page.get_by_text(f"Edited by {EMAIL}").click()
    expect(page.locator(".edited ins")).to_have_text("gold")
    with app_database().transaction(desk.tenant_id) as connection:
        (row,) = rows(connection, "SELECT priority, priority_by FROM tickets WHERE id = :id", id=held.ticket_id)
    assert (row["priority"], row["priority_by"]) == ("high", EMAIL)


def test_a_foreign_message_is_translated_beside_it(desk: Desk, page: Page, url: str, model: None) -> None:
    ticket_id = made.ticket(desk.tenant_id, "Wo ist mein Paket?", language="de")
    page.goto(f"{url}/tickets/{ticket_id}")
    page.get_by_role("button", name="Translate to English").click()
    expect(page.get_by_text("Being translated into English")).to_be_visible()
    with app_database().transaction(desk.tenant_id) as connection:
        (asked,) = translations.of_ticket(connection, ticket_id, "en")
        translations.settle(connection, asked["id"], text="Where is my <b>parcel</b>?", model="openai:any")
    expect(page.locator(".translation p")).to_have_text("Where is my <b>parcel</b>?")
    assert axe_faults(page) == []


def test_who_is_given_a_ticket_sees_it_in_the_menu_and_chooses_mails(desk: Desk, page: Page, url: str) -> None:
    page.goto(f"{url}/agents")
    expect(page.locator("html.is-live")).to_be_attached()
    ticket_id = made.ticket(desk.tenant_id, subject="For Mai")
    now = datetime.now(UTC)
    with app_database().transaction(desk.tenant_id) as connection:
        handling.assign(connection, desk.tenant_id, ticket_id, EMAIL, by="lan@example.com", at=now)
    notices = page.get_by_role("link", name="Notices")
    expect(notices).to_contain_text("1")
    notices.click()
    row = page.locator("[data-list] > li", has_text="For Mai")
    expect(row).to_contain_text("Assigned to you by lan@example.com")
    assert axe_faults(page) == []
    page.get_by_label("First answers that are due soon").uncheck()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_label("First answers that are due soon")).not_to_be_checked()
    expect(page.get_by_label("Tickets assigned to me")).to_be_checked()
    expect(page.get_by_role("link", name="Notices")).not_to_contain_text("1")


def test_what_went_out_in_the_time_of_an_alarm_is_listed_for_a_look(desk: Desk, page: Page, url: str) -> None:
    began = datetime.now(UTC) - timedelta(minutes=1)
    sent = made.held(
        desk.tenant_id, "Where is it?", "It went out.", subject="Gone", action="automate", agent="warranty"
    )
    told = {"wrong": 1, "audits": 9, "target": 0.95}
    with app_database().transaction(desk.tenant_id) as connection:
        rang = alarms.NewAlarm("warranty", "f", "accuracy", 400.0, 300.0, began, ["warranty"], told)
        alarm = alarms.add(connection, desk.tenant_id, rang)
    page.goto(f"{url}/notices")
    page.locator(f'a[href="/notices/alarms/{alarm}"]').click()
    row = page.get_by_role("row", name="Gone")
    expect(row).to_contain_text("It went out.")
    expect(row.get_by_role("link")).to_have_attribute("href", f"/tickets/{sent.ticket_id}")
    assert axe_faults(page) == []


def test_an_agents_cases_are_run_and_show_how_they_went(desk: Desk, page: Page, url: str) -> None:
    page.goto(f"{url}/agents/warranty")
    page.get_by_role("button", name="Run the cases").click()
    expect(page.get_by_text("They run")).to_be_visible()
    with app_database().transaction(desk.tenant_id) as connection:
        (asked,) = rows(connection, "SELECT id FROM case_results WHERE agent = 'warranty'")
        went = [
            {"name": "broken lamp", "passed": True, "differences": [], "skipped": ""},
            {"name": "lost bill", "passed": False, "differences": ["kind: expected 'reply'"], "skipped": ""},
        ]
        case_results.settle(connection, asked["id"], "1+x", went)
    expect(page.locator("#cases li", has_text="broken lamp")).to_contain_text("passed")
    expect(page.locator("#cases li", has_text="lost bill")).to_contain_text("expected 'reply'")
    assert axe_faults(page) == []


def test_the_journal_is_filtered_by_who_and_what(desk: Desk, page: Page, url: str) -> None:
    desk.client("ops").post("/v1/pause", json={"paused": True})
    desk.client("ops").post("/v1/pause", json={"paused": False})
    page.goto(f"{url}/journal")
    page.locator("#action").select_option("automation.paused")
    page.wait_for_url("**action=automation.paused**")
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("tbody tr")).to_contain_text("key:ops")


def test_an_upload_is_followed_through_the_line(desk: Desk, page: Page, url: str) -> None:
    page.goto(f"{url}/submit")
    expect(page.locator("html.is-live")).to_be_attached()
    page.locator("[data-drop] input").set_input_files({"name": "a.txt", "mimeType": "text/plain", "buffer": b"Total 5"})
    steps = page.locator(".uploads .steps-line")
    expect(steps.get_by_text("Received")).to_have_class("done")
    expect(steps.get_by_text("Read", exact=True)).not_to_have_class("done")
    with app_database().transaction(desk.tenant_id) as connection:
        (row,) = rows(connection, "SELECT id FROM documents WHERE filename = 'a.txt'")
        execute(
            connection,
            """INSERT INTO events (id, tenant_id, kind, at, document_id, data)
               VALUES (gen_random_uuid(), :tenant, 'document.read', clock_timestamp(), :id, '{}')""",
            tenant=desk.tenant_id,
            id=row["id"],
        )
    expect(steps.get_by_text("Read", exact=True)).to_have_class("done")
