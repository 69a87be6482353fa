"""Agents' knowledge folders: made searchable by a background job, searched by runs."""

import time
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from pathlib import Path
from uuid import UUID

import structlog

from agents.catalog import Entry
from agents.contract import Search
from agents.knowledge import files as folder_files
from agents.knowledge import large
from agents.knowledge.chunks import Article, Chunk
from agents.knowledge.index import Index
from agents.knowledge.search import find_articles
from agents.knowledge.store import Knowledge, build, pack, set_apart, unpack
from agents.triage.embedder import Floats
from agents.triage.embedders import chosen
from core.contracts import WorkItem
from core.db import app_database
from core.errors import TryLater
from core.store import learning, passages
from core.store.outbox import Job
from core.store.policies import TenantState
from workers.jobs import finish
from workers.resources import read_blob, workshop

log = structlog.get_logger()

KEPT = 16  # indexes that one worker process holds at a time
INDEX_SECONDS = 300.0  # of one job, which has a lease and an end; the next one goes on
NEAR = 60  # passages fetched by each part of a question
WAIT_SECONDS = 5.0


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
            passages.forget(connection, name)
    until = time.monotonic() + INDEX_SECONDS
    for name, entry in sorted(catalog.entries.items()):
        if not entry.knowledge or name in unused:
            continue
        if name in stored and stored[name]["fingerprint"] == entry.knowledge:
            continue
        before = unpack(read_blob(tenant_id, stored[name]["id"])) if name in stored else None
        folder = entry.folder / folder_files.FOLDER
        read = partial(article, folder, read=lambda path: parse(path, filename=path.name))
        _index_one(tenant_id, name, folder, read, before, until)
    with database.transaction(tenant_id) as connection:
        finish(connection, jobs)


def _index_one(
    tenant_id: UUID, name: str, folder: Path, read: Callable[[str], Article], before: Knowledge | None, until: float
) -> None:
    """Index one agent's folder, as far as there is time: the schedule has the rest done, which begins where this ended.

    What is large goes into the database where that can search vectors, file by file: only changed ones are touched.
    """
    database = app_database()
    with database.transaction(tenant_id) as connection:
        can_be_apart = passages.can_be_kept(connection)
    if before and before.is_apart and not can_be_apart:
        before = None
    found = build(folder_files.files(folder), read, chosen(), chosen("passage"), before, until)
    problems = {part.file.name: part.problem for part in found.parts if part.problem}
    figures = {"files": len(found.parts), "chunks": found.size, "problems": problems}
    with database.transaction(tenant_id) as connection:
        goes_apart = can_be_apart and (found.is_apart or found.size > large.LARGE)
        passages.forget(connection, name, [part.file.name for part in found.parts if part.apart])
        if goes_apart:
            passages.keep(connection, tenant_id, name, large.rows(found.parts))
            found = set_apart(found)
        learning.keep_knowledge(connection, tenant_id, name, found.fingerprint, pack(found), figures)
    log.info("knowledge.indexed", agent=name, apart=found.is_apart, **figures)


def searcher(tenant_id: UUID, state: TenantState, entry: Entry, item: WorkItem) -> Search:
    """Return the search in an agent's knowledge for one run; it finds nothing where the agent has no folder.

    Raises TryLater while the folder is being indexed: the agent's fingerprint names the knowledge it answers from.
    """
    if not entry.knowledge:
        return lambda query, limit: ()
    knowledge_id = state.classifiers.get(learning.knowledge_kind(entry.name))
    index = _index(tenant_id, entry.name, knowledge_id) if knowledge_id else None
    if index is None or index.fingerprint != entry.knowledge:
        raise TryLater(f"the knowledge of {entry.name!r} is being indexed", after=WAIT_SECONDS)
    return partial(find_articles, index.index, item)


class _Ready:
    def __init__(self, knowledge: Knowledge, fetch: large.Fetch) -> None:
        self.fingerprint = knowledge.fingerprint
        is_large = knowledge.is_apart
        self.index = large.LargeIndex(fetch, chosen()) if is_large else Index(knowledge, chosen())


@lru_cache(maxsize=KEPT)
def _index(tenant_id: UUID, agent: str, knowledge_id: UUID) -> _Ready:
    return _Ready(unpack(read_blob(tenant_id, knowledge_id)), partial(_fetch, tenant_id, agent))


def _fetch(tenant_id: UUID, agent: str, vectors: Floats, words: Sequence[str]) -> list[large.Passage]:
    with app_database().transaction(tenant_id) as connection:
        near = [passages.by_meaning(connection, agent, vector.tolist(), NEAR) for vector in vectors]
        rows = [row for some in [*near, passages.by_words(connection, agent, words, NEAR)] for row in some]
        titles = passages.title_vectors(connection, agent, sorted({row["article"] for row in rows}))
    found = {(row["article"], row["place"]): row for row in rows}
    return [
        large.Passage(
            chunk=Chunk(article=article, title=row["title"], heading=row["heading"], text=row["body"]),
            place=place,
            vector=row["vector"],
            title_vector=titles[article],
        )
        for (article, place), row in found.items()
    ]
