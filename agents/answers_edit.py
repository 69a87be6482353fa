"""Changing one intent of an answers.md text: the rest of the file stays as its author wrote it. Pure."""

from collections.abc import Mapping

from agents import answers_file
from agents.answers_file import Intent
from agents.yaml_errors import Invalid
from core.errors import Rejected


def with_intent(text: str, intent: Intent) -> str:
    """Return the text with this intent in place of the one of its name, or after all others where it is new.

    Raises Rejected (code answers_invalid) where the file would not read as meant: an answer with headings of its own
    level, an intent without examples, a slot that does not exist.
    """
    rows = text.replace("\r\n", "\n").rstrip("\n").split("\n")
    before = answers_file.parse(text).intents if text.strip() else {}
    if intent.name in before:
        start = before[intent.name].line - 1
        end = min((one.line - 1 for one in before.values() if one.line - 1 > start), default=len(rows))
    else:
        start = end = len(rows)
    made = "\n".join([*_trimmed(rows[:start]), "", *render(intent), "", *rows[end:]]).strip("\n") + "\n"
    _check(made, intent, before)
    return made


def without_intent(text: str, name: str) -> str:
    """Return the text without an intent. Raises Rejected (code answers_invalid) for the last one or an unknown one."""
    before = answers_file.parse(text).intents
    if name not in before or len(before) == 1:
        told = f"{name!r} is the file's only intent" if name in before else f"there is no intent {name!r}"
        raise Rejected(told, code="answers_invalid", hint="Let the agent be disabled instead.")
    rows = text.replace("\r\n", "\n").rstrip("\n").split("\n")
    start = before[name].line - 1
    end = min((one.line - 1 for one in before.values() if one.line - 1 > start), default=len(rows))
    return "\n".join([*_trimmed(rows[:start]), "", *rows[end:]]).strip("\n") + "\n"


def render(intent: Intent) -> list[str]:
    """Return an intent as the lines of its section."""
    made = [f"## {intent.name}"]
    made += [intent.summary] if intent.summary else []
    made += ["", "### examples", *(f"- [{one.language}] {one.text}" for one in intent.examples)]
    for language, answer in intent.answers.items():
        made += ["", f"### answer {language}", answer]
    return made


def _check(made: str, intent: Intent, before: Mapping[str, Intent]) -> None:
    """The file must read back as what was meant, and every other intent as it was."""
    hint = "Answers hold no headings (#, ##, ###) and only known {slots}; each intent needs examples."
    try:
        after = dict(answers_file.parse(made).intents)
    except Invalid as error:
        first = error.faults[0]
        raise Rejected(first.message, code="answers_invalid", hint=hint) from error
    kept = {name: _said(one) for name, one in before.items() if name != intent.name}
    found = after.pop(intent.name, None)
    if found is None or _said(found) != _said(intent) or {name: _said(one) for name, one in after.items()} != kept:
        raise Rejected("the answer would be read as something else", code="answers_invalid", hint=hint)


def _said(intent: Intent) -> tuple[object, ...]:
    return (
        intent.name,
        intent.summary,
        tuple((one.language, one.text) for one in intent.examples),
        dict(intent.answers),
    )


def _trimmed(rows: list[str]) -> list[str]:
    while rows and not rows[-1].strip():
        rows = rows[:-1]
    return rows
