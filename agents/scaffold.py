"""`saola agent new NAME`: a folder of one agent with a failing case to fill in."""

import json
import os
from collections.abc import Mapping, Sequence
from io import StringIO
from pathlib import Path
from typing import Literal, get_args

from pydantic import TypeAdapter, ValidationError
from ruamel.yaml import YAML

from agents.answers_edit import render
from agents.answers_file import Intent
from agents.catalog import Entry, manifest_schema
from agents.manifest import Name
from core.errors import Rejected

EngineName = Literal["answers", "llm", "extract"]
ENGINES: tuple[EngineName, ...] = get_args(EngineName)

SCHEMA = "agent.schema.json"
_MANIFEST = """\
# yaml-language-server: $schema=../agent.schema.json
name: {name}
kind: {kind}
summary: Say in one line what it does, for staff.
owner: who answers for it
engine: {engine}
tier: off                 # off, shadow, assisted or automated; raise it when its cases pass
target: 0.95
languages: [en]
{more}version: "1"
"""

_ANSWERS = """\
# {title}

## first_intent
One line: what the customer wants.

### examples
- [en] Write here what a customer would write
- [en] and here, in other words; ten or more are good

### answer en
Write here the approved answer.
"""

_EXAMPLES = """\
# {title}

## first_intent
One line: what the customer wants.

### examples
- [en] Write here what a customer would write
- [en] and here, in other words; ten or more are good
"""

_PROMPT = """\
You answer customers' questions about ... on behalf of ...

- What you may say, and what only a person may say.
- Which tool you call when.
- When you hand over to a person.
"""

_FIELDS = """\
document_types: [{document_type}]
fields:
  - name: total
    type: money
    required: true
    labels:
      en: [Total, Amount due]
"""

_TICKET_CASE = """\
- name: the first question it must answer
  ticket: {{subject: "", text: "A question as a customer would write it", language: en}}
{script}  expect: {{kind: reply, {intent}language: en, reply_contains: ["a phrase that the right answer has"]}}
"""

_SCRIPT = """\
  script:                 # plays the model, so that the case runs without one
    - answer: {reply: "What the model should answer", language: en, sure: 0.9}
"""

_DOCUMENT_CASE = """\
- name: the first document it must read
  document: cases/first.pdf
  expect: {kind: fields, fields: {total: "the amount as it must come out"}}
"""


def scaffold(root: Path, name: str, engine: EngineName, document_type: str = "invoice") -> list[Path]:
    """Write the folder `root/name` and return its files; a processor's takes documents of `document_type`. Raises
    Rejected for a bad name or a folder that exists."""
    try:
        TypeAdapter(Name).validate_python(name)
    except ValidationError:
        hint = "Use small letters, digits and _, beginning with a letter: card_questions"
        raise Rejected(f"{name!r} is no name for an agent", code="invalid_name", hint=hint) from None
    folder = root / name
    if folder.exists():
        raise Rejected(f"{folder} exists already", code="exists", hint="Choose another name, or edit what is there.")
    folder.mkdir(parents=True)
    made = [root / SCHEMA]  # beside the folders: editors that know the first line of agent.yaml read it
    made[0].write_text(json.dumps(manifest_schema(), indent=1) + "\n", encoding="utf-8")
    for file, text in _texts(name, engine, document_type).items():
        (folder / file).write_text(text, encoding="utf-8")
        made.append(folder / file)
    return made


def check_free(name: str, entries: Mapping[str, Entry]) -> None:
    """Raise Rejected where another agent has the name: the second of two is refused, and the first one is tested."""
    if name in entries:
        hint = "Choose another name: two agents cannot have one."
        raise Rejected(f"the name {name!r} is taken by {entries[name].folder}", code="exists", hint=hint)


def next_steps(folder: Path, engine: EngineName, known: Sequence[Path]) -> list[str]:
    """Return what to do next, in order; `known` are the folders in which Saola looks now."""
    work = {
        "answers": f"Write intents, examples and approved answers in {folder / 'answers.md'}",
        "llm": f"Write what it does in {folder / 'prompt.md'}, and example messages in {folder / 'examples.md'}",
        "extract": f"Name the fields in {folder / 'fields.yaml'}, and put a document into {folder / 'cases'}",
    }[engine]
    steps = [
        work,
        f"Say in {folder / 'cases.yaml'} what it must propose",
        f"Run it until it passes: saola agent test {folder.name}",
        f"Raise the tier in {folder / 'agent.yaml'}: off, shadow, then assisted when you trust it with drafts",
    ]
    if folder.parent in known:
        return steps
    path = os.pathsep.join(str(one) for one in (*(one for one in known if one.is_dir()), folder.parent))
    return [f"Tell Saola where it lies: export SAOLA_AGENTS={path}", *steps]


def beginning(name: str, *, owner: str, intent: Intent) -> dict[str, str]:
    """Return the files of an agent whose only intent this is, by name. It drafts; its owner raises the tier."""
    title = name.replace("_", " ").capitalize()
    manifest = {
        "name": name,
        "kind": "agent",
        "summary": intent.summary or title,
        "owner": owner,
        "engine": "answers",
        "tier": "assisted",
        "target": 0.95,
        "languages": sorted(intent.answers) or sorted({one.language for one in intent.examples}),
        "version": "1",
    }
    asked = next((one for one in intent.examples if one.language in intent.answers), intent.examples[0])
    kind = "reply" if asked.language in intent.answers else "abstain"
    case = {
        "name": " ".join(asked.text.split())[:60],
        "ticket": {"subject": "", "text": asked.text, "language": asked.language},
        "expect": {"kind": kind, "intent": intent.name, "language": asked.language},
    }
    answers = "\n".join([f"# {title}", "", *render(intent)]) + "\n"
    return {"agent.yaml": _yaml(manifest), "answers.md": answers, "cases.yaml": _yaml([case])}


def _yaml(value: object) -> str:
    content = StringIO()
    YAML().dump(value, content)
    return content.getvalue()


def _texts(name: str, engine: EngineName, document_type: str) -> dict[str, str]:
    title = name.replace("_", " ").capitalize()
    kind = "processor" if engine == "extract" else "agent"
    more = f"accepts: {{document_types: [{document_type}]}}\n" if engine == "extract" else ""
    texts = {"agent.yaml": _MANIFEST.format(name=name, kind=kind, engine=engine, more=more)}
    if engine == "answers":
        texts["answers.md"] = _ANSWERS.format(title=title)
        texts["cases.yaml"] = _TICKET_CASE.format(script="", intent="intent: first_intent, ")
    elif engine == "llm":
        texts["prompt.md"] = _PROMPT
        texts["examples.md"] = _EXAMPLES.format(title=title)
        texts["cases.yaml"] = _TICKET_CASE.format(script=_SCRIPT, intent="")
    else:
        texts["fields.yaml"] = _FIELDS.format(document_type=document_type)
        texts["cases.yaml"] = _DOCUMENT_CASE
    return texts
