"""Documents for people: the list, and one with its fields beside the boxes where they were read."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request, Response
from pydantic import TypeAdapter

from api import views
from api.pages.render import go, is_htmx, page, part
from api.pages.session import Posted, StaffPage
from api.pages.ticket import going_out, lines, number, told_of
from api.problems import invalid
from api.routes import reviews
from api.security import Caller
from api.words import Words
from core.db import app_database
from core.errors import Rejected
from core.page_images import DRAWN
from core.store import desk, events, history, inbox, policies
from core.store.inbox import Filters

router = APIRouter(include_in_schema=False, prefix="/documents")
DOUBTFUL = 0.8  # while no field is certified, values below this score are drawn in another colour; it decides nothing
MAX_DRAWN = 20
STEPS = {
    "received": "document.received",
    "read": "document.read",
    "routed": "item.routed",
    "drafted": "run.recorded",
    "decided": "decision.recorded",
    "sent": "delivery.sent",
}
VALUE = "value:"  # what the form's names of field values begin with
_reject: TypeAdapter[reviews.RejectIn] = TypeAdapter(reviews.RejectIn)
_correct: TypeAdapter[reviews.CorrectIn] = TypeAdapter(reviews.CorrectIn)


@router.get("")
def documents_page(
    request: Request,
    caller: StaffPage,
    attention: Annotated[str, Query(pattern="^(review|handoff|)$")] = "",
    cursor: Annotated[str | None, Query(max_length=200)] = None,
) -> Response:
    with app_database().transaction(caller.tenant_id) as connection:
        found = inbox.documents(connection, Filters(attention=attention), cursor=cursor)
    return page(request, caller, "documents.html", documents=found.rows, next=found.next, attention=attention)


@router.get("/next")
def next_document(request: Request, caller: StaffPage, after: UUID | None = None) -> Response:
    """Go to the document whose values have waited longest."""
    with app_database().transaction(caller.tenant_id) as connection:
        found = desk.next_document(connection, after)
    return go(request, f"/documents/{found}" if found else "/documents?attention=review")


@router.get("/{document_id}")
def document_page(request: Request, caller: StaffPage, document_id: UUID) -> Response:
    return show(request, caller, document_id)


def show(request: Request, caller: Caller, document_id: UUID, notice: dict[str, str] | None = None) -> Response:
    """Return the page of a document. Raises Rejected (not_found)."""
    with app_database().transaction(caller.tenant_id) as connection:
        row = history.document(connection, document_id)
        if row is None:
            raise views.no_document()
        runs = history.runs_of_document(connection, document_id)
        happened = events.of_document(connection, document_id)
        numbers = history.page_numbers(connection, document_id)
        deliveries = history.deliveries_of_document(connection, document_id)
        same_file = history.documents_of_file(connection, row)
        run = next((views.run_of(one, caller.language) for one in reversed(runs) if not one["shadow"]), None)
        thresholds = policies.field_thresholds(connection, run.agent, run.fingerprint) if run else {}
    hidden = {one["id"] for one in runs if one["audit_open"]}
    read = run.proposal.get("fields", []) if run else []
    fields = (run.final_fields if run else None) or read
    certified = thresholds if run and not run.audit_open else {}
    open_and_seen = run is not None and run.review == "open" and not run.audit_open
    proposed = {one["name"]: one for one in (run.suggested or ())} if run and open_and_seen else {}
    fields = [proposed.get(one["name"], one) for one in fields]
    blind = bool(run and run.audit_open)
    doubtful = [one for one in fields if not blind and _is_doubtful(one, certified)]
    words = Words(caller.language)
    told = [views.event_of(event, hidden) for event in reversed(happened)]
    drawable = row["media_type"] in DRAWN and row["state"] != "refused"
    return page(
        request,
        caller,
        "document.html",
        document=row,
        same_file=same_file,
        run=run,
        fields=fields,
        proposed=proposed,
        was={one["name"]: one["value"] for one in read},
        going=going_out([dict(one) for one in deliveries]),
        certified=certified,
        holds=_holds(fields, doubtful) if certified else [],
        boxes=_boxes(fields, certified, blind=blind),
        doubtful_fields=doubtful,
        sure_fields=[one for one in fields if one not in doubtful],
        drawn=(numbers or [1])[:MAX_DRAWN] if drawable else [],
        events=[{**event, "told": told_of(event["data"], words)} for event in told],
        doubtful=DOUBTFUL,
        notice=notice,
    )


def _is_doubtful(field: dict[str, Any], certified: Mapping[str, float]) -> bool:
    """Whether a value is not of a kind that is certified; while no field is, whether its score is low."""
    least = certified.get(field["name"], 2.0) if certified else DOUBTFUL
    return field["value"] is None or field.get("score", 0) < least


@router.get("/{document_id}/line")
def line_part(caller: StaffPage, document_id: UUID) -> Response:
    """How far a document has come on its way through the line."""
    with app_database().transaction(caller.tenant_id) as connection:
        row = history.document(connection, document_id)
        kinds = {event["kind"] for event in events.of_document(connection, document_id)}
    if row is None:
        raise views.no_document()
    return part(caller, "line.html", document=row, steps=[(name, kind in kinds) for name, kind in STEPS.items()])


def _holds(fields: list[dict[str, Any]], doubtful: list[dict[str, Any]]) -> list[str]:
    """Return the names of fields that hold a document: of those that it needs, the ones not of a certified kind."""
    needed = any(one.get("required") for one in fields)
    return [one["name"] for one in doubtful if (one.get("required") if needed else one["value"] is not None)]


def _boxes(
    fields: list[dict[str, Any]], certified: Mapping[str, float], *, blind: bool
) -> dict[int, list[dict[str, Any]]]:
    """Return the boxes to draw by page, in thousandths of the page."""
    found: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for field in fields:
        evidence = field.get("evidence") or {}
        if evidence.get("box") and evidence.get("page"):
            left, top, right, bottom = (round(1000 * share, 1) for share in evidence["box"])
            size = {"x": left, "y": top, "width": max(right - left, 1), "height": max(bottom - top, 1)}
            doubtful = not blind and _is_doubtful(field, certified)
            found[evidence["page"]].append({"name": field["name"], "doubtful": doubtful, **size})
    return found


@router.post("/{document_id}/values/{decision_id}")
def settle_values(request: Request, caller: StaffPage, document_id: UUID, decision_id: UUID, form: Posted) -> Response:
    """Approve the values, or correct those that the form has otherwise than they were read."""
    with app_database().transaction(caller.tenant_id) as connection:
        row = history.run_of_decision(connection, decision_id)
    read = {one["name"]: one["value"] for one in row["proposal"].get("fields", ())} if row else {}
    given = {name.removeprefix(VALUE): lines(str(value)) for name, value in form.items() if name.startswith(VALUE)}
    changed = {name: value.strip() for name, value in given.items() if value.strip() != (read.get(name) or "").strip()}
    seconds = number(str(form.get("seconds", "")))
    if not changed:
        body = reviews.Handled(seconds=seconds)
        return _done(request, caller, document_id, "approved", lambda: reviews.approve(decision_id, caller, body))
    correction = invalid(_correct, {"fields": changed, "seconds": seconds})
    return _done(request, caller, document_id, "corrected", lambda: reviews.correct(decision_id, correction, caller))


@router.post("/{document_id}/undo/{decision_id}")
def undo(request: Request, caller: StaffPage, document_id: UUID, decision_id: UUID) -> Response:
    return _done(request, caller, document_id, "undone", lambda: reviews.undo(decision_id, caller))


@router.post("/{document_id}/reject/{decision_id}")
def reject(
    request: Request, caller: StaffPage, document_id: UUID, decision_id: UUID, reason: Annotated[str, Form()] = ""
) -> Response:
    body = invalid(_reject, {"reason": reason})
    return _done(request, caller, document_id, "rejected", lambda: reviews.reject(decision_id, body, caller))


def _done(request: Request, caller: Caller, document_id: UUID, key: str, work: Any) -> Response:
    words = Words(caller.language)
    try:
        work()
        notice = {"tone": "good", "text": words(f"done.{key}")}
    except Rejected as error:
        if error.code == "not_found":
            raise
        notice = {"tone": "bad", "text": words.refusal(error)}
    if is_htmx(request):
        return show(request, caller, document_id, notice)
    return go(request, f"/documents/{document_id}")
