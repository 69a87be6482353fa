from random import Random

import pytest

from cli.demo.grammar import fill, pick, sentence, tidy
from core.errors import Broken


def test_alternatives_nest_and_all_of_them_come_up() -> None:
    seen = {pick("{a|b {c|d}|}e", Random(seed)) for seed in range(60)}
    assert seen == {"ae", "b ce", "b de", "e"}


@pytest.mark.parametrize("broken", ["{a|b", "a|b}", "{a}}"])
def test_braces_that_do_not_match_are_refused(broken: str) -> None:
    with pytest.raises(Broken, match="unmatched"):
        pick(broken, Random(1))


def test_slots_are_filled_and_unknown_ones_refused() -> None:
    assert fill("<a> and <b>", {"a": "one", "b": lambda: "two"}) == "one and two"
    with pytest.raises(Broken, match="unknown slot <c>"):
        fill("<c>", {})


def test_sentences_end_and_begin_as_they_should() -> None:
    assert sentence("where is  my <p> , please") == "Where is my <p>, please."
    assert sentence("a oak shelf is lost, can it be found") == "An oak shelf is lost, can it be found?"
    assert sentence("der Termin war am 12.03. und nichts kam") == "Der Termin war am 12.03. und nichts kam."


def test_stops_that_alternatives_leave_behind_are_put_right() -> None:
    assert tidy("it is late ,, very  late !.") == "it is late, very late!"
