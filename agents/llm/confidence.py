"""The model that turns an llm agent's signals into its score: the one to begin with, and a stored one."""

from functools import lru_cache

from agents.confidence import Confidence
from agents.llm.score import BIAS, WEIGHTS

START = Confidence(WEIGHTS, BIAS)


@lru_cache(maxsize=256)
def stored(blob: bytes) -> Confidence:
    """Return a stored model; for no bytes the one that every agent begins with. Raises Broken where it is none."""
    return Confidence.from_bytes(blob) if blob else START
