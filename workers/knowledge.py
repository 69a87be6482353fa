"""Agents' knowledge folders: made searchable by a background job, searched by runs."""

from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from uuid import UUID

import structlog

from agents.catalog import Entry
from agents.knowledge import files as folder_files
from agents.knowledge.index import Index
from agents.knowledge.store import Knowledge, build, pack, unpack
from agents.triage.embedder import Embedder
from agents.triage.embedders import chosen
from core.contracts import Source, WorkItem
from core.db import app_database
from core.errors import TryLater
from core.store import learning
from core.store.outbox import Job
from core.store.policies import TenantState
from workers.jobs import finish
from workers.resources import read_blob, workshop

log = structlog.get_logger()

KEPT = 16  # indexes that one worker process holds at a time
WAIT_SECONDS = 5.0

Search = Callable[[str, int], Sequence[Source]]


def index_knowledge(jobs: Sequence[Job]) -> None:
    """Make the knowledge folders of a tenant's agents searchable: each agent whose folder is not the one stored. What
    is stored of a folder that is gone is let go."""
    from agents.knowledge.articles import article  # document parsers, which a worker of tickets does not need
    from workers.parse_client import parse

    tenant_id = jobs[0].tenant_id
    catalog = workshop().catalog
    catalog.refresh()
    database = app_database()
    with database.transaction(tenant_id) as connection:
        unused = learning.unused_agents(connection)
        stored = learning.knowledge_served(connection)
    with database.transaction(tenant_id) as connection:
        for name in catalog.without_knowledge(stored):
            learning.retire_knowledge(connection, name)
    for name, entry in sorted(catalog.entries.items()):
        if not entry.knowledge or name in unused:
            continue
        if name in stored and stored[name]["fingerprint"] == entry.knowledge:
            continue
        before = read_blob(tenant_id, stored[name]["id"]) if name in stored else None
        folder = entry.folder / folder_files.FOLDER
        read = partial(article, folder, read=lambda path: parse(path, filename=path.name))
        found = build(folder_files.files(folder), read, chosen(), chosen("passage"), unpack(before) if before else None)
        problems = {part.file.name: part.problem for part in found.parts if part.problem}
        figures = {"files": len(found.parts), "chunks": len(found.chunks), "problems": problems}
        log.info("knowledge.indexed", agent=name, **figures)
        with database.transaction(tenant_id) as connection:
            learning.keep_knowledge(connection, tenant_id, name, found.fingerprint, pack(found), figures)
    with database.transaction(tenant_id) as connection:
        finish(connection, jobs)


def searcher(tenant_id: UUID, state: TenantState, entry: Entry, item: WorkItem) -> Search:
    """Return the search in an agent's knowledge for one run; it finds nothing where the agent has no folder.

    Raises TryLater while the folder is being indexed: the agent's fingerprint names the knowledge it answers from.
    """
    if not entry.knowledge:
        return lambda query, limit: ()
    knowledge_id = state.classifiers.get(learning.knowledge_kind(entry.name))
    index = _index(tenant_id, knowledge_id) if knowledge_id else None
    if index is None or index.fingerprint != entry.knowledge:
        raise TryLater(f"the knowledge of {entry.name!r} is being indexed", after=WAIT_SECONDS)
    return partial(_search, index.index, item)


class _Ready:
    def __init__(self, knowledge: Knowledge, embedder: Embedder) -> None:
        self.fingerprint = knowledge.fingerprint
        self.index = Index(knowledge, embedder)


@lru_cache(maxsize=KEPT)
def _index(tenant_id: UUID, knowledge_id: UUID) -> _Ready:
    return _Ready(unpack(read_blob(tenant_id, knowledge_id)), chosen())


def _search(index: Index, item: WorkItem, query: str, limit: int) -> list[Source]:
    """Return the best articles; earlier messages count where the question is the customer's own newest message."""
    asked = [query]
    if item.text and item.text in query:
        earlier = [one.text for one in item.messages if one.author == "customer" and one.turn < item.turn]
        asked += earlier[::-1]
    return [
        Source(kind="article", id=hit.article, title=hit.chunk.place, quote=hit.chunk.text)
        for hit in index.search(asked, limit)
    ]
