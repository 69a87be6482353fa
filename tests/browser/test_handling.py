"""What staff do around a ticket with mouse and keyboard: notes, tags, assignment, canned replies, merging."""

import io
import re

from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, expect

from api.security import open_session
from core.db import app_database
from core.store import accounts, presence
from core.store.sql import execute
from tests.api import made
from tests.api.conftest import Desk
from tests.browser.conftest import open_page, press


def test_a_ticket_is_noted_tagged_assigned_and_found_again(desk: Desk, page: Page, url: str) -> None:
    ticket_id = made.ticket(desk.tenant_id, subject="Handled", customer_name="An", customer_address="an@example.com")
    page.goto(f"{url}/tickets/{ticket_id}")
    press(page, "m")
    page.get_by_role("textbox", name="Leave a note").fill("Called the carrier")
    page.get_by_role("button", name="Save the note").click()
    expect(page.locator(".note-of-staff")).to_contain_text("Called the carrier")
    page.get_by_role("combobox", name="Add a tag").fill("Late parcel")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Take the tag late parcel off")).to_be_visible()
    page.get_by_label("Assigned to").select_option(label="Mai")
    expect(page.locator("#notice")).to_contain_text("assignment is changed")
    page.goto(f"{url}/?view=mine")
    expect(page.locator(f"#t{ticket_id}")).to_contain_text("late parcel")
    page.get_by_label("Tags").select_option("late parcel")
    page.wait_for_url("**tag=late**")
    expect(page.locator("[data-list] > li")).to_have_count(1)
    page.locator(f"#t{ticket_id} a").click()
    page.get_by_role("link", name="An", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("An")
    expect(page.locator("[data-list] > li")).to_have_count(1)


def test_a_canned_reply_is_written_once_and_inserted_with_the_customers_name(desk: Desk, page: Page, url: str) -> None:
    page.goto(f"{url}/canned")
    page.get_by_label("Title").fill("Late")
    page.get_by_label("Text").fill("Dear {customer.name}, it is late.")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("summary", has_text="Late")).to_be_visible()
    declined = made.held(desk.tenant_id, reply="", action="decline", customer_name="Binh", customer_address="b@b.com")
    page.goto(f"{url}/tickets/{declined.ticket_id}")
    page.get_by_label("Insert a canned reply").select_option(label="Late")
    expect(page.get_by_role("textbox", name="Write to the customer")).to_have_value("Dear Binh, it is late.")


def test_a_ticket_is_merged_into_the_customers_other_one(desk: Desk, page: Page, url: str) -> None:
    first, second = (
        made.ticket(desk.tenant_id, f"part {n}", subject=f"Part {n}", customer_address="chi@example.com")
        for n in range(2)
    )
    page.goto(f"{url}/tickets/{second}")
    page.locator("details.menu > summary").click()
    page.get_by_role("button", name="Merge", exact=True).click()
    page.wait_for_url(f"{url}/tickets/{first}")
    expect(page.locator(".message")).to_have_count(2)
    page.goto(f"{url}/tickets/{second}")
    expect(page.get_by_role("link", name="Merged into another ticket")).to_be_visible()


def test_a_search_is_kept_as_a_view_in_the_menu(desk: Desk, page: Page, url: str) -> None:
    page.goto(f"{url}/?view=all&q=boots")
    page.get_by_text("Keep this view").click()
    page.get_by_role("textbox", name="Name of the view").fill("Boots")
    page.get_by_role("button", name="Keep", exact=True).click()
    expect(page.locator(".nav a[aria-current=page]")).to_have_text("Boots")
    page.get_by_role("button", name="Delete this view").click()
    expect(page.locator(".nav .kept")).to_have_count(0)


def test_a_message_is_split_off_and_a_ticket_marked_as_spam(desk: Desk, page: Page, url: str) -> None:
    held = made.held(desk.tenant_id, "Where is my parcel?", subject="Two matters", customer_address="du@example.com")
    client = desk.client("staff")
    client.post(f"/v1/tickets/{held.ticket_id}/messages", json={"text": "And my invoice is wrong."})
    page.goto(f"{url}/tickets/{held.ticket_id}")
    page.locator(".message", has_text="And my invoice").get_by_role("button", name="Make this its own ticket").click()
    page.wait_for_url(lambda there: "/tickets/" in there and str(held.ticket_id) not in there)
    expect(page.locator(".message")).to_have_text(re.compile("And my invoice is wrong."))
    made_id = page.url.rsplit("/", 1)[1]
    assert client.get(f"/v1/tickets/{made_id}").json()["customer_address"] == "du@example.com"
    page.goto(f"{url}/tickets/{held.ticket_id}")
    press(page, "a")
    expect(page.locator(".message.going")).to_be_visible()
    page.locator("details.menu > summary").click()
    page.get_by_role("button", name="Mark as spam").click()
    expect(page.locator("#notice")).to_contain_text("spam")
    expect(page.locator(".message.going")).to_have_count(0)
    found = client.get(f"/v1/tickets/{held.ticket_id}").json()
    assert (found["state"], [one["state"] for one in found["deliveries"]]) == ("closed", ["stopped"])


def test_a_kept_view_is_shared_and_its_link_opens_it_for_a_colleague(
    chromium: Browser, desk: Desk, page: Page, url: str
) -> None:
    made.ticket(desk.tenant_id, "about boots", subject="Shared boots", language="de")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=url)
    page.goto(f"{url}/?view=all&q=boots&language=de")
    page.get_by_text("Keep this view").click()
    page.get_by_role("textbox", name="Name of the view").fill("German boots")
    page.get_by_label("for everybody").check()
    page.get_by_role("button", name="Keep", exact=True).click()
    expect(page.locator(".nav a[aria-current=page]")).to_have_text("German boots")
    page.get_by_role("button", name="Copy the link").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    link = page.evaluate("navigator.clipboard.readText()")
    with app_database().transaction(desk.tenant_id) as connection:
        user = accounts.add_user(
            connection, desk.tenant_id, email="lan@example.com", name="", scopes=["staff"], password_hash=""
        )
    assert user is not None
    with chromium.new_context() as context:
        theirs = open_page(context, url, open_session(user, desk.tenant_id))
        theirs.goto(link)
        expect(theirs.locator("[data-list] > li")).to_contain_text("Shared boots")
        expect(theirs.locator(".nav a[aria-current=page]")).to_have_text("German boots")
        expect(theirs.get_by_role("button", name="Delete this view")).to_have_count(0)
    page.get_by_role("button", name="Delete this view").click()
    expect(page.locator(".nav .kept")).to_have_count(0)


def test_where_the_browser_lends_no_clipboard_a_link_is_copied_all_the_same(
    desk: Desk, page: Page, context: BrowserContext, url: str
) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=url)
    page.goto(f"{url}/report?days=7")
    page.wait_for_selector("html[data-ready]", state="attached")
    read = page.evaluate_handle("() => { const clipboard = navigator.clipboard; return () => clipboard.readText(); }")
    page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")  # as on a plain http address
    page.get_by_role("button", name="Copy the link").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert read.evaluate("(read) => read()") == f"{url}/report?days=7"


def test_colleagues_see_who_has_a_ticket_open(desk: Desk, page: Page, url: str) -> None:
    ticket_id = made.ticket(desk.tenant_id)
    with app_database().transaction(desk.tenant_id) as connection:
        presence.look(connection, desk.tenant_id, ticket_id, "lan@example.com")
    page.goto(f"{url}/tickets/{ticket_id}")
    expect(page.get_by_text("lan@example.com is looking at it too")).to_be_visible()
    page.goto(f"{url}/agents")
    for _ in range(50):  # the page says that Mai has left, on its way out
        with app_database().transaction(desk.tenant_id) as connection:
            left = presence.others(connection, ticket_id, "lan@example.com")
        if not left:
            break
        page.wait_for_timeout(100)
    assert left == []


def test_a_target_is_tried_on_the_slider_before_it_is_set(desk: Desk, page: Page, url: str) -> None:
    client = desk.client("staff")
    for n in range(24):
        made.held(desk.tenant_id, f"slide {n}", agent="account_access", audited=True, score=0.5 + n / 50)
    for audit in client.get("/v1/audits?limit=200").json()["audits"]:
        if audit["agent"] == "account_access":
            wrong = audit["question"] in ("slide 0", "slide 1")
            client.post(f"/v1/audits/{audit['id']}/judge", json={"right": not wrong})
    page.goto(f"{url}/agents/account_access")
    slider = page.get_by_role("slider", name="Target accuracy")
    before = page.locator("[data-goal]").get_attribute("y1")
    slider.focus()
    page.keyboard.press("End")
    expect(page.locator("[data-point]:visible")).to_contain_text("At 99% it would automate")
    assert page.locator("[data-goal]").get_attribute("y1") != before
    page.get_by_role("button", name="Set the target to 99%").click()
    expect(page.get_by_label("Target accuracy").nth(1)).to_have_value("0.99")
    with app_database().transaction(desk.tenant_id) as connection:
        execute(connection, "DELETE FROM agent_settings")


def test_many_tickets_are_chosen_by_key_and_tagged_at_once(desk: Desk, page: Page, url: str) -> None:
    ids = [made.ticket(desk.tenant_id, f"bulk {n}", subject="Manyfold") for n in range(2)]
    page.goto(f"{url}/?view=all&q=manyfold")
    for key in ("j", "x", "j", "x"):
        press(page, key)
    expect(page.locator("#bulk")).to_contain_text("2 chosen")
    page.locator("#bulk-tag").fill("together")
    page.get_by_role("button", name="Tag", exact=True).click()
    for ticket_id in ids:
        expect(page.locator(f"#t{ticket_id} .tag")).to_have_text("together")


def test_a_source_and_the_passage_that_it_supports_show_each_other(desk: Desk, page: Page, url: str) -> None:
    held = made.held(desk.tenant_id, reply="We have blocked your card.", subject="Sources")
    page.goto(f"{url}/tickets/{held.ticket_id}")
    passage, source = page.locator("mark"), page.locator("#source-1")
    expect(passage).to_have_text("We have blocked your card.")
    expect(source).to_contain_text("Lost card")
    passage.hover()
    expect(source).to_have_class("source lit")
    page.get_by_role("heading", level=1).hover()
    expect(source).to_have_class("source")
    page.get_by_role("link", name="Source 1: to the passage that it supports").focus()
    expect(passage).to_have_class("lit")
    page.get_by_role("link", name="Source 1", exact=True).focus()
    page.keyboard.press("Enter")
    expect(source).to_be_in_viewport()
    assert page.url.endswith("#source-1")


def test_a_picture_from_the_phones_camera_is_taken_in(chromium: Browser, desk: Desk, url: str, cookie: str) -> None:
    context = chromium.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = open_page(context, url, cookie)
    page.goto(f"{url}/submit")
    camera = page.locator("[data-camera]")
    assert (camera.get_attribute("capture"), camera.get_attribute("accept")) == ("environment", "image/*")
    picture = io.BytesIO()
    Image.new("RGB", (600, 800), "white").save(picture, "JPEG")
    expect(page.get_by_text("Take a photo")).to_be_visible()
    camera.set_input_files({"name": "image.jpg", "mimeType": "image/jpeg", "buffer": picture.getvalue()})
    page.get_by_role("link", name="image.jpg").click()
    sheet = page.locator(".sheet img")
    expect(sheet).to_be_visible()
    assert sheet.evaluate("(one) => one.decode().then(() => one.naturalWidth)") == 600
    context.close()
