"""A company with something on every page: what the tests that walk all of them look at.

Its own words hold no English (customers' texts, names, titles), so that English on a page is the page's.
"""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from core.contracts import ActionProposal, Evidence, FieldValue
from core.db import app_database
from core.ids import new_id
from core.store import alarms, answer_drafts, case_results, handling, standings, translations, trials
from core.store.sql import execute, rows, scalar
from tests.api import made
from tests.api.conftest import Desk
from workers.rollup import catch_up

ERRORS = ("/nothing", "/tickets/nonsense")
PATHS = (
    *("/", "/?view=all", "/?view=handoff", "/?view=mine", "/?view=due", "/?view=all&q=xyzzy"),
    *("/audits", "/documents", "/submit", "/report", "/report/items?figure=accuracy", "/notices"),
    *("/agents", "/agents/account_access", "/agents/warranty/versions", "/playground"),
    *("/gaps", "/answers", "/answers?agent=warranty&intent=warranty_length"),
    *("/dead-letters", "/journal", "/canned", "/calendar"),
    *("/people", "/account", "/keys", "/tenant", *ERRORS),
)
EVIDENCE = Evidence(kind="page", page=1, box=(0.1, 0.1, 0.4, 0.2), text="5")
TEXT, REPLY = "Thẻ 4711?", "Thẻ 4711 đã khóa."
REASONS = (
    "nothing fits",
    "there is no approved answer in 'vi' for 'track_order'",
    "the model hands over: Thẻ 4711",
    "openai:xyz: rate limited (429)",
)


def fill(desk: Desk, person: str) -> tuple[str, ...]:
    """Something on every list, a ticket assigned to this person; returns addresses of tickets, documents, trials."""
    action = ActionProposal(name="refund", arguments={"amount": "5"}, provenance={"amount": "ticket"})
    known: dict[str, Any] = {"language": "vi", "customer_name": "Mai", "source": "The customer wants the account gone."}
    held = made.held(desk.tenant_id, TEXT, REPLY, subject="Thẻ", actions=(action,), **known)
    audited = made.held(desk.tenant_id, TEXT, REPLY, subject="Thẻ", audited=True, agent="warranty", **known)
    declined = [
        made.held(desk.tenant_id, TEXT, "", subject="Thẻ", action="decline", why=why, agent="warranty", **known)
        for why in REASONS
    ]
    client = desk.client("staff")
    client.post(f"/v1/reviews/{made.held(desk.tenant_id, TEXT, REPLY, **known).decision_id}/approve")
    edited = made.held(desk.tenant_id, TEXT, REPLY, subject="Thẻ", **known)
    client.post(f"/v1/reviews/{edited.decision_id}/edit", json={"text": "Thẻ 4712 đã khóa."})
    client.post(f"/v1/tickets/{held.ticket_id}/notes", json={"text": "4711"})
    client.put(f"/v1/tickets/{held.ticket_id}/tags", json={"tags": ["vip", "xyz 1"]})
    client.post("/v1/canned-replies", json={"title": "Muộn", "language": "vi", "text": "Chào {customer.name}"})
    client.post("/v1/views", json={"name": "Xyz", "filter": {"q": "4711"}, "shared": False})
    made.note(desk.tenant_id, held.ticket_id, "4712")
    where: dict[str, Any] = {"customer_address": "mai@mail.example"}
    record = made.held(desk.tenant_id, TEXT, REPLY, subject="Thẻ", **known, **where)
    made.held(desk.tenant_id, TEXT, REPLY, subject="Thẻ", **known, **where)  # one to merge with
    customer = client.get(f"/v1/tickets/{record.ticket_id}").json()["customer_id"]
    _dead(desk.tenant_id, made.held(desk.tenant_id, TEXT, REPLY, subject="Thẻ", **known).ticket_id)
    tickets = [one.ticket_id for one in (held, audited, *declined, edited, record)]
    paths = [f"/tickets/{one}" for one in tickets] + _documents(desk.tenant_id) + [f"/customers/{customer}"]
    paths += _agents(desk, held, person)
    catch_up(desk.tenant_id)
    return tuple(paths)


def _documents(tenant_id: UUID) -> list[str]:
    table = FieldValue(name="lines", type="table", value="a | 1", normalised='[{"description": "a", "quantity": "1"}]')
    total = FieldValue(name="total", type="money", value="5 EUR", score=0.4, evidence=EVIDENCE, required=True)
    none = FieldValue(name="iban", type="iban", reason="no value of this type near IBAN")
    read = made.document(tenant_id, (total, table, none), text="Tổng 5 EUR", filename="4711.pdf")
    refused = made.document(tenant_id, (total,), reason="damaged: the PDF is damaged", filename="4712.pdf")
    return [f"/documents/{one.document_id}" for one in (read, refused)]


def _agents(desk: Desk, held: made.Made, person: str) -> list[str]:
    """What is known of agents: where one stands, an alarm, cases, trials, a draft of an answer; returns the trials."""
    tenant_id, now = desk.tenant_id, datetime.now(UTC)
    given = {"text": TEXT, "subject": "Thẻ"}
    with app_database().transaction(tenant_id) as connection:
        handling.assign(connection, tenant_id, held.ticket_id, person, by="lan@example.com", at=now)
        asked = translations.ask(connection, tenant_id, "run", held.run_id, "de", "mai@example.com")
        translations.settle(connection, asked, text="Karte 4711", model="openai:xyz")
        told = {"wrong": 1, "audits": 9, "target": 0.95}
        rang = alarms.NewAlarm("warranty", "f", "accuracy", 9.0, 1.0, now - timedelta(hours=1), ["warranty"], told)
        alarm_id = alarms.add(connection, tenant_id, rang)
        standings.set_standings(connection, tenant_id, [standings.Standing("warranty", "f1", "1", now, standing(now))])
        case_results.ask(connection, tenant_id, "warranty", "mai@example.com")
        (cases,) = rows(connection, "SELECT id FROM case_results WHERE agent = 'warranty'")
        wrong = ["kind: expected 'reply', got 'abstain' (nothing fits)"]
        went = [
            {"name": "xyz 1", "passed": False, "differences": wrong, "skipped": ""},
            {"name": "xyz 2", "passed": False, "differences": [], "skipped": "no document reader here"},
        ]
        case_results.settle(connection, cases["id"], "1+x", went)
        asked_trials = [
            trials.add(connection, tenant_id, agent="warranty", given=given, by="mai@example.com", queue="tickets")
            for _ in range(3)
        ]
        trials.finish(connection, asked_trials[0], trial_result())
        _fail(connection, asked_trials[1], "NeedsHuman: no language model is configured")
        content = {"summary": "", "examples": [{"language": "vi", "text": TEXT}], "answers": {"vi": REPLY}}
        draft_id = answer_drafts.save(
            connection, tenant_id, "warranty", "warranty_length", content, by="mai@example.com"
        )
    return [f"/playground/{one}" for one in asked_trials] + [
        f"/answers/{draft_id}",
        f"/notices/alarms/{alarm_id}",
        "/agents/warranty",
    ]


def _dead(tenant_id: UUID, ticket_id: UUID) -> None:
    with app_database().transaction(tenant_id) as connection:
        item = scalar(connection, "SELECT id FROM work_items WHERE ticket_id = :id", id=ticket_id)
        _fail(connection, item, "Broken: openai:xyz: the model server does not know this model (404)")


def _fail(connection: Connection, subject: UUID, error: str) -> None:
    execute(
        connection,
        """UPDATE outbox SET state = 'dead', error = :error, finished_at = clock_timestamp()
           WHERE subject_id = :subject""",
        subject=subject,
        error=error,
    )


def standing(now: datetime) -> dict[str, Any]:
    """Where an agent stands that is not certified yet and whose inputs moved."""
    asked = {"target": 0.95, "confidence": 0.95, "critical_target": None, "threshold": None, "share": None}
    missing = {"missing": "about 40 more audits to certify 95%", "audits_missing": 40}
    known = {"k": 9, "n": 10, "audits": 10, "log_e": 0.0, "drift": 0.31, **missing}
    moved = {"moved": 0.9, "p": 0.0, "kind": "track_order", "then": 0.0, "now": 0.9}
    fields = [{"field": "total", "threshold": None, "k": 1, "n": 2, **missing}]
    alarm = {"alarm": {"value": 1.0, "level": 300.0}, "simulated": True, "since": now.isoformat()}
    return {**asked, **known, **alarm, "inputs": {"intent": moved}, "fields": fields}


def trial_result() -> dict[str, Any]:
    """What a trial of an llm agent gave: a model call, a tool call, a draft that was held."""
    usage = {"seconds": 1.0, "cost_usd": 0.01, "model_calls": 1, "model": "m", "input_tokens": 9, "output_tokens": 9}
    call = {"name": "find_order", "arguments": {"order": "4711"}}
    model = {"name": "m", "system": "xyz", "sent": ["4711"], "said": "4711", "calls": [call], "tokens": [9, 9]}
    tool = {"name": "find_order", "arguments": {"order": "4711"}, "told": "4711", "seconds": 1.0, "step": "tool"}
    proposal: dict[str, Any] = {
        "kind": "reply",
        "reply": REPLY,
        "reason": "nothing fits",
        "language": "vi",
        "intent": "track_order",
    }
    proposal |= {
        "signals": {"x": 0.5},
        "agent_version": "1",
        "fingerprint": str(new_id()),
        "usage": usage,
        "score": 0.5,
    }
    proposal["sources"] = [{"kind": "tool", "id": "x", "title": "4711", "quote": "Thẻ 4711"}]
    proposal["actions"] = [{**call, "provenance": {"order": "ticket"}}]
    triage = {"agent": None, "intent": "", "score": 0.5, "language": "vi", "priority": "high"}
    return {
        "steps": [{**model, "step": "model", "cost_usd": 0.01, "seconds": 1.0}, tool],
        "triage": {**triage, "reason": "triage has not been trained yet"},
        "proposal": proposal,
        "decision": {"action": "hold", "reasons": [{"code": "no_draft", "values": {"reason": "nothing fits"}}]},
    }
