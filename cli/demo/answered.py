"""What the company's staff answered in the past: the approved answer in their own hand, or a personal word."""

from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from random import Random

from agents.answers_file import fill as fill_answer
from agents.answers_file import parse
from cli.demo.details import slots
from cli.demo.grammar import Slots, fill
from cli.demo.people import Person
from cli.demo.phrasebook import Topic, topics

LIBRARY = Path(__file__).resolve().parents[2] / "agents" / "library"
_STAFF = {"vi": ("Hồng Nhung", "Tiến Dũng", "Bảo Châu"), "en": ("Hannah", "Marcus", "Leila"), "de": ("Silke", "Tobias")}
_HELLO = {
    "vi": ("Chào {},", "Dạ chào {},", "Kính chào {},"),
    "en": ("Dear {},", "Hello {},", "Hi {},"),
    "de": ("Guten Tag {},", "Hallo {},", "Liebe Kundin, lieber Kunde {},"),
}
_BYE = {
    "vi": ("Trân trọng, {} - Sao La Living", "Thân mến, {}"),
    "en": ("Kind regards, {}, Sao La Living", "Best wishes, {}"),
    "de": ("Freundliche Grüße, {} von Sao La Living", "Mit freundlichen Grüßen, {}"),
}


@cache
def approved(label: str, language: str) -> str:
    """Return the approved answer of "agent/intent" in a language, or an empty text if the agent has none."""
    agent, _, intent = label.partition("/")
    path = LIBRARY / agent / "answers.md"
    if not intent or not path.exists():
        return ""
    return parse(path.read_text(encoding="utf-8")).intents[intent].answers.get(language, "")


def staff_reply(topic: Topic, second: Topic | None, person: Person, slots: Slots, random: Random) -> str:
    """Return what staff wrote back about `topic` (and `second`), in the customer's language."""
    language = person.language
    parts = [_matter(topic, person, slots, random)]
    if second:
        parts.append(_matter(second, person, slots, random))
    body = "\n\n".join(parts)
    hello = random.choice(_HELLO[language]).format(person.name)
    greeted = body.startswith(tuple(line.split(" ")[0] for line in _HELLO[language]))
    bye = random.choice(_BYE[language]).format(random.choice(_STAFF[language]))
    return f"{body}\n\n{bye}" if greeted else f"{hello}\n\n{body}\n\n{bye}"


def own_words(topic: str, second: str | None, language: str, name: str, order: str, random: Random) -> str:
    """Return what staff write about the named topic (and second one) to a customer, some days or minutes later."""
    by_name = {entry.name: entry for entry in topics()}
    values = slots(language, datetime(2000, 1, 1, tzinfo=UTC), random, name=name, order=order)
    person = Person(name, name, "", language)
    return staff_reply(by_name[topic], by_name[second] if second else None, person, values, random)


def _matter(topic: Topic, person: Person, slots: Slots, random: Random) -> str:
    answer = approved(topic.label, person.language) if topic.label else ""
    if not answer:
        return fill(random.choice(topic.lines[person.language]["reply"]), slots)
    filled = fill_answer(answer, {"customer.name": person.name, "customer.address": person.address or "-"}) or ""
    sentences = filled.split(". ")
    # Staff shorten: now and then the last sentence, never the substance.
    if len(sentences) > 3 and random.random() < 0.4:
        return ". ".join(sentences[:-1]) + "."
    return filled
