"""The format of cases.yaml: example inputs of an agent and what it must propose. agents/cases.py runs them.

    - name: lost card, English
      ticket: {subject: "", text: "I lost my card", language: en}     # or document: cases/invoice.pdf
      customer: {address: ann@mail.example, name: Ann, verified: true}
      script: [...]              # llm agents: a scripted model's turns; left out, a configured model is asked
      tools: {find_order: {status: open}}    # what a reading tool gives back, so that its server is not asked
      runs: 5                    # with a real model: run it five times,
      needs: 4                   # of which four must pass
      expect: {kind: reply, intent: card_lost, language: en, reply_contains: [block], actions: [], fields: {}}

Only what `expect` names is compared.
"""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from agents import yaml_errors
from agents.llm import script_turns
from agents.llm.answer import Answer
from agents.yaml_errors import Fault, Invalid


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Ticket(_Strict):
    """The ticket of a case. `language` is what its writer wrote in; triage finds it out by itself."""

    subject: str = ""
    text: str = ""
    language: str = ""
    channel: str = "api"


class CaseCustomer(_Strict):
    """Who writes."""

    address: str
    name: str = ""
    verified: bool = False


class ExpectedAction(_Strict):
    """An action that must be proposed; only the named arguments and provenance are compared."""

    name: str
    arguments: dict[str, Any] = {}
    provenance: dict[str, str] = {}


class Expected(_Strict):
    """What the proposal must be; what is not named is not compared. `fields` maps names to values as normalised."""

    kind: Literal["reply", "action", "fields", "abstain"] | None = None
    intent: str | None = None
    language: str | None = None
    document_type: str | None = None
    question: bool | None = None
    reply_contains: tuple[str, ...] = ()
    reply_lacks: tuple[str, ...] = ()
    actions: tuple[ExpectedAction, ...] | None = None
    fields: dict[str, Any] = {}


class Case(_Strict):
    """One example input and its expected proposal."""

    name: str = Field(min_length=1)
    ticket: Ticket | None = None
    document: str = ""
    customer: CaseCustomer | None = None
    script: tuple[dict[str, Any], ...] | None = None
    tools: dict[str, Any] = Field(
        {}, description="what reading tools give back in this case; their servers are not asked"
    )
    runs: int = Field(1, ge=1, le=50, description="how often a real model is asked: it does not always say the same")
    needs: int = Field(0, ge=0, description="how many of these runs must pass; 0: all")
    expect: Expected


class _ScriptedAnswer(Answer):
    """A model may add keys, which are left out; in a script such a key is a slip."""

    model_config = ConfigDict(extra="forbid")


def parse(text: str) -> list[Case]:
    """Return the cases of a cases.yaml text. Raises Invalid with every fault and its line."""
    value, lines = yaml_errors.read(text)
    if not isinstance(value, list) or not value:
        raise Invalid([Fault(1, "expected a list of cases: '- name: ...', 'ticket: ...', 'expect: ...'")])
    cases: list[Case] = []
    faults: list[Fault] = []
    for number, one in enumerate(value):
        try:
            case = TypeAdapter(Case).validate_python(one)
        except ValidationError as error:
            faults.extend(yaml_errors.faults(Case, error, lines, (number,)))
            continue
        if (case.ticket is None) == (not case.document):
            faults.append(Fault(lines.get((number,), 1), f"the case {case.name!r} needs a ticket or a document"))
        for place, turn in enumerate(case.script or ()):
            faults.extend(_turn_faults(turn, lines, (number, "script", place)))
        if case.needs > case.runs:
            faults.append(Fault(lines.get((number,), 1), f"of {case.runs} runs {case.needs} can never pass"))
        if any(case.name == other.name for other in cases):
            faults.append(Fault(lines.get((number,), 1), f"the name {case.name!r} stands here a second time"))
        cases.append(case)
    if faults:
        raise Invalid(faults)
    return cases


def _turn_faults(turn: Mapping[str, Any], lines: dict[yaml_errors.Path, int], at: yaml_errors.Path) -> list[Fault]:
    """Return what is wrong with a turn of a script. After an answer that is not whole a model is asked once more, and
    all that the case could then say is that its script has no further turn."""
    if not script_turns.KINDS & turn.keys():
        told = f"a turn of a script is one of call, calls, answer and text, not {', '.join(turn)}"
        return [Fault(yaml_errors.line_of(lines, at), told)]
    if "answer" not in turn:
        return []
    try:
        _ScriptedAnswer.model_validate(turn["answer"])
    except ValidationError as error:
        found = yaml_errors.faults(_ScriptedAnswer, error, lines, (*at, "answer"))
        return [Fault(one.line, f"answer: {one.message}") for one in found]
    return []
