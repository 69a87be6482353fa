"""Which source supports which passage of a draft."""

from api.pages.passages import Passage, passages


def marked(text: str, *quotes: str) -> list[tuple[str, tuple[int, ...]]]:
    made = passages(text, quotes)
    assert "".join(one.text for one in made) == text
    return [(one.text, one.sources) for one in made if one.sources]


def test_each_passage_names_the_source_that_supports_it() -> None:
    text = "It is late. We pay it back. Bye"
    assert marked(text, "We pay it back.", "It is late.", "not in it at all", "Bye") == [
        ("It is late.", (2,)),
        ("We pay it back.", (1,)),
    ]


def test_passages_that_overlap_keep_both_sources_and_each_ends_once() -> None:
    made = passages("abcdefghijklmnop", ["abcdefghij", "efghijklmn"])
    assert made == [
        Passage("abcd", (1,)),
        Passage("efghij", (1, 2), (1,)),
        Passage("klmn", (2,), (2,)),
        Passage("op"),
    ]


def test_of_a_quote_that_was_filled_in_the_sentences_that_stand_there_are_marked_as_one() -> None:
    quote = "Dear {customer.name}, it is late. We pay it back. It takes a week."
    assert marked("Dear An, it is late. We pay it back. It takes a week.", quote) == [
        (", it is late. We pay it back. It takes a week.", (1,))
    ]


def test_an_answer_supports_what_stands_around_a_value_and_the_look_up_the_value() -> None:
    answer = "Your order is {order.status} and comes on {order.day}. Thank you."
    told = "{'status': 'on its way', 'day': '2026-11-30', 'parts': 2, 'weight': 12.50}"
    assert marked("Your order is on its way and comes on 2026-11-30. Thank you.", answer, told) == [
        ("Your order is", (1,)),
        ("on its way", (2,)),
        ("and comes on", (1,)),
        ("2026-11-30", (2,)),
        ("Thank you.", (1,)),
    ]


def test_an_empty_text_has_no_passages() -> None:
    assert passages("", ["anything at all"]) == []
