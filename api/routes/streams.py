"""Server-sent events: what happens to the inbox, or to one ticket. They never tell how sure an agent was."""

import time
from collections.abc import AsyncIterator
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent

from api import views
from api.feed import Seen, feed_of, order
from api.security import Caller, Reader, caller_of
from core.db import app_database
from core.errors import Rejected
from core.store import history

router = APIRouter(prefix="/v1", tags=["events"])
LastEventId = Annotated[str, Header(alias="Last-Event-ID", max_length=100)]
After = Annotated[str, Query(max_length=100, description="The same as Last-Event-ID, for a first connection.")]
_KEPT = ("agent", "intent", "language", "channel", "outcome", "by", "turn", "filename", "effect", "state")
LOOK_SECONDS = 5.0  # an event is not sent on a key or session that was good longer ago than this
_NOTE = "Reconnect with the header Last-Event-ID, and nothing is missed."


class _Start:
    """What a stream begins with, checked before its first byte is sent."""

    def __init__(self, request: Request, caller: Caller, after: str, ticket_id: UUID | None) -> None:
        self.request = request
        self.caller = caller
        self.after = after
        self.ticket_id = ticket_id

    async def still_allowed(self) -> bool:
        """Look again at the key or session: a stream is long, and may outlive what opened it."""
        try:
            now = await caller_of(self.request, None, None)
        except Rejected:
            return False
        return now.tenant_id == self.caller.tenant_id and now.may("staff", "ops", "developer")


def _start(request: Request, caller: Reader, last_event_id: LastEventId = "", after: After = "") -> _Start:
    last = last_event_id or after
    if last:
        order(last)
    return _Start(request, caller, last, None)


def _ticket_start(
    ticket_id: UUID, request: Request, caller: Reader, last_event_id: LastEventId = "", after: After = ""
) -> _Start:
    start = _start(request, caller, last_event_id, after)
    with app_database().transaction(caller.tenant_id) as connection:
        if history.ticket(connection, ticket_id) is None:
            raise views.no_ticket()
    return _Start(request, caller, start.after, ticket_id)


@router.get(
    "/events",
    operation_id="stream_events",
    response_class=EventSourceResponse,
    summary="Everything that happens, as it happens",
    description=_NOTE,
)
async def stream_events(start: Annotated[_Start, Depends(_start)]) -> AsyncIterator[ServerSentEvent]:
    async for event in _stream(start):
        yield event


@router.get(
    "/tickets/{ticket_id}/events",
    operation_id="stream_ticket",
    response_class=EventSourceResponse,
    summary="What happens to one ticket, as it happens",
    description=_NOTE,
)
async def stream_ticket(start: Annotated[_Start, Depends(_ticket_start)]) -> AsyncIterator[ServerSentEvent]:
    async for event in _stream(start):
        yield event


async def _stream(start: _Start) -> AsyncIterator[ServerSentEvent]:
    looked = time.monotonic()
    async for seen in feed_of(start.caller.tenant_id).listen(start.after):
        if time.monotonic() - looked > LOOK_SECONDS:
            if not await start.still_allowed():
                return
            looked = time.monotonic()
        if seen is None:
            yield ServerSentEvent(comment="listening", retry=1_000)
        elif start.ticket_id is None or seen.event["ticket_id"] == start.ticket_id:
            yield ServerSentEvent(data=_shown(seen), event=seen.event["kind"], id=seen.cursor)


def _shown(seen: Seen) -> dict[str, Any]:
    event = seen.event
    ids = {name: str(event[name]) for name in ("ticket_id", "document_id", "run_id") if event[name]}
    data = {name: value for name, value in event["data"].items() if name in _KEPT}
    return {"kind": event["kind"], "at": event["at"].isoformat(), **ids, "data": data}
