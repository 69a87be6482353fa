"""How sure an llm proposal is: several signals, each 0 to 1, and the weights with which they begin.

The weights are a documented starting point, not a truth: confidence.py learns an agent's own from judged runs, and what
a score is worth is decided by the certificate, which looks only at how audited runs with such scores turned out.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from langchain_core.messages import AIMessage

from agents.tools.provenance import facts

# Weight of each signal around its middle (0.5), and the bias. Self-reports of models are over-confident (Xiong et al.,
# "Can LLMs Express Their Uncertainty?", ICLR 2024), agreement of samples less so (SelfCheckGPT, EMNLP 2023).
WEIGHTS: Mapping[str, float] = {
    "self_report": 3.0,
    "support": 4.0,
    "agreement": 5.0,
    "logprob": 2.0,
    "language": 2.0,
    "clean": 6.0,
    "larger": 0.0,  # whether the larger model was asked; what that says is for an agent's judged runs to show
}
BIAS = -2.5  # nothing amiss and a model that is half sure: 0.82


def support(reply: str, sources: Sequence[str]) -> float | None:
    """Return the share of the reply's facts (numbers by value, words with a digit, links, addresses) that stand in
    `sources`, or None where the reply has none."""
    stated = facts(reply)
    if not stated:
        return None
    known = set().union(*(facts(source) for source in sources))
    return len(stated & known) / len(stated)


def token_probability(message: AIMessage) -> float | None:
    """Return the geometric mean probability of the message's tokens, where the provider gave log-probabilities."""
    given: Any = message.response_metadata.get("logprobs")
    content = given.get("content") if isinstance(given, dict) else None
    values = [token["logprob"] for token in content or () if isinstance(token, dict) and "logprob" in token]
    return math.exp(sum(values) / len(values)) if values else None
