"""Approved replies at hand: each agent's are read from the database at most once a minute, and embedded once."""

import time
from threading import Lock
from uuid import UUID

from agents.contract import Agent
from agents.llm.approved import Approved, Cache, again
from agents.triage.embedders import chosen
from agents.triage.embedding_cache import CachedEmbedder
from core.contracts import Proposal, Route, WorkItem
from core.db import app_database
from core.settings import settings
from core.store import approved

FRESH_SECONDS = 60.0
KEPT = 64
_caches: dict[tuple[UUID, str], tuple[float, Cache]] = {}
_lock = Lock()


def find(agent: Agent, item: WorkItem, route: Route) -> Proposal | None:
    """Return the reply that was approved to nearly the same question, or None."""
    found = _cache(item.tenant_id, agent.fingerprint).find(item, route.intent, route.language)
    return None if found is None else again(*found)


def _cache(tenant_id: UUID, fingerprint: str) -> Cache:
    key = (tenant_id, fingerprint)
    with _lock:
        at, made = _caches.get(key, (0.0, None))
    if made is not None and time.monotonic() - at < FRESH_SECONDS:
        return made
    with app_database().transaction(tenant_id) as connection:
        rows = approved.replies(connection, fingerprint)
    kept = [
        Approved(question=row["question"], language=row["language"], proposal=row["proposal"])
        for row in rows
        if not _names(row["proposal"]["reply"], row["name"], row["address"])
    ]
    made = Cache(kept, CachedEmbedder(chosen(), settings().home / "cache"), chosen())
    with _lock:
        _caches[key] = (time.monotonic(), made)
        while len(_caches) > KEPT:
            _caches.pop(next(iter(_caches)))
    return made


def _names(reply: str, name: str, address: str) -> bool:
    """Say whether a reply names the customer it was written to."""
    words = {word.casefold() for word in [*name.split(), *address.partition("@")[0].split(".")] if len(word) > 2}
    return any(word in reply.casefold() for word in words)
