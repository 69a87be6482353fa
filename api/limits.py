"""Limits on the size of a request, and the headers that every answer carries. Plain ASGI, no work per byte."""

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import problem
from core.settings import settings

FORM_OVERHEAD = 100_000  # bytes of a multipart form besides its file
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'"
)
# What is told of customers stays out of caches; files of ours that a browser may keep look the same to everybody.
NO_STORE = (b"cache-control", b"private, no-store")
_HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"geolocation=(), microphone=(), payment=()"),
]


def largest(scope: Scope) -> int:
    """Return how many bytes a request to this address may have."""
    path = scope["path"]
    if scope["method"] == "POST" and path in ("/v1/documents", "/submit/document"):
        return settings().max_file_bytes + FORM_OVERHEAD
    return settings().max_body_bytes


class BodyLimit:
    """Refuse a body that is too large with a problem: at once by its Content-Length, else when it gets too long."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        limit = largest(scope)
        declared = next((value for name, value in scope["headers"] if name == b"content-length"), b"")
        if declared.isdigit() and int(declared) > limit:
            await _drain(receive, 4 * limit)
            told = f"the body has {int(declared):,} bytes; at most {limit:,} are taken here"
            response = problem(413, "body_too_large", told, instance=scope["path"])
            await response(scope, receive, send)
            return
        await self.app(scope, _counted(receive, limit), send)


def _counted(receive: Receive, limit: int) -> Callable[[], Awaitable[Message]]:
    seen = 0

    async def counting() -> Message:
        nonlocal seen
        message = await receive()
        if message["type"] == "http.request":
            seen += len(message.get("body", b""))
            if seen > limit:
                raise HTTPException(413)
        return message

    return counting


async def _drain(receive: Receive, most: int) -> None:
    """Read on for a while, so that a client that is still sending gets to see the answer."""
    seen = 0
    while seen <= most:
        message = await receive()
        seen += len(message.get("body", b""))
        if message["type"] != "http.request" or not message.get("more_body"):
            return


class SafeHeaders:
    """Give every answer its security headers; a route's own value wins."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                given: list[Any] = list(message.get("headers", ()))
                names = {name.lower() for name, _ in given}
                policy = [] if b"content-security-policy" in names else [(b"content-security-policy", POLICY.encode())]
                private = [] if b"cache-control" in names or scope["path"].startswith("/static/") else [NO_STORE]
                kept = (one for one in _HEADERS if one[0] not in names)
                message["headers"] = [*given, *kept, *policy, *private]
            await send(message)

        await self.app(scope, receive, with_headers)
