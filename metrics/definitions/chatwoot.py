"""Chatwoot Captain: auto-resolution, durable resolution, handoff, reopen, coverage, hours saved; by events."""

from metrics.definitions.rule import Rule
from metrics.figure import Definition

MINUTES_A_REPLY = 2
SOURCE = "Chatwoot pull requests 15425, 13336, 14967"
AUTO = Definition(
    name="chatwoot_auto_resolution",
    title="Chatwoot: auto-resolution rate",
    unit="share",
    numerator="conversations resolved with the AI's reply, no handoff and no person's reply before; an idle one counts "
    "as resolved after 60 minutes",
    denominator="involved conversations: the AI replied or handed off",
    window="by arrival",
    exclusions="spam and merged conversations",
    source=SOURCE,
)
DURABLY = AUTO.model_copy(
    update={
        "name": "chatwoot_durable_resolution",
        "title": "Chatwoot: durable resolution rate",
        "numerator": "auto-resolved conversations not reopened for 7 days",
        "denominator": "conversations auto-resolved at least 7 days ago",
    }
)
HANDOFF = AUTO.model_copy(
    update={
        "name": "chatwoot_handoff",
        "title": "Chatwoot: handoff rate",
        "numerator": "involved conversations that came to a person",
    }
)
REOPEN = AUTO.model_copy(
    update={
        "name": "chatwoot_reopen",
        "title": "Chatwoot: reopen rate",
        "numerator": "auto-resolved conversations in which the customer wrote again",
        "denominator": "auto-resolved conversations",
    }
)
COVERAGE = AUTO.model_copy(
    update={
        "name": "chatwoot_coverage",
        "title": "Chatwoot: coverage",
        "numerator": "involved conversations",
        "denominator": "all conversations",
    }
)
HOURS = AUTO.model_copy(
    update={
        "name": "chatwoot_hours_saved",
        "title": "Chatwoot: hours saved",
        "unit": "count",
        "numerator": "the AI's public replies x 2 minutes, in hours (assumed, not measured)",
        "denominator": "none: a sum",
    }
)

RULES = (
    Rule(definition=AUTO, among="involved", hit=lambda seen: seen.idle_resolved),
    Rule(definition=DURABLY, among="idle_resolved_old", hit=lambda seen: not seen.idle_again),
    Rule(
        definition=HANDOFF,
        among="involved",
        hit=lambda seen: seen.person_at is not None and not seen.idle_resolved,
    ),
    Rule(definition=REOPEN, among="idle_resolved", hit=lambda seen: seen.idle_again),
    Rule(definition=COVERAGE, among="all", hit=lambda seen: seen.wrote or seen.declined),
    Rule(definition=HOURS, among="all", replies=True, scale=MINUTES_A_REPLY / 60),
)
