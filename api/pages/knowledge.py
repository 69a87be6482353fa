"""Knowledge for people: what is missing, and answers that are drafted, edited and approved in the page."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import AfterValidator, TypeAdapter

from agents.catalog import Entry
from agents.own_folder import root_of
from api.agents_seen import catalog
from api.figures import Wanted
from api.insights import knowledge_gaps
from api.pages.render import go, page
from api.pages.session import LookPage, OpsPage, Posted, StaffPage
from api.problems import invalid
from api.routes import answers as routes
from api.security import Caller
from api.shapes import clean
from api.words import LANGUAGES, Words
from core.db import app_database
from core.errors import Rejected
from core.settings import settings
from core.store import answer_drafts

router = APIRouter(include_in_schema=False)
_answers: TypeAdapter[routes.AnswersIn] = TypeAdapter(routes.AnswersIn)
_draft: TypeAdapter[routes.DraftIn] = TypeAdapter(routes.DraftIn)
_draft_id: TypeAdapter[UUID | None] = TypeAdapter(UUID | None)
_EXAMPLE = re.compile(r"\[([A-Za-z]{2,3})\]\s*(.*)")
DAYS = 30
NEW = ""  # the agent field's value for an agent that is made with its first answer
Short = Annotated[str, Query(max_length=70), AfterValidator(clean)]
Given = dict[str, Any]


@router.get("/gaps")
def gaps_page(
    request: Request, caller: LookPage, days: Annotated[int, Query(ge=1, le=3650)] = DAYS, notice: str = ""
) -> Response:
    now = datetime.now(UTC)
    with app_database().transaction(caller.tenant_id, snapshot=True) as connection:
        found = knowledge_gaps(connection, Wanted(caller.tenant_id, now - timedelta(days=days), now, None, None))
        drafts = answer_drafts.waiting(connection)
    told = {"tone": "good", "text": Words(caller.language)("answers.approved")} if notice == "approved" else None
    return page(request, caller, "gaps.html", gaps=found, drafts=drafts, days=days, homes=_homes(), notice=told)


@router.get("/answers")
def new_answer(request: Request, caller: StaffPage, agent: Short = "", intent: Short = "") -> Response:
    """The form for an intent: as the agent answers it now, or a first draft from what staff answered."""
    entry = catalog().get(agent) if agent else None
    now = routes.intent_of(entry, intent) if entry else None
    given: Given = {"agent": agent, "intent": intent, "summary": "", "examples": "", "answers": {}, "name": ""}
    given["read_as"] = entry.version if entry else ""
    with app_database().transaction(caller.tenant_id) as connection:
        taken = tuple(one.text for one in now.examples) if now else ()
        suggestion = routes.suggestion(connection, intent, taken)
    if now:
        given["summary"], given["answers"] = now.summary, dict(now.answers)
        given["examples"] = "\n".join(f"[{one.language}] {one.text}" for one in now.examples)
    else:
        given["answers"] = suggestion.answers
        given["examples"] = "\n".join(f"[{one['language']}] {one['text']}" for one in suggestion.examples)
    return _show(request, caller, given, suggestion=suggestion if now else None, entry=entry, drafted=not now)


@router.get("/answers/{draft_id}")
def draft_page(request: Request, caller: StaffPage, draft_id: UUID) -> Response:
    with app_database().transaction(caller.tenant_id) as connection:
        row = answer_drafts.find(connection, draft_id)
    content = row["content"]
    examples = "\n".join(f"[{one['language']}] {one['text']}" for one in content["examples"])
    given = {**content, "examples": examples, "agent": row["agent"], "intent": row["intent"], "name": "", "read_as": ""}
    entry = catalog().entries.get(row["agent"])
    return _show(request, caller, given, draft=row, entry=entry)


@router.post("/answers")
def keep(request: Request, caller: StaffPage, form: Posted) -> Response:
    """Keep the answers as a draft, or put them in service (do=approve, for operations)."""
    given = _read({name: str(value) for name, value in form.items()})
    try:
        draft_id = invalid(_draft_id, given["draft"] or None)
        if given["do"] != "approve":
            with app_database().transaction(caller.tenant_id) as connection:
                found = routes.keep_draft(connection, caller, invalid(_draft, _body(given, named=True)))
            return go(request, f"/answers/{found}")
        if not caller.may("ops"):
            raise Rejected("approving needs the scope ops", code="scope_missing")
        _approve(caller, given, draft_id)
    except RequestValidationError as error:
        return _show(request, caller, given, problem=Words(caller.language).faults(error.errors()), status=422)
    except Rejected as error:
        if error.code in ("scope_missing", "not_found"):
            raise
        told = Words(caller.language).refusal(error)
        return _show(request, caller, given, problem=told, status=422)
    return go(request, "/gaps?notice=approved")


def _approve(caller: Caller, given: Given, draft_id: UUID | None) -> None:
    body = invalid(_answers, _body(given))
    intent = invalid(_intent, given["intent"])
    with app_database().transaction(caller.tenant_id) as connection:
        if given["agent"] == NEW:
            routes.start(connection, caller, given["name"], intent, body)
        else:
            version = given["read_as"]
            routes.approve(connection, caller, given["agent"], intent, body, read_as=version, draft=draft_id)


_intent: TypeAdapter[str] = TypeAdapter(routes.IntentName)


@router.post("/answers/{draft_id}/drop")
def drop(request: Request, caller: StaffPage, draft_id: UUID) -> Response:
    with app_database().transaction(caller.tenant_id) as connection:
        answer_drafts.settle(connection, draft_id, "dropped", caller.name)
    return go(request, "/gaps")


@router.post("/agents/{name}/copy")
def copy(request: Request, caller: OpsPage, name: str, new: Annotated[str, Form()] = "") -> Response:
    with app_database().transaction(caller.tenant_id) as connection:
        made = routes.copy(connection, caller, name, new.strip())
    return go(request, f"/agents/{made}")


def _show(
    request: Request,
    caller: Caller,
    given: Given,
    *,
    problem: str = "",
    status: int = 200,
    suggestion: routes.Suggestion | None = None,
    draft: Mapping[Any, Any] | None = None,
    entry: Entry | None = None,
    drafted: bool = False,
) -> Response:
    languages = list(dict.fromkeys([*LANGUAGES, *given["answers"]]))
    return page(
        request,
        caller,
        "answer.html",
        status=status,
        given=given,
        problem=problem,
        answer_languages=languages,
        homes=_homes(),
        can_start=_can_start(),
        suggestion=suggestion,
        draft=draft,
        entry=entry,
        editable=entry is None or routes.may_edit(entry),
        drafted=drafted and bool(given["examples"] or given["answers"]),
    )


def _homes() -> list[str]:
    """The agents whose answers may be changed in the pages."""
    found = catalog().entries.items()
    return sorted(name for name, one in found if one.manifest.engine == "answers" and routes.may_edit(one))


def _can_start() -> bool:
    try:
        root_of(settings().agent_path)
    except Rejected:
        return False
    return True


def _read(form: Mapping[str, str]) -> Given:
    """What was typed, as the form shows it again."""
    names = ("agent", "name", "intent", "summary", "examples", "read_as", "draft", "do")
    given: Given = {name: form.get(name, "").replace("\r\n", "\n").strip() for name in names}
    texts = {name[7:]: text.replace("\r\n", "\n").strip() for name, text in form.items() if name.startswith("answer_")}
    given["answers"] = {language: text for language, text in texts.items() if text}
    return given


def _body(given: Given, *, named: bool = False) -> dict[str, Any]:
    """What the shape checks of what people type: a line for each example, [en] before it."""
    lines = [line.strip().lstrip("- ") for line in given["examples"].split("\n") if line.strip()]
    matches = [(_EXAMPLE.fullmatch(line), line) for line in lines]
    examples = [
        {"language": found[1].lower(), "text": found[2]} if found else {"language": "", "text": line}
        for found, line in matches
    ]
    body = {"summary": given["summary"], "examples": examples, "answers": given["answers"]}
    return {**body, "agent": given["agent"], "intent": given["intent"]} if named else body
