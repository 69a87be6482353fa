import pytest

from agents import answers_file
from agents.yaml_errors import Fault, Invalid
from tests.agents.folders import ANSWERS


def faults_of(text: str) -> list[Fault]:
    with pytest.raises(Invalid) as caught:
        answers_file.parse(text)
    return caught.value.faults


def test_intents_examples_and_answers_are_read_by_language() -> None:
    found = answers_file.parse(ANSWERS)
    lost = found.intents["card_lost"]
    assert found.title == "Cards"
    assert list(found.intents) == ["card_lost", "card_fee"]
    assert lost.summary == "The card is lost."
    assert [(one.text, one.language) for one in lost.examples] == [
        ("I lost my card", "en"),
        ("my card is gone", "en"),
        ("Tôi bị mất thẻ", "vi"),
    ]
    assert lost.answers["vi"] == "Mời Quý khách khoá thẻ."
    assert lost.slots("en") == ("customer.name",)


def test_an_answer_keeps_its_paragraphs_lists_and_deeper_headings() -> None:
    text = (
        "# T\n## a\n### examples\n- [en] x\n### answer en\nOne.\n\n#### Steps\n1. do\n\n```\n# no heading\n```\nEnd.\n"
    )
    assert answers_file.parse(text).intents["a"].answers["en"] == (
        "One.\n\n#### Steps\n1. do\n\n```\n# no heading\n```\nEnd."
    )


def test_windows_line_ends_are_read_as_any_others() -> None:
    assert answers_file.parse(ANSWERS.replace("\n", "\r\n")) == answers_file.parse(ANSWERS)


def test_an_example_without_its_language_names_the_line() -> None:
    (fault,) = faults_of(ANSWERS.replace("- [en] my card is gone", "- my card is gone"))
    assert fault == Fault(8, "expected '- [en] what a customer writes', got '- my card is gone'")


def test_an_unknown_section_names_the_line() -> None:
    assert faults_of(ANSWERS.replace("### answer vi", "### anwser vi"))[0].line == 14


def test_an_unknown_slot_is_refused_with_the_known_ones() -> None:
    (fault,) = faults_of(ANSWERS.replace("{customer.name}", "{customer.nmae}"))
    assert fault.line == 11
    assert fault.message.startswith("the slot {customer.nmae} is not known: customer.name, customer.address")


@pytest.mark.parametrize("slot", ["{order}", "{knowledge.page}", "{Order state}", "{}"])
def test_a_slot_is_a_known_field_or_a_field_of_a_tool(slot: str) -> None:
    assert faults_of(ANSWERS.replace("{customer.name}", slot))[0].line == 11


def test_the_reading_tools_that_fill_slots_are_told_with_their_line() -> None:
    found = answers_file.parse(ANSWERS.replace("{customer.name}", "{find_order.parcel.state}"))
    assert found.lookups() == {"find_order": 3}


def test_an_intent_without_examples_is_refused() -> None:
    assert faults_of("# T\n## a\n### answer en\nx\n") == [Fault(2, "the intent 'a' has no '### examples'")]


def test_an_intent_without_an_answer_is_one_for_people() -> None:
    assert answers_file.parse("# T\n## a\n### examples\n- [en] x\n").intents["a"].answers == {}


def test_the_same_intent_twice_is_refused() -> None:
    assert any(
        "second time" in fault.message for fault in faults_of(ANSWERS + "\n## card_lost\n### examples\n- [en] x\n")
    )


def test_the_same_answer_twice_is_refused() -> None:
    assert any("second time" in fault.message for fault in faults_of(ANSWERS + "\n### answer en\nagain\n"))


def test_an_empty_answer_is_refused() -> None:
    assert faults_of("# T\n## a\n### examples\n- [en] x\n### answer en\n\n") == [
        Fault(5, "the answer in 'en' is empty")
    ]


def test_a_file_without_intents_says_what_to_write() -> None:
    assert "## intent_name" in faults_of("# T\n")[0].message


@pytest.mark.parametrize("text", ["", "nothing", "first\nsecond\n"])
def test_a_file_without_any_heading_is_refused_too(text: str) -> None:
    assert "no intent" in faults_of(text)[0].message


def test_slots_are_filled() -> None:
    assert answers_file.fill("Dear {customer.name}.", {"customer.name": "Ann"}) == "Dear Ann."


@pytest.mark.parametrize("values", [{}, {"customer.name": ""}])
def test_an_answer_with_a_slot_that_has_no_value_is_not_given_at_all(values: dict[str, str]) -> None:
    assert answers_file.fill("Dear {customer.name}.", values) is None


def test_braces_in_a_value_are_not_filled_again() -> None:
    assert (
        answers_file.fill("Dear {customer.name}.", {"customer.name": "{customer.address}"})
        == "Dear {customer.address}."
    )
