"""What a run finds in its agent's knowledge: in a running installation, and in cases at a developer's desk."""

from agents.knowledge.index import Index
from agents.knowledge.large import LargeIndex
from core.contracts import Source, WorkItem

EARLIER = 10  # messages of a ticket, the newest, that are looked up beside the question


def find_articles(index: Index | LargeIndex, item: WorkItem, query: str, limit: int) -> list[Source]:
    """Return the best articles; earlier messages count where the question is the customer's own newest message: also
    those of agents and staff, whose words are often those of the article."""
    asked = [query]
    if item.text and item.text in query:
        asked += [one.text for one in item.messages if one.turn < item.turn][: -EARLIER - 1 : -1]
    return [
        Source(kind="article", id=hit.article, title=hit.chunk.place, quote=hit.chunk.text)
        for hit in index.search(asked, limit)
    ]
