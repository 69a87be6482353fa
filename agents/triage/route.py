"""Triage of one work item: which agent, or a person, and why. Pure: the classifier and the manifests are handed in."""

import re
from collections.abc import Callable, Mapping, Sequence
from uuid import UUID

from agents.documents.classify import classify
from agents.documents.routing import route_document
from agents.documents.values import Reading
from agents.manifest import Manifest
from agents.triage import matters
from agents.triage.classifier import Classifier
from agents.triage.embedder import Embedder
from agents.triage.matters import Read
from core.contracts import Route, WorkItem

NOBODY = 0.30  # below this probability of being right there is no draft: it would only mislead the reviewer
SHORT = 40  # a follow-up of fewer letters is read together with the message before it
_URGENT = re.compile(
    r"\b(urgent|urgently|asap|immediately|emergency|fraud|stolen|hacked|lawyer|"
    r"gấp|khẩn|khẩn cấp|ngay lập tức|lừa đảo|mất cắp|gap lam|lua dao|"
    r"dringend|sofort|notfall|betrug|gestohlen|gehackt|anwalt)\b",
    re.IGNORECASE,
)


def route(
    item: WorkItem,
    classifier: Classifier | None,
    manifests: Mapping[str, Manifest],
    *,
    read_document: Callable[[UUID], Reading] | None = None,
    embedder: Embedder | None = None,
    read: Mapping[str, Read] | None = None,
) -> Route:
    """Return the agent for `item` among `manifests` (those in service), or None for a person with the reason.

    `read_document` reads a document of the item; without it a document goes by its stored type alone. `read` holds
    messages that this classifier has read already (see `read_together`).
    """
    if item.kind == "document":
        return _route_document(item, manifests, read_document)
    text = ticket_text(item)
    priority = "high" if _URGENT.search(text) else "normal"
    if not _says_something(text):
        return Route(agent=None, reason="the message has no text", language=item.language)
    if classifier is None:
        return Route(agent=None, reason="triage has not been trained yet", language=item.language, priority=priority)
    known = (read or {}).get(text)
    scored, other, other_score = known or matters.read(classifier, [text], embedder=embedder)[0]
    agent, _, intent = scored.label.partition("/")
    # A message with two matters is covered; its score is low because a reply to one of them is not right.
    reason = _unfit(item, agent, max(scored.score, other_score), manifests)
    return Route(
        agent=None if reason else agent,
        intent=intent,
        score=round(scored.score, 6),
        language=item.language or scored.language,
        priority=priority,
        reason=reason or _told(intent, other),
        runner_up=scored.runner_up,
        signals={
            **scored.signals,
            "runner_up": scored.runner_up_score,
            "quick": float(scored.quick),
            "other_matter": other_score,
        },
    )


def read_together(items: Sequence[WorkItem], classifier: Classifier | None) -> dict[str, Read]:
    """Return what triage reads in these tickets, by its text. Each comparison with all examples moves the examples
    through the processor once, for one message as for eight: together that costs a third."""
    texts = {text: None for item in items if item.kind == "ticket" and _says_something(text := ticket_text(item))}
    if classifier is None:
        return {}
    return dict(zip(texts, matters.read(classifier, list(texts)), strict=True))


def _says_something(text: str) -> bool:
    return any(map(str.isalnum, text))


def _told(intent: str, other: str) -> str:
    if other:
        return f"it reads like {intent!r}, and in part like {other.rpartition('/')[2]!r}"
    return f"it reads like {intent!r}"


def ticket_text(item: WorkItem) -> str:
    """Return what triage reads: subject and text; a short follow-up with the customer's message before it."""
    parts = [item.subject, item.text]
    if item.turn > 1 and len(item.text) < SHORT:
        earlier = [
            message.text for message in item.messages if message.author == "customer" and message.turn < item.turn
        ]
        parts = [item.subject, *earlier[-1:], item.text]
    return "\n".join(part.strip() for part in parts if part.strip())


def _unfit(item: WorkItem, agent: str, score: float, manifests: Mapping[str, Manifest]) -> str:
    manifest = manifests.get(agent)
    if score < NOBODY:
        return "no agent covers this"
    if manifest is None:
        return f"it is for the agent {agent!r}, which is not in service"
    if manifest.accepts.channels and item.channel not in manifest.accepts.channels:
        return f"the agent {agent!r} does not take tickets of the channel {item.channel!r}"
    return ""


def _route_document(
    item: WorkItem, manifests: Mapping[str, Manifest], read_document: Callable[[UUID], Reading] | None
) -> Route:
    if not item.documents:
        return Route(agent=None, reason="the item holds no document")
    document = item.documents[0]
    takers = [
        one
        for one in manifests.values()
        if one.kind == "processor"
        and (not one.accepts.media_types or document.media_type in one.accepts.media_types)
        and (not one.accepts.channels or item.channel in one.accepts.channels)
    ]
    if read_document is not None:
        reading = read_document(document.id)
        return route_document(classify(reading), reading.language, takers)
    fitting = sorted(one.name for one in takers if document.type in one.accepts.document_types)
    if not fitting:
        return Route(
            agent=None, intent=document.type, reason=f"no processor accepts documents of type {document.type!r}"
        )
    told = f"it is a document of type {document.type!r}"
    return Route(agent=fitting[0], intent=document.type, score=1.0, language=item.language, reason=told)
