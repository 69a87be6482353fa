import pytest

from agents import case_file
from agents.yaml_errors import Fault, Invalid


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("just: keys\n", Fault(1, "expected a list of cases: '- name: ...', 'ticket: ...', 'expect: ...'")),
        ("- name: a\n  expect: {}\n", Fault(1, "the case 'a' needs a ticket or a document")),
        (
            "- name: a\n  ticket: {text: x}\n  expect:\n    replies: x\n",
            Fault(4, "unknown key 'expect.replies' - known are actions, document_type, fields, intent, kind, language, "
                     "question, reply_contains, reply_lacks"),
        ),
        (
            "- {name: a, ticket: {text: x}, expect: {}}\n- {name: a, ticket: {text: y}, expect: {}}\n",
            Fault(2, "the name 'a' stands here a second time"),
        ),
        (
            "- {name: a, ticket: {text: x}, runs: 3, needs: 4, expect: {}}\n",
            Fault(1, "of 3 runs 4 can never pass"),
        ),
        (
            "- name: a\n  ticket: {text: x}\n  expect: {}\n  script:\n    - {text: hm}\n    - {cal: find}\n",
            Fault(6, "a turn of a script is one of call, calls, answer and text, not cal"),
        ),
        (
            "- name: a\n  ticket: {text: x}\n  expect: {}\n  script:\n    - answer:\n        reply: No.\n"
            "        language: en\n        sure: 0.9\n        hand_ovr: unsure\n",
            Fault(9, "answer: unknown key 'hand_ovr' - did you mean 'hand_over'?"),
        ),
        (
            "- name: a\n  ticket: {text: x}\n  expect: {}\n  script:\n    - answer: {reply: No., language: en}\n",
            Fault(5, "answer: the key 'sure' is missing"),
        ),
    ],
)  # fmt: skip
def test_a_fault_in_cases_names_its_line(text: str, fault: Fault) -> None:
    with pytest.raises(Invalid) as caught:
        case_file.parse(text)
    assert caught.value.faults == [fault]
