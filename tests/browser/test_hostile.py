"""A hundred texts that would run as script, wherever a stranger, an agent or a colleague may write: none does."""

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Page

from cli.weekly import html
from cli.weekly.content import Card, Chart, Weekly
from cli.weekly.tables import Table
from core.contracts import ActionProposal, Evidence, FieldValue
from core.db import app_database
from core.store import alarms, case_results, handling, standings, translations, trials
from core.store.sql import execute, rows
from metrics.estimate import Estimate
from tests.api import made
from tests.api.conftest import Desk
from tests.api.xss import PAYLOADS
from tests.browser.conftest import EMAIL
from workers.rollup import catch_up

EVIDENCE = Evidence(kind="page", page=1, box=(0.1, 0.1, 0.4, 0.2), text="5")
ALIVE = "document.querySelectorAll('main script, iframe, object, embed, base, [onerror], [onload]').length"
LISTS = (
    *("/?view=all", "/?view=handoff", "/?view=mine", "/audits", "/documents", "/journal", "/report", "/canned"),
    *("/report?by=agent", "/report?by=intent", "/notices", "/agents", "/agents/warranty", "/gaps", "/playground"),
    *(f"/report/items?figure={figure}" for figure in ("automation_share", "accuracy", "held:score_below_threshold")),
    "/report/items?figure=straight_through",
)


@pytest.fixture
def hits(page: Page) -> list[str]:
    """Where a payload ran: empty at the end."""
    found: list[str] = []
    page.expose_function("hit", lambda: found.append(page.url))
    page.on("dialog", lambda dialog: pytest.fail(f"{page.url} opened a dialog: {dialog.message}"))
    return found


def look(page: Page, address: str) -> None:
    """Open a page and everything that is folded on it."""
    answer = page.goto(address)
    assert answer is not None and answer.status < 500, address
    page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
    assert page.evaluate(ALIVE) == 0, address


def test_no_text_of_a_stranger_or_an_agent_runs_as_script(
    desk: Desk, page: Page, url: str, hits: list[str], model: None
) -> None:
    assert len(set(PAYLOADS)) >= 100
    paths = list(LISTS)
    for number in range(0, len(PAYLOADS), 10):
        paths += items_with(desk, list(PAYLOADS[number : number + 10]), number)
    catch_up(desk.tenant_id)
    for path in paths:
        look(page, url + path)
    assert hits == []


def items_with(desk: Desk, payloads: list[str], number: int) -> list[str]:
    """Make a ticket, a document and trials with these texts wherever somebody may write; returns their addresses."""
    bad, client = "\n".join(payloads), desk.client("staff")
    action = ActionProposal(name=bad, arguments={bad: bad}, provenance={bad: bad})
    who = {"customer_name": bad, "customer_address": bad}
    known: dict[str, Any] = {"subject": bad, "actions": (action,), "agent": bad, "source": bad, "language": "de", **who}
    held = made.held(desk.tenant_id, bad, bad, audited=bool(number % 20), **known)
    ticket = f"/tickets/{held.ticket_id}"
    client.post(f"/v1{ticket}/notes", json={"text": bad})
    client.put(f"/v1{ticket}/tags", json={"tags": payloads})
    client.post("/v1/canned-replies", json={"title": bad[:200], "text": bad})
    client.post("/v1/views", json={"name": payloads[0][:60], "filter": {"q": bad[:300]}, "shared": True})
    fields = (
        FieldValue(name=bad, type="text", value=bad, normalised=bad, reason=bad, evidence=EVIDENCE),
        FieldValue(name="lines", type="table", value=bad, normalised=rows_of(payloads), evidence=EVIDENCE),
    )
    document = made.document(desk.tenant_id, fields, filename=bad, text=bad, reason=bad, document_type=bad)
    given = {"text": bad, "subject": bad}
    with app_database().transaction(desk.tenant_id) as connection:
        handling.assign(connection, desk.tenant_id, held.ticket_id, EMAIL, by=bad, at=datetime.now(UTC))
        asked = translations.ask(connection, desk.tenant_id, "run", held.run_id, "en", bad)
        translations.settle(connection, asked, text=bad, model=bad)
        trial = trials.add(connection, desk.tenant_id, agent=bad, given=given, by=bad, queue="tickets")
        done = trials.add(connection, desk.tenant_id, agent=bad, given=given, by=bad, queue="llm")
        trials.finish(connection, done, trial_result(bad))
        case_results.ask(connection, desk.tenant_id, "warranty", bad)
        (cases,) = rows(connection, "SELECT id FROM case_results WHERE agent = 'warranty'")
        went = [{"name": one, "passed": False, "differences": [one], "skipped": one} for one in payloads]
        case_results.settle(connection, cases["id"], bad, went)
        told = {"wrong": 1, "audits": 9, "target": 0.95}
        rang = alarms.NewAlarm(bad, "f", "accuracy", 9.0, 1.0, datetime.now(UTC), payloads, told)
        alarms.add(connection, desk.tenant_id, rang)
        stands = standings.Standing("warranty", bad, "1", datetime.now(UTC), standing(bad))
        standings.set_standings(connection, desk.tenant_id, [stands])
        execute(connection, "UPDATE tickets SET agent = :bad, intent = :bad WHERE id = :id", bad=bad, id=held.ticket_id)
    customer = client.get(f"/v1{ticket}").json()["customer_id"]
    document_path = f"/documents/{document.document_id}"
    return [ticket, document_path, f"{document_path}/line", f"/playground/{trial}", f"/playground/{done}"] + [
        f"/customers/{customer}"
    ] * (number % 40 == 0)


def rows_of(payloads: list[str]) -> str:
    """A table as a document's reader keeps it."""
    return json.dumps([{one: one for one in payloads}])


def standing(text: str) -> dict[str, Any]:
    """Where an agent stands, with `text` in what is said of it."""
    asked = {"target": 0.95, "confidence": 0.95, "critical_target": None, "threshold": None, "share": None}
    known = {"k": 0, "n": 0, "audits": 0, "log_e": 0.0, "missing": text, "audits_missing": None, "drift": None}
    moved = {"moved": 0.9, "p": 0.0, "kind": text, "then": 0.0, "now": 0.9}
    alarm = {"alarm": {"value": 1.0, "level": 300.0}, "simulated": False, "since": datetime.now(UTC).isoformat()}
    return {**asked, **known, **alarm, "inputs": {"intent": moved}}


def trial_result(text: str) -> dict[str, Any]:
    """What a trial gave, with `text` wherever a model or a tool may write."""
    usage = {"seconds": 1.0, "cost_usd": 0.01, "model_calls": 1, "model": text, "input_tokens": 9, "output_tokens": 9}
    call = {"name": text, "arguments": {text: text}}
    model = {"name": text, "system": text, "sent": [text], "said": text, "calls": [call], "tokens": [9, 9]}
    told = {"name": text, "arguments": {text: text}, "told": text, "seconds": 1.0}
    proposal = {"kind": "reply", "reply": text, "reason": text, "language": "en", "intent": text, "score": 0.5}
    proposal |= {"signals": {text: 0.5}, "agent_version": text, "fingerprint": text, "usage": usage}
    proposal["sources"] = [{"kind": "tool", "id": text, "title": text, "quote": text}]
    proposal["actions"] = [{**call, "provenance": {text: text}}]
    return {
        "steps": [{**model, "step": "model", "cost_usd": 0.01, "seconds": 1.0}, {**told, "step": "tool"}],
        "triage": {"agent": text, "intent": text, "score": 0.5, "language": text, "priority": "high", "reason": text},
        "proposal": proposal,
        "decision": {"action": "hold", "reasons": [{"code": "no_draft", "values": {"reason": text}}]},
    }


def test_what_is_typed_into_an_address_or_a_form_comes_back_as_text(page: Page, url: str, hits: list[str]) -> None:
    for number in range(0, len(PAYLOADS), 20):
        bad = quote("\n".join(PAYLOADS[number : number + 20]))
        for path in (f"/?view=all&q={bad}", f"/journal?object={bad}", f"/nothing/{bad}", f"/agents/{bad}"):
            look(page, url + path)
    page.goto(f"{url}/submit")
    typed = "(one, text) => { one.removeAttribute('maxlength'); one.value = text }"
    page.locator("[name=subject]").evaluate(typed, "\n".join(PAYLOADS))  # too long, so it is shown again
    page.locator("textarea[name=text]").fill("\n".join(PAYLOADS))
    page.get_by_role("button", name="Take in").click()
    assert page.evaluate(ALIVE) == 0
    assert hits == []


def test_the_weekly_report_is_text_too(page: Page, hits: list[str]) -> None:
    text = "\n".join(PAYLOADS)
    tables = [Table(title=text, head=[text], rows=[[text, text]], note=text)]
    charts = [Chart(title=text, points=[(text, Estimate(value=0.5, low=0.4, high=0.6, n=9))], note=text)]
    cards = [Card(title=text, value=text, around=text, moved=text)]
    made = Weekly(
        language="en",
        title=text,
        period=text,
        cards=cards,
        sentences=[text],
        charts=charts,
        tables=tables,
        footnotes=[text],
        words=dict.fromkeys(("nothing", "unknown", "how_to_read", "what_matters"), text),
    )
    page.set_content(html.page(made))
    assert page.evaluate(ALIVE) == 0
    assert hits == []


def test_a_script_that_slips_in_is_stopped_by_the_policy(page: Page, url: str, hits: list[str]) -> None:
    page.goto(url)
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=hit()>')")
    page.evaluate(
        "() => { const s = document.createElement('script'); s.textContent = 'hit()'; document.body.append(s) }"
    )
    page.wait_for_timeout(200)
    assert hits == []


def test_no_page_lets_scripts_or_styles_stand_in_it(page: Page, url: str) -> None:
    for path in ("/", "/login", "/docs", "/nothing", "/static/app.js"):
        answer = page.request.get(url + path)
        policy = answer.headers["content-security-policy"]
        assert "unsafe" not in policy and "script-src 'self';" in policy and "default-src 'none'" in policy, path
