"""The answers agents that come with Saola: complete in three languages, consistent, and with cases of their own."""

import re
from collections import Counter
from pathlib import Path

import pytest

from agents import answers_file, case_file
from agents.catalog import Catalog
from agents.manifest import Manifest
from core.gate.links import is_allowed

LANGUAGES = ("en", "vi", "de")
LIBRARY = Path("agents/library")
AGENTS = sorted(path.parent.name for path in LIBRARY.glob("*/answers.md"))


def read(agent: str) -> answers_file.AnswersFile:
    return answers_file.parse((LIBRARY / agent / "answers.md").read_text("utf-8"))


def manifest(agent: str) -> Manifest:
    catalog = Catalog([])
    catalog.refresh()
    return catalog.entries[agent].manifest


def test_there_are_at_least_thirteen_agents_and_some_of_each_kind() -> None:
    catalog = Catalog([])
    catalog.refresh()
    assert not catalog.problems
    engines = Counter(entry.manifest.engine for entry in catalog.entries.values())
    assert len(catalog.entries) >= 13
    assert engines["answers"] >= 8
    assert engines["llm"] >= 2
    assert engines["extract"] >= 3


@pytest.mark.parametrize("agent", AGENTS)
def test_every_intent_has_enough_examples_and_an_answer_in_each_language(agent: str) -> None:
    found = read(agent)
    assert 3 <= len(found.intents) <= 6
    for intent in found.intents.values():
        by_language = Counter(example.language for example in intent.examples)
        assert set(by_language) == set(LANGUAGES)
        assert all(8 <= count <= 14 for count in by_language.values()), (intent.name, by_language)
        assert set(intent.answers) == set(LANGUAGES)
        assert intent.summary
        slots = {language: intent.slots(language) for language in LANGUAGES}
        assert slots["en"] == slots["vi"] == slots["de"]


@pytest.mark.parametrize("agent", AGENTS)
def test_answers_say_the_same_in_each_language_and_link_only_where_they_may(agent: str) -> None:
    allowed = manifest(agent).allowed_links
    for intent in read(agent).intents.values():
        links = {language: re.findall(r"https?://[^\s:;,]+", text) for language, text in intent.answers.items()}
        links = {language: sorted({link.rstrip(".") for link in found}) for language, found in links.items()}
        assert links["en"] == links["vi"] == links["de"], intent.name
        assert all(is_allowed(link, allowed) for link in links["en"])


@pytest.mark.parametrize("agent", AGENTS)
def test_the_languages_are_what_they_say(agent: str) -> None:
    for intent in read(agent).intents.values():
        assert re.search(r"[ăâđêôơưạảấầậắằặẹẻếềệịọỏốồộớờợụủứừựỳỹ]", intent.answers["vi"])
        assert re.search(r"\bQuý khách\b", intent.answers["vi"])
        assert re.search(r"\b(?:Sie|Ihre?n?|wir|unsere?n?)\b", intent.answers["de"])
        assert not re.search(r"\b(?:du|dein|dir|dich)\b", intent.answers["de"])


def test_no_example_stands_twice() -> None:
    texts = [example.text.lower() for agent in AGENTS for i in read(agent).intents.values() for example in i.examples]
    assert [text for text, count in Counter(texts).items() if count > 1] == []


@pytest.mark.parametrize("agent", AGENTS)
def test_cases_are_valid_and_one_of_them_must_abstain(agent: str) -> None:
    found = case_file.parse((LIBRARY / agent / "cases.yaml").read_text("utf-8"))
    intents = read(agent).intents
    examples = {example.text.lower() for intent in intents.values() for example in intent.examples}
    assert 4 <= len(found) <= 8
    assert any(case.expect.kind == "abstain" for case in found)
    for case in found:
        assert case.ticket is not None
        assert case.ticket.text.lower() not in examples
        if case.expect.kind == "reply":
            assert case.expect.intent is not None
            answer = intents[case.expect.intent].answers[case.expect.language or case.ticket.language]
            assert all(words in answer for words in case.expect.reply_contains)
