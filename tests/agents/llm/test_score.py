import math

from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessage

from agents.llm.score import WEIGHTS, combine, support, token_probability

share = st.floats(0, 1)


@given(st.dictionaries(st.sampled_from(sorted(WEIGHTS)), share))
def test_a_score_is_a_probability_and_grows_with_each_signal(signals: dict[str, float]) -> None:
    score = combine(signals)
    assert 0 <= score <= 1
    for name, value in signals.items():
        assert combine({**signals, name: min(1.0, value + 0.1)}) >= score


def test_a_signal_that_was_not_measured_neither_helps_nor_harms() -> None:
    assert combine({"self_report": 0.8}) == combine({"self_report": 0.8, "agreement": 0.5})


def test_a_taken_out_link_outweighs_a_sure_model() -> None:
    assert combine({"self_report": 1.0, "clean": 0.0}) < 0.5


def test_support_is_the_share_of_facts_found() -> None:
    assert support("It costs 89,00 EUR.", ['{"total": 89.0}']) == 1.0
    assert support("Order SL-1 of 3 May costs 89.", ["SL-1 costs 89"]) == 2 / 3
    assert support("It is on its way.", ["anything"]) is None


def test_the_probability_of_tokens_is_their_geometric_mean() -> None:
    tokens = [{"logprob": math.log(0.5)}, {"logprob": math.log(0.125)}]
    message = AIMessage("x", response_metadata={"logprobs": {"content": tokens}})
    assert token_probability(message) == math.sqrt(0.5 * 0.125)
    assert token_probability(AIMessage("x", response_metadata={"logprobs": None})) is None
    assert token_probability(AIMessage("x")) is None
