"""Intercom Fin: resolution is a confirmation or silence after an answer; automation = involvement x resolution."""

from metrics.definitions.rule import Rule
from metrics.definitions.timeline import Seen
from metrics.figure import Definition

INVOLVEMENT = Definition(
    name="fin_involvement",
    title="Fin: involvement rate",
    unit="share",
    numerator="conversations in which the AI wrote to the customer",
    denominator="all new conversations",
    window="by arrival",
    exclusions="spam and merged conversations",
    source="fin.ai/help/en/articles/13560797",
)
RESOLUTION = Definition(
    name="fin_resolution",
    title="Fin: resolution rate (confirmed + assumed)",
    unit="share",
    numerator="conversations with an answer of the AI after which the customer confirmed, or left for 24 hours without "
    "asking for more; taken back when the customer returns to the same conversation and has no answer of the AI again",
    denominator="conversations in which the AI wrote",
    window="by arrival; assumed after 24 hours of silence",
    exclusions="spam and merged conversations; the same customer in a new conversation does not count against it",
    source="intercom.com/help/en/articles/8205718; silence of 24 hours from an older version of that page",
)
AUTOMATION = Definition(
    name="fin_automation",
    title="Fin: automation rate",
    unit="share",
    numerator="involvement rate x resolution rate: resolved conversations",
    denominator="all new conversations",
    window="by arrival",
    exclusions="as above",
    source="fin.ai/help/en/articles/13560797",
)


def resolved(seen: Seen) -> bool:
    """Confirmed, or assumed after 24 hours of silence, and not taken back."""
    if seen.person_at is not None or not seen.last_word:
        return False
    return seen.confirmed or seen.silent[1] is not None


RULES = (
    Rule(definition=INVOLVEMENT, among="all", hit=lambda seen: seen.wrote),
    Rule(definition=RESOLUTION, among="wrote", hit=resolved),
    Rule(definition=AUTOMATION, among="all", hit=resolved),
)
