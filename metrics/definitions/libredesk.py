"""LibreDesk: the AI's own word. Resolution is that it called `resolve`; nobody else is asked."""

from metrics.definitions.rule import Rule
from metrics.figure import Definition

RESOLUTION = Definition(
    name="libredesk_resolution",
    title="LibreDesk: resolution rate",
    unit="share",
    numerator="conversations that the AI itself closed",
    denominator="conversations in which the AI wrote",
    window="by arrival",
    exclusions="spam and merged conversations",
    source="read in the project's code",
)
HANDOFF = RESOLUTION.model_copy(
    update={
        "name": "libredesk_handoff",
        "title": "LibreDesk: handoff rate",
        "numerator": "conversations in which the AI wrote and that came to a person",
    }
)
REOPEN = RESOLUTION.model_copy(
    update={
        "name": "libredesk_reopen",
        "title": "LibreDesk: reopen rate",
        "numerator": "conversations that the AI closed and in which the customer wrote again",
        "denominator": "conversations that the AI closed",
    }
)

RULES = (
    Rule(definition=RESOLUTION, among="wrote", hit=lambda seen: seen.self_closed_at is not None),
    Rule(definition=HANDOFF, among="wrote", hit=lambda seen: seen.person_at is not None),
    Rule(definition=REOPEN, among="self_closed", hit=lambda seen: seen.self_closed_again),
)
