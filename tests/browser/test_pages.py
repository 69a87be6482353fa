"""Every page: no accessibility fault in either theme, no text that runs as script, nothing wider than a phone."""

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from core.contracts import ActionProposal, Evidence, FieldValue
from core.db import app_database
from core.store import trials
from tests.api import made
from tests.api.conftest import Desk
from tests.api.xss import PAYLOADS
from tests.browser.conftest import axe_faults, open_page

PATHS = (
    *(
        "/",
        "/?view=all",
        "/audits",
        "/documents",
        "/submit",
        "/report",
        "/report/items?figure=accuracy",
        "/notices",
        "/agents",
        "/agents/account_access",
    ),
    *("/dead-letters", "/journal", "/canned", "/calendar", "/playground", "/?view=due", "/nothing"),
    *("/gaps", "/answers", "/answers?agent=warranty&intent=warranty_claim", "/agents/warranty/versions"),
    *("/people", "/account", "/keys", "/tenant"),
)
EVIDENCE = Evidence(kind="page", page=1, box=(0.1, 0.1, 0.4, 0.2), text="5")


@pytest.fixture(scope="module")
def filled(desk: Desk) -> tuple[str, ...]:
    """Something on every list; returns the addresses of a held ticket, an answered one and a document."""
    action = ActionProposal(name="refund", arguments={"amount": "5"}, provenance={"amount": "ticket"})
    held = made.held(desk.tenant_id, subject="Held", customer_name="Mai", actions=(action,))
    audited = made.held(desk.tenant_id, subject="Audited", audited=True)
    declined = made.held(desk.tenant_id, subject="Declined", reply="", action="decline")
    fields = (FieldValue(name="total", type="money", value="5 EUR", score=0.4, evidence=EVIDENCE),)
    document = made.document(desk.tenant_id, fields)
    client = desk.client("staff")
    client.post(f"/v1/reviews/{made.held(desk.tenant_id).decision_id}/approve")
    client.post(f"/v1/tickets/{held.ticket_id}/notes", json={"text": "Called"})
    client.put(f"/v1/tickets/{held.ticket_id}/tags", json={"tags": ["vip", "late parcel"]})
    client.post("/v1/canned-replies", json={"title": "Late", "language": "en", "text": "Dear {customer.name}"})
    tickets = [f"/tickets/{one.ticket_id}" for one in (held, audited, declined)]
    known = made.held(desk.tenant_id, subject="Known", customer_name="Mai", customer_address="mai@mail.example")
    customer = client.get(f"/v1/tickets/{known.ticket_id}").json()["customer_id"]
    return (*tickets, f"/documents/{document.document_id}", f"/customers/{customer}")


def test_axe_finds_nothing_in_either_theme(page: Page, url: str, filled: tuple[str, ...]) -> None:
    found = []
    for path in (*PATHS, *filled, "/login", "/docs"):
        page.goto(url + path)
        found += axe_faults(page)
    assert found == []


def test_no_page_is_wider_than_a_phone(chromium: Browser, url: str, cookie: str, filled: tuple[str, ...]) -> None:
    context = chromium.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = open_page(context, url, cookie)
    wide = {}
    for path in (*PATHS, *filled):
        page.goto(url + path)
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > 390:
            wide[path] = width
    page.goto(url)
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("link", name="Control room").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Control room")
    context.close()
    assert wide == {}


def test_no_text_of_a_stranger_or_an_agent_runs_as_script(desk: Desk, page: Page, url: str) -> None:
    hits: list[str] = []
    page.expose_function("hit", lambda: hits.append(page.url))
    page.on("dialog", lambda dialog: pytest.fail(f"{page.url} opened a dialog: {dialog.message}"))
    paths = ["/?view=all", "/?view=handoff", "/audits", "/documents", "/journal", "/report", "/canned"]
    client = desk.client("staff")
    assert len(set(PAYLOADS)) >= 100
    for number in range(0, len(PAYLOADS), 10):
        bad = "\n".join(PAYLOADS[number : number + 10])
        action = ActionProposal(name=bad, arguments={bad: bad}, provenance={bad: bad})
        held = made.held(
            desk.tenant_id,
            bad,
            bad,
            subject=bad,
            customer_name=bad,
            customer_address=bad,
            actions=(action,),
            audited=bool(number % 20),
            agent=bad,
            source=bad,
        )
        client.post(f"/v1/tickets/{held.ticket_id}/notes", json={"text": bad})
        client.put(f"/v1/tickets/{held.ticket_id}/tags", json={"tags": PAYLOADS[number : number + 10]})
        client.post("/v1/canned-replies", json={"title": bad[:200], "text": bad})
        client.post("/v1/views", json={"name": PAYLOADS[number][:60], "filter": {"q": bad[:300]}, "shared": True})
        fields = (FieldValue(name=bad, type="text", value=bad, normalised=bad, reason=bad, evidence=EVIDENCE),)
        document = made.document(desk.tenant_id, fields, filename=bad, text=bad, document_type=bad)
        paths += [f"/tickets/{held.ticket_id}", f"/documents/{document.document_id}"]
        customer = client.get(f"/v1/tickets/{held.ticket_id}").json()["customer_id"]
        paths += [f"/customers/{customer}"] if number % 40 == 0 else []
    with app_database().transaction(desk.tenant_id) as connection:
        given = {"text": bad, "subject": bad}
        trial = trials.add(connection, desk.tenant_id, agent=bad, given=given, by=bad, queue="tickets")
        done = trials.add(connection, desk.tenant_id, agent=bad, given=given, by=bad, queue="llm")
        trials.finish(connection, done, trial_result(bad))
    paths += [f"/playground/{trial}", f"/playground/{done}"]
    for path in paths:
        page.goto(url + path)
        page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
        assert (
            page.evaluate("document.querySelectorAll('main script, iframe, object, [onerror], [onload]').length") == 0
        )
    assert hits == []


def trial_result(text: str) -> dict[str, Any]:
    """What a trial gave, with `text` wherever a model or a tool may write."""
    usage = {"seconds": 1.0, "cost_usd": 0.01, "model_calls": 1, "model": text, "input_tokens": 9, "output_tokens": 9}
    call = {"name": text, "arguments": {text: text}}
    model = {"name": text, "system": text, "sent": [text], "said": text, "calls": [call], "tokens": [9, 9]}
    told = {"name": text, "arguments": {text: text}, "told": text, "seconds": 1.0}
    proposal = {"kind": "reply", "reply": text, "reason": text, "language": "en", "intent": text, "score": 0.5}
    proposal |= {"signals": {text: 0.5}, "sources": [], "agent_version": text, "fingerprint": text, "usage": usage}
    proposal["actions"] = [{**call, "provenance": {text: text}}]
    return {
        "steps": [{**model, "step": "model", "cost_usd": 0.01, "seconds": 1.0}, {**told, "step": "tool"}],
        "triage": {"agent": text, "intent": text, "score": 0.5, "language": text, "priority": "high", "reason": text},
        "proposal": proposal,
        "decision": {"action": "hold", "reasons": [{"code": "no_draft", "values": {"reason": text}}]},
    }


def test_a_script_that_slips_in_is_stopped_by_the_policy(page: Page, url: str) -> None:
    hits: list[str] = []
    page.expose_function("hit", lambda: hits.append(page.url))
    page.goto(url)
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=hit()>')")
    page.evaluate(
        "() => { const s = document.createElement('script'); s.textContent = 'hit()'; document.body.append(s) }"
    )
    page.wait_for_timeout(200)
    assert hits == []


def test_a_page_weighs_little(page: Page, url: str, filled: tuple[str, ...]) -> None:
    weights: dict[str, int] = {}
    page.on("response", lambda answer: weights.update({answer.url: int(answer.headers.get("content-length", 0))}))
    for path in ("/report", "/", filled[0], filled[3], "/agents/account_access"):
        weights.clear()
        page.goto(url + path)
        page.wait_for_selector("html[data-ready]", state="attached")
        sent = {name: weight for name, weight in weights.items() if "/static/" in name}
        assert len(sent) > 5 and all(sent.values()), path
        assert sum(sent.values()) < 60_000, path  # compressed scripts and styles; the limit we set ourselves is 300 kB
