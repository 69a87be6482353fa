"""New events, as they are committed, to everybody who listens: one query loop per tenant, not one per listener."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from fastapi.concurrency import run_in_threadpool

from core.db import app_database
from core.errors import Rejected
from core.store import events

LOOK_SECONDS = 0.3
BEHIND = 1_000  # events a listener may lag before it is cut; it comes back with its Last-Event-ID
BATCH = 200


class Seen(NamedTuple):
    """One event with the cursor after it."""

    cursor: str
    event: Any


class Feed:
    """The events of one tenant for any number of listeners in this process."""

    def __init__(self, tenant_id: UUID) -> None:
        self.tenant_id = tenant_id
        self.listeners: set[asyncio.Queue[Seen | None]] = set()
        self.cursor = ""
        self.task: asyncio.Task[None] | None = None

    async def listen(self, after: str = "") -> AsyncIterator[Seen | None]:
        """Yield None once it listens, then events after a cursor (those from now on without one)."""
        queue: asyncio.Queue[Seen | None] = asyncio.Queue(BEHIND)
        newest = "" if after and self.cursor else await run_in_threadpool(self._newest)
        self.cursor = self.cursor or newest
        self.listeners.add(queue)
        if self.task is None or self.task.done():
            self.task = asyncio.create_task(self._look())
        try:
            last = order(after or newest)
            yield None
            async for seen in self._missed(after):
                last = order(seen.cursor)
                yield seen
            while (now := await queue.get()) is not None:
                if order(now.cursor) > last:
                    yield now
        finally:
            self.listeners.discard(queue)

    async def _missed(self, after: str) -> AsyncIterator[Seen]:
        """What happened between a listener's cursor and now; what the loop has seen meanwhile may come twice."""
        cursor = after
        while cursor:
            found, cursor = await run_in_threadpool(self._after, cursor)
            for seen in found:
                yield seen
            if len(found) < BATCH:
                return

    async def _look(self) -> None:
        while self.listeners:
            with contextlib.suppress(Exception):  # the database is away: listeners wait until it is back
                found, self.cursor = await run_in_threadpool(self._after, self.cursor)
                for seen in found:
                    for queue in list(self.listeners):
                        self._hand(queue, seen)
                if len(found) == BATCH:
                    continue
            await asyncio.sleep(LOOK_SECONDS)
        self.cursor = ""  # nobody listens: the next listener starts from its own now

    def _hand(self, queue: asyncio.Queue[Seen | None], seen: Seen) -> None:
        if queue.full():
            self.listeners.discard(queue)
            while not queue.empty():
                queue.get_nowait()
            queue.put_nowait(None)
            return
        queue.put_nowait(seen)

    def _newest(self) -> str:
        with app_database().transaction(self.tenant_id) as connection:
            return events.newest_cursor(connection)

    def _after(self, cursor: str) -> tuple[Sequence[Seen], str]:
        with app_database().transaction(self.tenant_id) as connection:
            found, cursor = events.after_cursor(connection, cursor, BATCH)
        return [Seen(f"{row['xid']}.{row['id']}", row) for row in found], cursor


_feeds: dict[UUID, Feed] = {}


def feed_of(tenant_id: UUID) -> Feed:
    """Return the process's feed of a tenant."""
    return _feeds.setdefault(tenant_id, Feed(tenant_id))


def order(cursor: str) -> tuple[int, UUID]:
    """Return what cursors are compared by. Raises Rejected (malformed) for text that is no cursor."""
    try:
        xid, _, last = cursor.partition(".")
        number = int(xid)
        if not 0 <= number < 2**64:
            raise ValueError(xid)
        return number, UUID(last) if last not in ("", "0") else UUID(int=0)
    except ValueError as error:
        told = "Last-Event-ID is not one that this stream gave"
        raise Rejected(told, code="malformed", hint="Start without it.", where="header:Last-Event-ID") from error
