import math

from langchain_core.messages import AIMessage

from agents.llm.score import support, token_probability


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
