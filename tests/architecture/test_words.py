"""The words of docs/glossary.md, and what has no place in the repository."""

import re
from pathlib import Path

import pytest

from tests.architecture.tree import files, text

# What we never say -> what we say. Only words that are wrong wherever they stand; `agent` for a person is for reviews.
WORDS = {
    r"chat-?bots?": "agent",
    r"(?<![\w-])bots?(?![\w-])": "agent",
    r"(?:ai|llm) assistants?": "agent",
    r"virtual assistants?": "agent",
    r"human agents?": "staff or reviewer",
    r"live agents?": "staff",
    r"end[- ]users?": "customer",
    r"clients' tickets?": "customer's ticket",
    r"confidence scores?": "score (confidence is a certificate's or an interval's)",
    r"deflection (?:rate|share)": "automation share or containment, whichever is meant",
    r"automation rate": "automation share",
}
# What customers write, and how others define figures of theirs, may hold any word.
CONTENT = ("agents/library", "cli/demo", "requirements", "tests", "bench", "metrics/definitions", "docs/definitions.md")
NEVER = {
    r"/work/(?:main|shared)": "a path of one machine",
    r"(?<![\w.])/root/": "a path of one machine",
    r"/home/\w+/": "a path of one machine",
    r"(?:index-url|find-links|trusted-host|UV_(?:DEFAULT_)?INDEX)\s*[=: ]\s*\S*://": "a package registry's address",
    r"https?://[^\s\"'/@]+:[^\s\"'/@{}$*<]+@(?!\S*(?:example|localhost))": "credentials in a URL",
    r"AKIA[0-9A-Z]{16}": "an access key",
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----": "a private key",
    r"\bsk-[A-Za-z0-9]{24,}": "an access key",
    r"\bghp_[A-Za-z0-9]{30,}": "an access key",
}


@pytest.mark.parametrize("word", WORDS)
def test_a_thing_is_called_by_its_one_name(word: str) -> None:
    pattern = re.compile(word, re.IGNORECASE)
    found = [
        f"{path}:{number}"
        for path in files()
        if not str(path).startswith(CONTENT) and path.name != "glossary.md"
        for number, line in enumerate(text(path).splitlines(), 1)
        if pattern.search(line)
    ]
    assert not found, f"say {WORDS[word]}"


@pytest.mark.parametrize("secret", NEVER)
def test_no_machine_registry_or_secret_is_in_the_repository(secret: str) -> None:
    pattern = re.compile(secret)
    found = [
        f"{path}:{number}"
        for path in files()
        if path != Path("tests/architecture/test_words.py")
        for number, line in enumerate(text(path).splitlines(), 1)
        if pattern.search(line)
    ]
    assert not found, f"{NEVER[secret]} does not belong here"


IGNORED = re.compile(r"#\s*(?:type:\s*ignore(?:\[[\w, -]+\])?|noqa(?::\s*[A-Z]+\d+(?:,\s*[A-Z]+\d+)*)?)(?P<reason>.*)$")


def reasonless(line: str) -> bool:
    """Say whether a line silences a check without saying why."""
    found = IGNORED.search(line)
    return found is not None and not re.search(r"\w", found["reason"])


def test_a_silenced_check_says_why_in_the_same_line() -> None:
    assert reasonless("x = 1  # type: ignore[arg-type]") and reasonless("x = 1  # noqa: S104")
    assert not reasonless("x = 1  # noqa: S104 - compared, not listened on") and not reasonless("x = 1")
    here = Path("tests/architecture/test_words.py")
    found = [
        f"{path}:{number}"
        for path in files()
        if path.suffix == ".py" and path != here
        for number, line in enumerate(text(path).splitlines(), 1)
        if reasonless(line)
    ]
    assert not found
