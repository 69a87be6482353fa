"""The catalog as this process sees it: read again when a folder changed, looked at every two seconds at most."""

import threading
import time
from functools import lru_cache

from agents.catalog import Catalog, open_catalog
from core.settings import settings

LOOK_SECONDS = 2.0


class _Seen:
    def __init__(self) -> None:
        self.catalog = open_catalog(settings().agent_path, library=settings().library, home=settings().home)
        self.looked_at = time.monotonic()
        self.lock = threading.Lock()


@lru_cache
def _seen() -> _Seen:
    return _Seen()


def catalog() -> Catalog:
    """Return the catalog, at most two seconds old."""
    seen = _seen()
    if time.monotonic() - seen.looked_at > LOOK_SECONDS and seen.lock.acquire(blocking=False):
        try:
            seen.catalog.refresh()
            seen.looked_at = time.monotonic()
        finally:
            seen.lock.release()
    return seen.catalog


def look_again() -> Catalog:
    """Return the catalog as the folders are now: after this process changed one."""
    seen = _seen()
    with seen.lock:
        seen.catalog.refresh()
        seen.looked_at = time.monotonic()
    return seen.catalog
