import re
from datetime import datetime
from pathlib import Path
from random import Random

from agents.answers_file import parse
from cli.demo.details import slots
from cli.demo.grammar import fill, pick, sentence
from cli.demo.phrasebook import LANGUAGES, common, topics

LIBRARY = Path("agents/library")


def intents() -> set[str]:
    found = set()
    for folder in LIBRARY.iterdir():
        for name in ("answers.md", "examples.md"):
            if (folder / name).exists():
                found |= {f"{folder.name}/{one}" for one in parse((folder / name).read_text("utf-8")).intents}
    return found


def test_customers_write_about_every_intent_of_the_library_and_about_much_that_none_covers() -> None:
    assert {topic.label for topic in topics() if topic.label} == intents()
    assert sum(topic.label is None for topic in topics()) >= 20


def test_every_line_of_the_phrase_book_can_be_written_out() -> None:
    random = Random(1)
    for language in LANGUAGES:
        blocks = [topic.lines[language] for topic in topics()] + [common()[language]]
        for line in (line for kinds in blocks for lines in kinds.values() for line in lines):
            values = slots(language, datetime(2026, 10, 5), random, name="An")
            for _ in range(3):
                text = sentence(fill(pick(line, random), values))
                assert text
                assert not re.search(r"[{}<>|]|\s[,.?!]|,,", text), (line, text)


def test_each_matter_is_worded_in_dozens_of_ways_in_each_language() -> None:
    random = Random(2)
    for topic in (topic for topic in topics() if topic.label):
        for language in LANGUAGES:
            lines = topic.lines[language]["ask"] + topic.lines[language]["tell"]
            ways = {pick(random.choice(lines), random) for _ in range(500)}
            assert len(ways) >= 24, (topic.name, language, len(ways))


def test_what_staff_answered_stands_there_where_no_answer_is_approved() -> None:
    approved = {path.parent.name for path in LIBRARY.glob("*/answers.md")}
    without = [topic for topic in topics() if topic.name.split("/")[0] not in approved]
    assert all(topic.lines[language].get("reply") for topic in without for language in LANGUAGES)
