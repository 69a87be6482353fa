import pytest

from agents import yaml_errors
from agents.manifest import Manifest
from agents.yaml_errors import Fault, Invalid

GOOD = """\
name: cards
summary: Answers about cards.
owner: card team
engine: answers
"""


def faults_of(text: str) -> list[Fault]:
    with pytest.raises(Invalid) as caught:
        yaml_errors.parse(Manifest, text)
    return caught.value.faults


def test_a_good_manifest_is_read() -> None:
    assert yaml_errors.parse(Manifest, GOOD).name == "cards"


def test_an_unknown_key_names_its_line_and_the_nearest_known_key() -> None:
    assert faults_of(GOOD + "langauges: [en]\n") == [Fault(5, "unknown key 'langauges' - did you mean 'languages'?")]


def test_an_unknown_key_inside_another_is_compared_with_the_keys_of_that_place() -> None:
    (fault,) = faults_of(GOOD + "limits:\n  cost: 0\n  second: 5\n")
    assert fault == Fault(7, "unknown key 'limits.second' - did you mean 'seconds'?")


def test_an_unknown_key_in_a_list_of_tools_names_its_line() -> None:
    (fault,) = faults_of(GOOD + "tools:\n  - name: refund\n    efect: write\n")
    assert fault == Fault(7, "unknown key 'tools.0.efect' - did you mean 'effect'?")


def test_an_unknown_word_names_the_nearest_known_one() -> None:
    (fault,) = faults_of(GOOD.replace("engine: answers", "engine: anwsers"))
    assert fault == Fault(4, "engine: 'anwsers' is not known - did you mean 'answers'?")


def test_a_missing_key_is_named() -> None:
    assert faults_of(GOOD.replace("owner: card team\n", "")) == [Fault(1, "the key 'owner' is missing")]


def test_every_fault_is_told_and_not_only_the_first() -> None:
    assert {fault.line for fault in faults_of(GOOD + "target: 0.5\nversion: 3\n")} == {5, 6}


def test_a_number_where_text_is_expected_is_shown_in_quotes() -> None:
    (fault,) = faults_of(GOOD + "version: 3\n")
    assert fault == Fault(5, 'version: expected text, so write 3 in quotes: "3"')


def test_broken_yaml_names_its_line() -> None:
    (fault,) = faults_of("name: cards\nsummary: [unclosed\nowner: x\n")
    assert fault.line == 3
    assert fault.message.startswith("not valid YAML")


def test_a_key_that_stands_twice_is_refused() -> None:
    (fault,) = faults_of(GOOD + "name: other\n")
    assert fault == Fault(5, "the key 'name' stands here a second time")


def test_a_text_instead_of_keys_is_refused() -> None:
    assert "expected keys" in faults_of("just words")[0].message


@pytest.mark.parametrize("text", ["", "# only a remark\n"])
def test_an_empty_file_is_refused(text: str) -> None:
    assert "expected keys" in faults_of(text)[0].message


def test_words_that_yaml_1_1_changes_stay_what_they_are() -> None:
    value, _ = yaml_errors.read("[no, yes, on, 12:30, 2026-11-23, 010, 0x1f]")
    assert value == ["no", "yes", "on", "12:30", "2026-11-23", "010", "0x1f"]


def test_numbers_truths_and_nothing_are_read_as_such() -> None:
    value, _ = yaml_errors.read("[1, -2, 0.5, 1e3, true, False, null, ~, '1', \"true\"]")
    assert value == [1, -2, 0.5, 1000.0, True, False, None, None, "1", "true"]


def test_aliases_that_would_grow_without_bound_are_refused() -> None:
    bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n" for before, name in zip("abcdef", "bcdefg", strict=True)
    )
    with pytest.raises(Invalid, match="50,000"):
        yaml_errors.read(bomb)


def test_an_unknown_key_inside_an_optional_one_is_compared_with_the_keys_of_that_place() -> None:
    (fault,) = faults_of(GOOD + "larger: {model: openai:big, bellow: 0.8}\n")
    assert fault == Fault(5, "unknown key 'larger.bellow' - did you mean 'below'?")


def test_what_is_expected_is_told_in_words_of_yaml() -> None:
    (fault,) = faults_of(GOOD + "languages: en\n")
    assert fault.message == "languages: expected a list, such as [one, two] (given: 'en')"
    (fault,) = faults_of(GOOD + "tools: [find]\n")
    assert fault.message == "tools.0: expected keys and values, such as {name: value} (given: 'find')"
    (fault,) = faults_of(GOOD.replace("name: cards", "name: Cards 1"))
    told = "name: write two or more small letters, digits and _, beginning with a letter (given: 'Cards 1')"
    assert fault.message == told
    (fault,) = faults_of(GOOD + "target: 0.5\n")
    assert fault.message.startswith("target: must be one of 0.9, ")
