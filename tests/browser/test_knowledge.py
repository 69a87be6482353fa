"""A knowledge gap becomes an answer of an agent, drafted, edited and approved in the page; versions are compared."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from agents.answers_file import parse
from core.db import app_database
from core.store import versions
from core.store.sql import execute, rows
from tests.api import made
from tests.api.conftest import Desk, agents_in
from tests.api.xss import PAYLOADS
from tests.browser.conftest import axe_faults, press


@pytest.fixture
def own(desk: Desk, tmp_path: Path) -> Iterator[Path]:
    """The operator's folder, empty yet."""
    root = tmp_path / "agents"
    root.mkdir()
    with agents_in(root):
        yield root
    with app_database().transaction(desk.tenant_id) as connection:
        execute(connection, "DELETE FROM agent_settings")
        execute(connection, "DELETE FROM answer_drafts")


def test_a_gap_becomes_an_answer_that_is_edited_and_approved_in_the_page(
    desk: Desk, page: Page, url: str, own: Path
) -> None:
    held = made.held(desk.tenant_id, "I lost my gold card", customer_name="Mai Nguyen")
    desk.client("staff").post(f"/v1/reviews/{held.decision_id}/reject", json={"reason": "no"})
    page.goto(f"{url}/answers?intent=lost_card")
    expect(page.get_by_label("What customers write")).to_have_value("[en] I lost my gold card")
    page.get_by_label("Name of the new agent").fill("our_cards")
    page.get_by_label("In one line").fill("Cards that are lost.")
    page.locator("[name=answer_en]").fill("We have blocked it.\n\nA new one comes by post.")
    assert axe_faults(page) == []
    page.get_by_role("button", name="Approve and put in service").click()
    expect(page.locator("#notice")).to_contain_text("The answer is in service")
    text = (own / "our_cards" / "answers.md").read_text(encoding="utf-8")
    assert parse(text).intents["lost_card"].answers == {"en": "We have blocked it.\n\nA new one comes by post."}
    page.goto(f"{url}/agents/our_cards")
    page.get_by_text("lost card", exact=True).click()
    page.get_by_role("link", name="Edit: lost card").click()
    page.locator("[name=answer_de]").fill("Sie ist gesperrt.")
    page.get_by_role("button", name="Keep as draft").click()
    expect(page.get_by_text("Drafted by mai@example.com")).to_be_visible()
    assert "Sie ist gesperrt" not in (own / "our_cards" / "answers.md").read_text(encoding="utf-8")
    page.goto(f"{url}/gaps")
    press(page, "o")
    page.get_by_role("button", name="Approve and put in service").click()
    expect(page.locator("#notice")).to_contain_text("The answer is in service")
    assert "Sie ist gesperrt" in (own / "our_cards" / "answers.md").read_text(encoding="utf-8")
    page.goto(f"{url}/agents/our_cards/versions")
    expect(page.locator(".diff .added").filter(has_text="### answer de")).to_be_visible()
    assert axe_faults(page) == []


def test_two_versions_are_compared_on_the_tickets_that_both_worked_on(desk: Desk, page: Page, url: str) -> None:
    live = made.held(desk.tenant_id, "Where is it?", "It comes today.", agent="warranty", subject="Both saw it")
    with app_database().transaction(desk.tenant_id) as connection:
        for version, answers in (("1+abc", "It comes today.\n"), ("2+def", "It comes tomorrow.\n")):
            versions.keep(connection, desk.tenant_id, [versions.Version("warranty", version, {"answers.md": answers})])
    made.shadow(desk.tenant_id, live, version="2+def", reply="It comes tomorrow.")
    page.goto(f"{url}/agents/warranty/versions")
    page.get_by_role("radio", name="1+abc as the old one").check()
    page.get_by_role("radio", name="2+def as the new one").check()
    page.get_by_role("button", name="Compare").click()
    page.wait_for_url("**second=2%2Bdef&first=1%2Babc")
    pair = page.get_by_label("Both saw it")
    expect(pair.locator("del")).to_have_text("today.")
    expect(pair.locator("ins")).to_have_text("tomorrow.")
    expect(page.get_by_role("row", name="Tickets that both worked on")).to_contain_text("1")
    expect(page.locator(".diff .added")).to_have_text("+It comes tomorrow.\n")
    assert axe_faults(page) == []
    page.get_by_role("button", name="Try the serving version").click()
    expect(page.locator("#notice")).to_contain_text("1")
    with app_database().transaction(desk.tenant_id) as connection:
        sql = """SELECT o.task FROM outbox o JOIN work_items w ON w.id = o.subject_id
                 WHERE w.ticket_id = :id AND o.task = 'item.replay'"""
        assert len(rows(connection, sql, id=live.ticket_id)) == 1


def test_a_built_in_agent_is_copied_before_its_answers_change(desk: Desk, page: Page, url: str, own: Path) -> None:
    held = made.held(desk.tenant_id, "I lost my silver card")
    desk.client("staff").post(f"/v1/reviews/{held.decision_id}/reject", json={"reason": "no"})
    page.goto(f"{url}/answers?agent=warranty&intent=lost_card")
    expect(page.get_by_text("is built in and is never changed")).to_be_visible()
    expect(page.get_by_text("A first draft")).to_have_count(0)  # nothing is drafted before the copy
    page.get_by_role("button", name="Make a copy of our own").click()
    page.wait_for_url(f"{url}/agents/our_warranty")
    assert (own / "our_warranty" / "answers.md").exists()


def test_an_answer_that_would_read_as_something_else_is_told_and_what_was_typed_stays(
    page: Page, url: str, own: Path
) -> None:
    hits: list[str] = []
    page.expose_function("hit", lambda: hits.append(page.url))
    page.goto(f"{url}/answers?intent=bad")
    page.get_by_label("Name of the new agent").fill("our_bad")
    page.get_by_label("What customers write").fill("[en] Is it so?")
    page.locator("[name=answer_en]").fill("## other\n" + "\n".join(PAYLOADS))
    page.get_by_role("button", name="Approve and put in service").click()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.locator("[name=answer_en]")).to_have_value("## other\n" + "\n".join(PAYLOADS))
    assert not list(own.iterdir()) and hits == []


def test_answers_and_versions_escape_what_strangers_wrote(desk: Desk, page: Page, url: str, own: Path) -> None:
    hits: list[str] = []
    page.expose_function("hit", lambda: hits.append(page.url))
    texts = [one for one in PAYLOADS if "{" not in one and not one.startswith("#")]
    answer = "\n".join(texts)
    examples = [{"language": "en", "text": " ".join(one.split())} for one in texts]
    body = {"summary": PAYLOADS[1], "examples": examples, "answers": {"en": answer}}
    client = desk.client("ops")
    client.post("/v1/agents/warranty/copy", json={"name": "our_warranty"})
    for number, wanted in enumerate((body, {**body, "summary": PAYLOADS[0]})):
        told = client.put("/v1/agents/our_warranty/answers/strange", json=wanted)
        assert told.status_code == 200, (number, told.text)
    client.post("/v1/answer-drafts", json={"agent": "our_warranty", "intent": "other", **body})
    draft = client.get("/v1/answer-drafts").json()[0]["id"]
    paths = ("/gaps", f"/answers/{draft}", "/answers?agent=our_warranty&intent=strange")
    for path in (*paths, "/agents/our_warranty", "/agents/our_warranty/versions"):
        page.goto(url + path)
        page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
        wrong = "document.querySelectorAll('main script, iframe, object, [onerror], [onload]').length"
        assert page.evaluate(wrong) == 0
    assert hits == []
