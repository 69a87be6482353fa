"""Items as the line leaves them, made through the store: for tests of what people then see and do."""

from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

from core.contracts import ActionProposal, Certificate, Decision, FieldValue, Proposal, Reason, Route, Source
from core.db import app_database
from core.ids import new_id
from core.store import handling, intake, items, policies, records
from core.store.intake import NewDocument, NewTicket
from core.store.sql import execute, scalar


class Made(NamedTuple):
    """What was made."""

    ticket_id: UUID
    decision_id: UUID
    run_id: UUID
    document_id: UUID | None = None


def ticket(tenant_id: UUID, text: str = "I lost my card", **values: Any) -> UUID:
    """Take in a ticket and return its id."""
    new = NewTicket(text=text, received_at=datetime.now(UTC), **values)
    with app_database().transaction(tenant_id) as connection:
        found = intake.add_ticket(connection, tenant_id, new)
    assert found is not None
    return found


def held(
    tenant_id: UUID,
    text: str = "I lost my card",
    reply: str = "We have blocked your card.",
    *,
    action: str = "hold",
    audited: bool = False,
    actions: tuple[ActionProposal, ...] = (),
    agent: str = "shop",
    source: str = "Lost card",
    score: float = 0.8123,
    why: str = "nothing fits",
    signals: dict[str, float] | None = None,
    **values: Any,
) -> Made:
    """Take in a ticket and record a run on it with a decision: held unless told otherwise."""
    ticket_id = ticket(tenant_id, text, **values)
    proposal = Proposal(
        agent=agent,
        agent_version="1+abc",
        fingerprint="f1",
        kind="reply" if reply else "abstain",
        intent="lost_card",
        language="en",
        reply=reply,
        actions=actions,
        sources=(Source(kind="answer", id="lost_card", title=source, quote=reply),),
        score=score,
        signals=signals or {},
        reason="" if reply else why,
    )
    return _record(tenant_id, "ticket_id", ticket_id, proposal, action, audited)


def known_bad(tenant_id: UUID, asked: Made, answered: Made) -> None:
    """Put the question of one among the audits, with the answer of the other."""
    with app_database().transaction(tenant_id) as connection:
        execute(
            connection,
            """INSERT INTO known_bad (id, tenant_id, work_item_id, answer_run_id)
               SELECT gen_random_uuid(), tenant_id, work_item_id, :answer FROM runs WHERE id = :run""",
            run=asked.run_id,
            answer=answered.run_id,
        )


def certify(tenant_id: UUID, agent: str, **values: Any) -> None:
    """Give an agent, or its family, a certificate at fingerprint `f`."""
    known = {
        "fingerprint": "f",
        "target": 0.95,
        "confidence": 0.95,
        "threshold": 0.5,
        "k": 500,
        "n": 500,
        "bound": 0.95,
    }
    certificate = Certificate(id=new_id(), agent=agent, method="bets", **{**known, **values})
    with app_database().transaction(tenant_id) as connection:
        policies.add_certificate(
            connection, tenant_id, certificate, window=None, code_version="", digest="", evidence={}
        )


def note(tenant_id: UUID, ticket_id: UUID, text: str) -> None:
    """Leave a note on the ticket, as a colleague does."""
    with app_database().transaction(tenant_id) as connection:
        handling.add_note(connection, tenant_id, ticket_id, text, by="lan@example.com", at=datetime.now(UTC))


def run_again(tenant_id: UUID, ticket_id: UUID) -> Made:
    """Record another run on the ticket, as the line does."""
    proposal = Proposal(agent="shop", agent_version="2", fingerprint="f3", kind="reply", reply="Again.", score=0.5)
    return _record(tenant_id, "ticket_id", ticket_id, proposal, "hold", False)


def shadow(tenant_id: UUID, live: Made, *, version: str, reply: str) -> None:
    """Record what another version of the agent would have said to the same item."""
    columns = "work_item_id, tenant_id, agent, family, intent, language, kind, score, route"
    with app_database().transaction(tenant_id) as connection:
        execute(
            connection,
            f"""INSERT INTO runs (id, agent_version, fingerprint, generation, {columns}, proposal, shadow)
                SELECT gen_random_uuid(), :version, 'f9', 5, {columns},
                    jsonb_set(proposal, '{{reply}}', to_jsonb(CAST(:reply AS text))), true
                FROM runs WHERE id = :id""",
            version=version,
            reply=reply,
            id=live.run_id,
        )


def document(
    tenant_id: UUID,
    fields: tuple[FieldValue, ...],
    *,
    document_type: str = "invoice",
    text: str = "",
    agent: str = "invoices",
    reason: str = "",
    **values: Any,
) -> Made:
    """Take in a document and record a held run with these fields."""
    known = {"filename": "invoice.pdf", "media_type": "application/pdf", "size": 10, "sha256": "0" * 64, **values}
    with app_database().transaction(tenant_id) as connection:
        document_id = intake.add_document(connection, tenant_id, NewDocument(received_at=datetime.now(UTC), **known))
        items.save_reading(connection, document_id, state="refused" if reason else "read", text=text, reason=reason)
    proposal = Proposal(
        agent=agent,
        agent_version="1+abc",
        fingerprint="f2",
        kind="fields",
        document_type=document_type,
        fields=fields,
        score=0.7,
    )
    return _record(tenant_id, "document_id", document_id, proposal, "hold", False)


def _record(tenant_id: UUID, column: str, of: UUID, proposal: Proposal, action: str, audited: bool) -> Made:
    with app_database().transaction(tenant_id) as connection:
        item_id = scalar(connection, f"SELECT id FROM work_items WHERE {column} = :of", of=of)
        (loaded,) = items.load(connection, [item_id])
        decision = Decision.model_validate(
            {
                "action": action,
                "reasons": (Reason(code="score_below_threshold", values={"score": 0.8123, "threshold": 0.9}),),
                "tier": "automated",
                "score": proposal.score,
                "threshold": 0.9,
                "audit_probability": 0.5 if audited else 0.0,
                "audited": audited,
            }
        )
        record = records.Record(
            run_id=new_id(),
            decision_id=new_id(),
            item=loaded.item,
            route=Route(agent=proposal.agent, intent=proposal.intent, score=0.97, language="en"),
            proposal=proposal,
            decision=decision,
            family="",
            family_fingerprint="",
            shadow=False,
            at=datetime.now(UTC),
        )
        records.save(connection, tenant_id, [record])
    return Made(of, record.decision_id, record.run_id, of if column == "document_id" else None)
