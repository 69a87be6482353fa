"""One score for a whole document from what is known of it: the product of its fields' scores to begin with, and a small
model of the processor's own once reviewers have judged enough of its documents (agents.confidence).

Which fields a sender, a scanner or a shop makes doubtful differs: what a field's score says of the whole document is
learnt from audits. A learnt model is another fingerprint: it earns a certificate of its own before anything goes out.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from math import log

from agents.confidence import Confidence

DOCUMENT = "document"  # the signal that holds the product; a proposal that has it was scored here
TYPE, FIELD, RULES, AGAIN = "type_score", "field.", "broken_rules", "came_before"
AGREEMENT = "agreement"  # of rules and a language model, where both read
BROKEN = 0.5  # times the score of an e-invoice that breaks a rule: its values are exact, but it must not be booked
LEAST, MOST = 0.005, 0.995  # shares beyond these count as these
# Weight of the product's log-odds and bias to begin with, as scanned receipts were (0.85: 95 % right, 0.3: half).
WEIGHT, BIAS = 4.5, 0.94
SCALE = 4.0  # of log-odds to a part: the usual ones span about 1, as the signals of replies do


def score(signals: Mapping[str, float], blob: bytes) -> float:
    """Return a document's score, 0 to 1, by the stored model, or the product where `blob` is empty; 0 where a required
    field is missing or the document came before."""
    product = 0.0 if signals.get(AGAIN) else signals[DOCUMENT]
    told = _stored(blob).score(parts_of(signals)) if blob and product else product
    return round(told * (BROKEN if signals.get(RULES) else 1.0), 4)


def parts_of(signals: Mapping[str, float]) -> dict[str, float]:
    """Return what a model weighs, each about a middle of 0.5: the log-odds of the product, of the type, of every field
    with a value, and of the share on which rules and a language model agree."""
    names = [name for name in signals if name in (DOCUMENT, TYPE, AGREEMENT) or name.startswith(FIELD)]
    return {name: 0.5 + _log_odds(signals[name]) / SCALE for name in names}


def start(judged: Iterable[Mapping[str, float]]) -> Confidence:
    """Return the model to begin with, for the parts that judged documents have."""
    names = sorted({name for parts in judged for name in parts} - {DOCUMENT})
    return Confidence({DOCUMENT: WEIGHT} | dict.fromkeys(names, 0.0), BIAS)


@lru_cache(maxsize=256)
def _stored(blob: bytes) -> Confidence:
    return Confidence.from_bytes(blob)


def _log_odds(share: float) -> float:
    bounded = min(MOST, max(LEAST, share))
    return log(bounded / (1 - bounded))
