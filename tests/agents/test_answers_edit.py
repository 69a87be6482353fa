"""One intent changes, the rest of the file stays byte for byte; what would read otherwise is refused."""

import pytest

from agents.answers_edit import render, with_intent, without_intent
from agents.answers_file import Example, Intent, parse
from agents.catalog import LIBRARY
from core.errors import Rejected

TEXT = """# Shop

## opening_hours
When we are open.

### examples
- [en] When do you open?

### answer en
At nine.

## parking

### examples
- [en] Where can I park?

### answer en
Behind the house.
### answer de
Hinter dem Haus.
"""


def intent(name: str, answer: str = "New text.", summary: str = "") -> Intent:
    return Intent(name, 1, summary, (Example("How is it?", "en", 1),), {"en": answer})


def test_an_intent_is_replaced_and_all_others_stay_as_they_were_written() -> None:
    made = with_intent(TEXT, intent("opening_hours", "At ten.\n\nOn Sundays never."))
    assert parse(made).intents["opening_hours"].answers == {"en": "At ten.\n\nOn Sundays never."}
    assert made.endswith(TEXT[TEXT.index("## parking") :])


def test_a_new_intent_is_added_after_all_others() -> None:
    made = with_intent(TEXT, intent("gift_cards", summary="Cards as gifts."))
    assert made.startswith(TEXT)
    assert list(parse(made).intents) == ["opening_hours", "parking", "gift_cards"]


@pytest.mark.parametrize(
    "answer", ["# Title\nText", "a\n## parking\nb", "### answer de\nx", "```\nopen", "{customer.nope}!", ""]
)
def test_an_answer_that_would_change_the_file_otherwise_is_refused(answer: str) -> None:
    with pytest.raises(Rejected) as told:
        with_intent(TEXT, intent("opening_hours", answer))
    assert told.value.code == "answers_invalid"


def test_every_intent_of_the_library_comes_back_as_it_was() -> None:
    for path in sorted(LIBRARY.glob("*/answers.md")):
        text = path.read_text(encoding="utf-8")
        found = parse(text).intents
        for one in found.values():
            again = parse(with_intent(text, one)).intents
            assert {name: (i.summary, i.answers) for name, i in again.items()} == {
                name: (i.summary, i.answers) for name, i in found.items()
            }, path
        assert "\n".join(render(next(iter(found.values())))).startswith("## ")


def test_an_intent_is_taken_out_but_never_the_last() -> None:
    made = without_intent(TEXT, "opening_hours")
    assert list(parse(made).intents) == ["parking"]
    with pytest.raises(Rejected):
        without_intent(made, "parking")
