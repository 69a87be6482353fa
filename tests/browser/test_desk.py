"""What a reviewer does with keyboard and mouse, and that it is then so in the database."""

from datetime import timedelta
from uuid import UUID

from playwright.sync_api import BrowserContext, Page, Route, expect

from core.contracts import ActionProposal, Evidence, FieldValue
from core.db import app_database
from core.store import policies
from core.store.sql import execute, maybe_row, rows
from tests.api import made
from tests.api.conftest import Desk
from tests.api.routes.test_documents import pdf
from tests.browser.conftest import EMAIL, PASSWORD, axe_faults, press

# The ticket's part of the page asks for itself anew; done when the answer is in place.
REFRESH = """new Promise((done) => {
    document.addEventListener("htmx:after:swap", done, { once: true });
    htmx.trigger(document.getElementById("ticket"), "refresh");
}).then(() => true)"""


def review_of(desk: Desk, held: made.Made) -> tuple[str, str]:
    with app_database().transaction(desk.tenant_id) as connection:
        row = maybe_row(connection, "SELECT review, final_text FROM decisions WHERE id = :id", id=held.decision_id)
    assert row is not None
    return row["review"], row["final_text"]


def test_a_held_draft_is_approved_by_one_key_and_taken_back(desk: Desk, page: Page, url: str) -> None:
    held = made.held(desk.tenant_id, subject="Lost card", customer_name="Mai Nguyen")
    page.goto(url)
    row = page.locator(f"#t{held.ticket_id}")
    expect(row).to_contain_text("Lost card")
    row.get_by_role("link").click()
    expect(page.get_by_role("heading", name="Draft by shop")).to_be_visible()
    expect(page.locator("mark")).to_have_text("We have blocked your card.")
    press(page, "a")
    expect(page.locator("#notice")).to_contain_text("Approved")
    assert review_of(desk, held)[0] == "approved"
    press(page, "z")
    expect(page.locator("#notice")).to_contain_text("Taken back")
    expect(page.get_by_role("heading", name="Draft by shop")).to_be_visible()
    assert review_of(desk, held)[0] == "open"
    page.evaluate(REFRESH)
    expect(page.locator("#notice")).to_contain_text("Taken back")


def test_a_send_may_be_taken_back_for_ten_seconds_and_no_longer(desk: Desk, page: Page, url: str) -> None:
    held = made.held(desk.tenant_id)
    page.clock.install()
    page.goto(f"{url}/tickets/{held.ticket_id}")
    press(page, "a")
    undo = page.get_by_role("button", name="Undo")
    expect(undo).to_be_enabled()
    with app_database().transaction(desk.tenant_id) as connection:
        sql = """SELECT extract(epoch FROM v.send_after - d.reviewed_at) AS seconds, v.send_after FROM deliveries v
                 JOIN decisions d ON d.id = v.decision_id WHERE v.ticket_id = :id"""
        (row,) = rows(connection, sql, id=held.ticket_id)
    assert 9.5 <= float(row["seconds"]) <= 10.5
    page.clock.pause_at(row["send_after"] - timedelta(seconds=3))
    page.clock.run_for(1_300)  # the count moves four times a second
    expect(page.locator("[data-until]")).to_have_text("2")
    expect(undo).to_be_enabled()
    page.clock.run_for(2_000)
    expect(undo).to_be_disabled()
    press(page, "z")
    assert review_of(desk, held)[0] == "approved"
    with app_database().transaction(desk.tenant_id) as connection:
        execute(
            connection,
            "UPDATE deliveries SET send_after = send_after - interval '10 s' WHERE ticket_id = :id",
            id=held.ticket_id,
        )
    page.goto(f"{url}/tickets/{held.ticket_id}")
    expect(page.locator(".message.going")).to_be_visible()
    expect(undo).to_have_count(0)


def test_a_draft_is_edited_and_both_texts_are_kept(desk: Desk, page: Page, url: str) -> None:
    held = made.held(desk.tenant_id)
    page.goto(f"{url}/tickets/{held.ticket_id}")
    press(page, "e")
    page.get_by_role("textbox", name="Edit before sending").fill("Your card is blocked.\nBest regards")
    page.get_by_role("button", name="Send this text").click()
    expect(page.locator(".message.going")).to_contain_text("Best regards")
    assert review_of(desk, held) == ("edited", "Your card is blocked.\nBest regards")
    with app_database().transaction(desk.tenant_id) as connection:
        sql = "SELECT data FROM events WHERE kind = 'review.edited' AND ticket_id = :id"
        row = maybe_row(connection, sql, id=held.ticket_id)
    assert row is not None
    assert row["data"]["before"] == "We have blocked your card."
    assert row["data"]["seconds"] >= 0


def test_a_refresh_on_its_way_does_not_close_what_was_opened_since(desk: Desk, page: Page, url: str) -> None:
    held = made.held(desk.tenant_id)
    page.goto(f"{url}/tickets/{held.ticket_id}")
    page.wait_for_selector("html[data-ready]", state="attached")
    on_its_way: list[Route] = []
    page.route(f"**/tickets/{held.ticket_id}", lambda route: on_its_way.append(route))
    with page.expect_request(f"**/tickets/{held.ticket_id}"):
        page.evaluate("htmx.trigger(document.getElementById('ticket'), 'refresh')")
    press(page, "e")
    page.locator("#edited").fill("Half a sentence")
    with page.expect_response(f"**/tickets/{held.ticket_id}") as answer:
        on_its_way[0].continue_()
    answer.value.finished()
    page.unroute_all()
    made.note(desk.tenant_id, held.ticket_id, "Said meanwhile")
    expect(page.locator("#edited")).to_have_value("Half a sentence")
    page.get_by_role("button", name="Send this text").click()
    expect(page.locator(".message.going")).to_contain_text("Half a sentence")
    expect(page.get_by_text("Said meanwhile")).to_be_visible()


def test_a_draft_is_rejected_with_a_reason_and_the_ticket_answered_by_hand(desk: Desk, page: Page, url: str) -> None:
    held = made.held(desk.tenant_id)
    page.goto(f"{url}/tickets/{held.ticket_id}")
    press(page, "r")
    page.get_by_role("textbox", name="What is wrong with it?").fill("wrong card")
    page.locator("details[open] button.danger").click()
    expect(page.locator("#notice")).to_contain_text("rejected")
    page.get_by_role("textbox", name="Write to the customer").fill("Hello, which card is it?")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator(".message.going")).to_contain_text("which card")


def test_what_another_person_decided_meanwhile_is_told(desk: Desk, page: Page, url: str) -> None:
    held = made.held(desk.tenant_id)
    page.goto(f"{url}/tickets/{held.ticket_id}")
    expect(page.locator("html.is-live")).to_be_attached()
    page.evaluate("document.querySelectorAll('[data-live]').forEach((one) => one.removeAttribute('data-live'))")
    desk.client("staff").post(f"/v1/reviews/{held.decision_id}/approve")
    press(page, "a")
    expect(page.locator("#notice")).to_contain_text("Somebody else")


def test_a_new_ticket_appears_without_a_reload(desk: Desk, page: Page, url: str) -> None:
    page.goto(f"{url}/?view=all")
    expect(page.locator("html.is-live")).to_be_attached()
    ticket_id = made.ticket(desk.tenant_id, "Where is my parcel?", subject="Just now")
    expect(page.locator(f"#t{ticket_id}")).to_contain_text("Just now", timeout=5_000)


def test_the_list_is_walked_and_opened_by_keys_and_search_lives_in_the_address(
    desk: Desk, page: Page, url: str
) -> None:
    first, second = (made.held(desk.tenant_id, f"walk {n}", subject=f"keyboard{n}") for n in range(2))
    page.goto(f"{url}/")
    press(page, "/")
    page.keyboard.type("keyb")
    page.wait_for_url("**q=keyb**")
    expect(page.locator("[data-list] > li")).to_have_count(2)
    press(page, "Escape")
    press(page, "j")
    press(page, "j")
    expect(page.locator("li.chosen")).to_have_id(f"t{first.ticket_id}")
    press(page, "k")
    press(page, "o")
    page.wait_for_url(f"{url}/tickets/{second.ticket_id}")
    page.go_back()
    expect(page.locator("#q")).to_have_value("keyb")
    press(page, "?")
    expect(page.get_by_role("dialog")).to_be_visible()


def test_a_document_is_corrected_where_it_was_read_and_the_next_one_opens(desk: Desk, page: Page, url: str) -> None:
    fields = tuple(
        FieldValue(name=name, type="text", value=value, score=0.5, evidence=evidence(number))
        for number, (name, value) in enumerate([("supplier", "Acme"), ("total", "5,00 EUR")])
    )
    content = pdf("Acme Total 15,00 EUR")
    uploaded = desk.client().post("/v1/documents", files={"file": ("invoice.pdf", content)}).json()
    with app_database().transaction(desk.tenant_id) as connection:
        execute(connection, "UPDATE documents SET attention = '' WHERE id = :id", id=UUID(uploaded["id"]))
    held, other = (made.document(desk.tenant_id, fields, sha256=uploaded["sha256"]) for _ in range(2))
    page.goto(f"{url}/documents/{held.document_id}")
    press(page, "Tab")
    page.locator("rect[data-field=total]").click()
    expect(page.get_by_role("textbox", name="Total")).to_be_focused()
    page.keyboard.press("Control+a")
    page.keyboard.type("15,00 EUR")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Save corrections")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#notice")).to_contain_text("What was read is kept")
    expect(page.locator("del")).to_have_text("5,00 EUR")
    press(page, "n")
    page.wait_for_url(f"{url}/documents/{other.document_id}")
    press(page, "a")
    expect(page.locator("#notice")).to_contain_text("Approved")
    assert (review_of(desk, held)[0], review_of(desk, other)[0]) == ("edited", "approved")


def test_doubtful_values_come_first_and_sure_ones_are_folded_away(desk: Desk, page: Page, url: str) -> None:
    scores = {"supplier": 0.99, "total": 0.5, "number": 0.97}
    fields = tuple(
        FieldValue(
            name=name, type="text", value=name.upper(), score=score, evidence=evidence(number), required=name == "total"
        )
        for number, (name, score) in enumerate(scores.items())
    )
    uploaded = desk.client().post("/v1/documents", files={"file": ("a.pdf", pdf("Acme Total 15,00 EUR"))}).json()
    held = made.document(desk.tenant_id, fields, sha256=uploaded["sha256"])
    page.goto(f"{url}/documents/{held.document_id}")
    expect(page.locator("textarea:visible")).to_have_count(1)
    expect(page.get_by_text("2 values read with certainty")).to_be_visible()
    expect(page.locator(".value[data-field=total] label")).to_contain_text("needed")
    expect(page.locator(".value[data-field=number] label")).not_to_contain_text("needed")
    page.get_by_role("textbox", name="Total").press("Enter")
    expect(page.get_by_role("button", name="Approve")).to_be_focused()  # what is folded away is passed over
    page.locator("rect[data-field=supplier]").click()
    expect(page.locator("textarea:visible")).to_have_count(3)
    expect(page.locator(".value.chosen textarea")).to_have_value("SUPPLIER")


def evidence(number: int) -> Evidence:
    return Evidence(kind="page", page=1, box=(0.1, 0.1 + number / 10, 0.4, 0.15 + number / 10), text="")


def test_an_audit_is_judged_blind_by_one_key(desk: Desk, page: Page, url: str) -> None:
    refund = ActionProposal(name="refund", arguments={"amount": "5 EUR"}, provenance={"amount": "ticket"})
    held = made.held(desk.tenant_id, "Audit me", audited=True, actions=(refund,))
    page.goto(f"{url}/audits")
    expect(page.get_by_text("Audit me")).to_be_visible()
    expect(page.get_by_text("5 EUR")).to_be_visible()
    assert "0.81" not in page.content()
    press(page, "w")
    expect(page.locator("#notice")).to_contain_text("score was 0.81")
    with app_database().transaction(desk.tenant_id) as connection:
        row = maybe_row(connection, 'SELECT state, "right", judged_by FROM audits WHERE run_id = :id', id=held.run_id)
    assert row is not None
    assert (row["state"], row["right"], row["judged_by"]) == ("judged", False, "mai@example.com")


def test_an_answer_known_to_be_bad_looks_like_an_audit_and_says_what_it_was_once_judged(
    desk: Desk, page: Page, url: str
) -> None:
    asked, other = made.held(desk.tenant_id, "Where is my parcel?"), made.held(desk.tenant_id, reply="Reset it here.")
    made.known_bad(desk.tenant_id, asked, other)
    page.goto(f"{url}/audits")
    expect(page.locator("#audit")).to_contain_text("Where is my parcel?")
    expect(page.locator("#audit")).to_contain_text("Reset it here.")
    assert "known to be bad" not in page.content()
    press(page, "w")
    expect(page.locator("#notice")).to_contain_text("Caught: this was the answer to another question")
    expect(page.get_by_role("region", name="Reviewers")).to_contain_text("1 of 1 caught")
    assert not axe_faults(page)


def test_an_audit_shown_blind_to_its_author_names_none(desk: Desk, page: Page, url: str) -> None:
    desk.client("ops").put("/v1/gate/blind", json={"author": True})
    refund = ActionProposal(name="refund", arguments={"amount": 5}, provenance={"amount": "ticket"})
    made.held(desk.tenant_id, "Who wrote this?", audited=True, actions=(refund,))
    page.goto(f"{url}/audits")
    shown = page.get_by_role("region", name="Question and answer")
    expect(shown).to_contain_text("Who wrote this?")
    expect(shown.locator(".ours header b")).to_have_text("Reply")
    expect(shown.locator("dd .chip")).to_have_count(0)
    assert not axe_faults(page)
    press(page, "y")
    expect(page.locator("#notice")).to_have_text("Judged.")
    desk.client("ops").put("/v1/gate/blind", json={"author": False})


def test_the_audited_draft_on_its_ticket_shows_no_score(desk: Desk, page: Page, url: str) -> None:
    held = made.held(desk.tenant_id, audited=True)
    page.goto(f"{url}/tickets/{held.ticket_id}")
    expect(page.get_by_text("is being audited")).to_be_visible()
    assert "0.81" not in page.content()


def test_a_ticket_is_taken_in_by_the_form_and_a_document_by_drop(desk: Desk, page: Page, url: str) -> None:
    page.goto(f"{url}/submit")
    page.get_by_label("Subject").fill("By hand")
    page.get_by_label("Message").fill("Where is it?\nThank you")
    page.get_by_role("button", name="Take in").click()
    expect(page.get_by_role("heading", name="By hand")).to_be_visible()
    page.goto(f"{url}/submit")
    page.set_input_files("input[type=file]", {"name": "a b.txt", "mimeType": "text/plain", "buffer": b"Total 5"})
    expect(page.locator(".upload")).to_contain_text("Taken in")
    page.locator(".upload a").click()
    expect(page.get_by_role("heading", name="a b.txt")).to_be_visible()


def test_an_agent_is_paused_and_its_target_changed(desk: Desk, page: Page, url: str) -> None:
    page.goto(f"{url}/agents/account_access")
    page.get_by_label("Target accuracy").select_option(label="97%")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_label("Target accuracy")).to_have_value("0.97")
    page.get_by_role("button", name="Pause this agent").click()
    expect(page.get_by_role("button", name="Resume this agent")).to_be_visible()
    page.goto(f"{url}/agents")
    page.get_by_role("button", name="Pause all automation").click()
    expect(page.get_by_text("Automation is paused.")).to_be_visible()
    page.get_by_role("button", name="Resume automation").click()
    with app_database().transaction(desk.tenant_id) as connection:
        execute(connection, "DELETE FROM agent_settings")


def test_an_agent_is_demoted_and_promoted_up_to_its_ceiling(desk: Desk, page: Page, url: str) -> None:
    def tier() -> str:
        with app_database().transaction(desk.tenant_id) as connection:
            setting = policies.tenant_state(connection).agents["account_access"]
        return str(setting.tier)

    page.goto(f"{url}/agents/account_access")
    chosen = page.get_by_label("Tier")
    ceiling = chosen.input_value()
    for wanted in ("shadow", ceiling):
        chosen.select_option(wanted)
        page.get_by_role("button", name="Save").click()
        page.wait_for_load_state()
        expect(chosen).to_have_value(wanted)
        assert tier() == wanted
    assert chosen.locator("option").evaluate_all("(all) => all.at(-1).value") == ceiling
    page.goto(f"{url}/journal?action=agent.set")
    expect(page.locator("tbody tr").first).to_contain_text("account_access")
    with app_database().transaction(desk.tenant_id) as connection:
        execute(connection, "DELETE FROM agent_settings")


def test_the_pages_speak_three_languages(page: Page, url: str) -> None:
    page.goto(url)
    for language, word in [("vi", "Cần duyệt"), ("de", "Zu prüfen"), ("en", "Needs review")]:
        page.select_option("#reader-language", language)
        expect(page.get_by_role("heading", level=1)).to_have_text(word)
        expect(page.locator("html")).to_have_attribute("lang", language)


def test_somebody_logs_in_comes_back_to_where_they_wanted_and_logs_out(
    context: BrowserContext, url: str, person: UUID
) -> None:
    page = context.new_page()
    page.goto(f"{url}/audits")
    assert page.url == f"{url}/login?next=/audits"
    page.fill("[name=email]", EMAIL)
    page.fill("[name=password]", "not this one")
    page.click("form button")
    expect(page.get_by_role("alert")).to_contain_text("wrong")
    page.fill("[name=password]", PASSWORD)
    page.click("form button")
    page.wait_for_url(f"{url}/audits")
    page.get_by_role("button", name="Log out").click()
    page.wait_for_url(f"{url}/login")
    page.goto(f"{url}/")
    assert page.url == f"{url}/login"
