"""Decagon: containment, sessions that ended inside the channel without escalation. Silence counts as success."""

from metrics.definitions.rule import Rule
from metrics.figure import Definition

CONTAINMENT = Definition(
    name="decagon_containment",
    title="Decagon: containment rate",
    unit="share",
    numerator="sessions that the AI answered and that no person took part in",
    denominator="sessions entering the channel: those in which the AI wrote",
    window="by arrival; what counts as entering is not published",
    exclusions="spam and merged sessions",
    source="third parties quoting the glossary on decagon.ai",
)

RULES = (Rule(definition=CONTAINMENT, among="wrote", hit=lambda seen: seen.answered and seen.person_at is None),)
