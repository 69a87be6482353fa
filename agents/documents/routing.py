"""Which processor takes a document: the one that accepts its type, by manifest alone."""

from collections.abc import Iterable

from agents.documents.classify import Kind
from agents.manifest import Manifest
from core.contracts import Route

LEAST = 0.35  # a type below this score is nobody's


def route_document(kind: Kind, language: str, manifests: Iterable[Manifest]) -> Route:
    """Return the processor for a document's type, or None for a person with the reason.

    Among several that accept the type, one whose languages name the document's comes first, then the first by name.
    """
    takers = sorted(
        (one for one in manifests if one.kind == "processor" and kind.type in one.accepts.document_types),
        key=lambda one: (language not in one.languages, one.name),
    )
    base = {"intent": kind.type, "score": kind.score, "language": language}
    if kind.type == "unknown" or kind.score < LEAST:
        return Route(agent=None, reason="the type of the document is not clear", **base)
    if not takers:
        return Route(agent=None, reason=f"no processor accepts documents of type {kind.type!r}", **base)
    return Route(
        agent=takers[0].name,
        reason=f"it looks like a document of type {kind.type!r}",
        runner_up=takers[1].name if len(takers) > 1 else "",
        signals={f"type.{name}": score for name, score in kind.scores.items() if score >= 0.01},
        **base,
    )
