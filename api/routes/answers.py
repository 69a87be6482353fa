"""Answers over HTTP: drafts of what agents may say, and their approval, which writes them into the agent's folder."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import AfterValidator, BaseModel, Field
from sqlalchemy import Connection

from agents import answers_draft, answers_edit, own_folder
from agents.answers_draft import Sent
from agents.answers_file import Example, Intent
from agents.catalog import Entry
from agents.scaffold import beginning
from api.agents_seen import catalog, look_again
from api.security import Caller, Ops, Reader, Staff
from api.shapes import Body, Line, Shape, Text, clean
from core.db import app_database, system_database
from core.errors import Rejected
from core.settings import settings
from core.store import answer_drafts, gate, journal, policies, tenants, versions
from core.store.versions import Version

router = APIRouter(prefix="/v1", tags=["agents"])
Language = Annotated[str, Field(pattern=r"^[a-z]{2,3}$", examples=["en"])]
IntentName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,62}$", examples=["gift_cards"])]
ASKED, ANSWERED = 200, 600  # newest tickets that a suggestion is made from


def _one_line(text: str) -> str:
    if not text.strip() or "\n" in text.strip():
        raise ValueError("is one line of text")
    return " ".join(text.split())


class ExampleIn(Shape):
    """What a customer writes, in one line."""

    language: Language
    text: Annotated[str, Field(max_length=1_000), AfterValidator(clean), AfterValidator(_one_line)]


class AnswersIn(Shape):
    """One intent of an agent: how customers ask, and what may be answered, by language."""

    summary: Annotated[Line, Field(max_length=300)] = Field("", examples=["Questions about gift cards."])
    examples: list[ExampleIn] = Field(
        min_length=1, max_length=500, examples=[[{"language": "en", "text": "How long is a gift card good for?"}]]
    )
    answers: dict[Language, Body] = Field(
        max_length=30,
        description="By language; empty: a person takes this intent.",
        examples=[{"en": "A gift card is good for three years."}],
    )

    def as_intent(self, name: str) -> Intent:
        """Return it as an answers file has it."""
        examples = tuple(Example(one.text, one.language, 0) for one in self.examples)
        said = {language: text.replace("\r\n", "\n").strip() for language, text in self.answers.items()}
        return Intent(name, 0, " ".join(self.summary.split()), examples, said)


class ApproveIn(AnswersIn):
    """The same, put in service. `read_as` is the version of the agent that this was written for."""

    read_as: Text = Field("", max_length=100, description="Refused where the agent is another version by now.")


class DraftIn(AnswersIn):
    """A draft for an intent of an agent, for somebody of operations to approve."""

    agent: Annotated[Line, Field(min_length=1, max_length=70)] = Field(examples=["{agent}"])
    intent: IntentName


class Draft(BaseModel):
    """A draft as it is kept."""

    id: UUID
    agent: str
    intent: str
    content: dict[str, Any]
    by: str
    created_at: datetime


class Approved(BaseModel):
    """The agent as it is from now on; workers see it within two seconds."""

    agent: str
    intent: str
    version: str


class CopyIn(Shape):
    """The name of the copy."""

    name: Annotated[Line, Field(max_length=70)] = Field(examples=["our_store_information"])


class Suggestion(BaseModel):
    """What the past says of an intent: messages that could be its examples, replies that most of staff's resemble."""

    examples: list[dict[str, str]]
    answers: dict[str, str]
    tickets: list[dict[str, Any]]


@router.get("/answer-drafts", operation_id="list_answer_drafts", summary="Answers that wait to be approved")
def list_drafts(caller: Reader) -> list[Draft]:
    with app_database().transaction(caller.tenant_id) as connection:
        return [Draft(**row) for row in answer_drafts.waiting(connection)]


@router.post("/answer-drafts", operation_id="draft_answer", status_code=201, summary="Draft the answers of an intent")
def draft(body: DraftIn, caller: Staff) -> dict[str, UUID]:
    """There is one open draft of an intent of an agent: this one takes the place of an earlier one."""
    with app_database().transaction(caller.tenant_id) as connection:
        return {"id": keep_draft(connection, caller, body)}


@router.post("/answer-drafts/{draft_id}/approve", operation_id="approve_answer_draft", summary="Put a draft in service")
def approve_draft(draft_id: UUID, caller: Ops) -> Approved:
    with app_database().transaction(caller.tenant_id) as connection:
        row = answer_drafts.find(connection, draft_id)
        body = AnswersIn(**row["content"])
        return approve(connection, caller, row["agent"], row["intent"], body, draft=draft_id)


@router.post("/answer-drafts/{draft_id}/drop", operation_id="drop_answer_draft", summary="Drop a draft")
def drop_draft(draft_id: UUID, caller: Staff) -> dict[str, Literal["dropped"]]:
    with app_database().transaction(caller.tenant_id) as connection:
        answer_drafts.settle(connection, draft_id, "dropped", caller.name)
    return {"state": "dropped"}


@router.put("/agents/{name}/answers/{intent}", operation_id="set_answers", summary="Change or add an intent's answers")
def set_answers(name: Line, intent: IntentName, body: ApproveIn, caller: Ops) -> Approved:
    """The file answers.md of the agent's folder is replaced; the new version earns its own certificate."""
    with app_database().transaction(caller.tenant_id) as connection:
        return approve(connection, caller, name, intent, body, read_as=body.read_as)


@router.post("/agents/{name}/copy", operation_id="copy_agent", status_code=201, summary="Make a copy of your own")
def copy_agent(name: str, body: CopyIn, caller: Ops) -> dict[str, str]:
    """The copy lies with the operator's agents and may be changed; the original is switched off for this tenant."""
    with app_database().transaction(caller.tenant_id) as connection:
        return {"agent": copy(connection, caller, name, body.name)}


@router.get("/intents/{intent}/suggestion", operation_id="suggest_answers", summary="What staff answer to an intent")
def suggest(intent: Line, caller: Reader) -> Suggestion:
    with app_database().transaction(caller.tenant_id) as connection:
        return suggestion(connection, intent)


def suggestion(connection: Connection, intent: str, taken: tuple[str, ...] = ()) -> Suggestion:
    """Return examples and answers from what customers asked and staff answered; `taken` examples are left out."""
    asked = answer_drafts.questions(connection, intent, ASKED)
    sent = [Sent(**row) for row in answer_drafts.replies(connection, intent, ANSWERED)]
    found = answers_draft.examples([(row["text"], row["language"]) for row in asked], taken)
    return Suggestion(
        examples=[{"language": one.language, "text": one.text} for one in found],
        answers=answers_draft.answers(sent),
        tickets=[dict(row) for row in asked[:10]],
    )


def may_edit(entry: Entry) -> bool:
    """Return whether the pages may change this agent: it lies where the operator's agents do."""
    return own_folder.is_own(entry, settings().agent_path)


def keep_draft(connection: Connection, caller: Caller, body: DraftIn) -> UUID:
    """Keep a draft, once it would read as meant. Raises Rejected: agent_unknown, answers_invalid, not_answers."""
    entry = _of_answers(body.agent)
    answers_edit.with_intent(_text(entry), body.as_intent(body.intent))
    content = body.model_dump(mode="json", include={"summary", "examples", "answers"})
    return answer_drafts.save(connection, caller.tenant_id, body.agent, body.intent, content, by=caller.name)


def approve(
    connection: Connection,
    caller: Caller,
    name: str,
    intent: str,
    body: AnswersIn,
    *,
    read_as: str = "",
    draft: UUID | None = None,
) -> Approved:
    """Write an intent into the agent's answers, with the journal entry and both versions kept.

    Raises Rejected: agent_unknown, not_answers, agent_built_in, shared_folder, changed_meanwhile, answers_invalid.
    """
    alone()
    gate.one_at_a_time(connection, caller.tenant_id, f"answers:{name}")
    entry = _of_answers(name)
    before = entry.files
    text = answers_edit.with_intent(before.get(own_folder.ANSWERS, ""), body.as_intent(intent))
    if draft is not None:
        answer_drafts.settle(connection, draft, "approved", caller.name)
    made = own_folder.write_answers(entry, text, settings().agent_path, read_as=read_as or entry.version)
    both = [Version(name, entry.version, before), Version(name, made.version, made.files, caller.name)]
    versions.keep(connection, caller.tenant_id, both)
    data = {"intent": intent, "before": entry.version, "after": made.version}
    journal.write(connection, caller.tenant_id, actor=caller.name, action="answers.approved", object=name, data=data)
    look_again()
    return Approved(agent=name, intent=intent, version=made.version)


def copy(connection: Connection, caller: Caller, name: str, new: str) -> str:
    """Copy an agent to the operator's folder and switch the original off for this tenant; returns the copy's name."""
    alone()
    entry = catalog().get(name)
    taken(new)
    made = own_folder.copy(entry, new, settings().agent_path)
    policies.set_agent(connection, caller.tenant_id, name, enabled=False)
    data = {"of": name, "version": made.version}
    journal.write(connection, caller.tenant_id, actor=caller.name, action="agent.copied", object=new, data=data)
    look_again()
    return made.name


def start(connection: Connection, caller: Caller, name: str, intent: str, body: AnswersIn) -> Approved:
    """Make a new agent whose only intent this is; it drafts for people until its owner raises its tier."""
    alone()
    taken(name)
    files = beginning(name, owner=caller.email or caller.name, intent=body.as_intent(intent))
    made = own_folder.start(name, files, settings().agent_path)
    versions.keep(connection, caller.tenant_id, [Version(name, made.version, made.files, caller.name)])
    data = {"intent": intent, "after": made.version}
    journal.write(connection, caller.tenant_id, actor=caller.name, action="agent.made", object=name, data=data)
    look_again()
    return Approved(agent=name, intent=intent, version=made.version)


def taken(name: str) -> None:
    """Refuse a name that an agent has. Raises Rejected (code exists)."""
    if name in catalog().entries:
        raise Rejected(f"{name} exists already", code="exists", hint="Choose another name.", where="/name")


def alone() -> None:
    """Agents' folders are shared by all tenants of an installation, so nobody changes them for the others.

    Raises Rejected (code shared_folder).
    """
    with system_database().transaction() as connection:
        if len(tenants.everyone(connection)) > 1:
            told = "the agents' folders are shared by several tenants"
            raise Rejected(told, code="shared_folder", hint="Change the files where you deploy them from.")


def intent_of(entry: Entry, name: str) -> Intent | None:
    """Return one of the agent's intents, None where it has none of this name."""
    found = entry.intents()
    one = found.intents.get(name) if found else None
    return replace(one, line=0) if one else None


def _of_answers(name: str) -> Entry:
    entry = look_again().get(name)  # another process, or its author, may have changed its files a moment ago
    if entry.manifest.engine != "answers":
        told = f"{name} does not answer from approved answers"
        raise Rejected(told, code="not_answers", hint="Choose an agent of the engine answers.", where="/agent")
    return entry


def _text(entry: Entry) -> str:
    files: Mapping[str, str] = entry.files
    return files.get(own_folder.ANSWERS, "")
