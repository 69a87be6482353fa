"""Idempotency-Key as in draft-ietf-httpapi-idempotency-key-header-07, with Stripe's semantics.

The same key and request give the first answer again, byte for byte, for 24 hours; another request under the same key is
a 422; the same key while its request still runs is a 409. The answer is kept in the transaction that made what it
speaks of, so only answers of committed work are kept: after an error the same key may be used again.
"""

import hashlib
import re
from collections.abc import Callable
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request, Response
from sqlalchemy import Connection

from core.db import app_database
from core.errors import Rejected
from core.store import idempotency

_KEPT_HEADERS = ("location", "content-type")
_KEY = re.compile(r"[\x21-\x7e][\x20-\x7e]{0,254}")


class _InUse(Rejected):
    """The first request with this key has not ended; the caller waits and sends it again."""

    headers = {"Retry-After": "1"}  # noqa: RUF012 - read only


async def key_of(request: Request) -> str | None:
    """Return the request's key without its quotes, None when it has none. Raises Rejected (malformed)."""
    given = request.headers.get("idempotency-key")
    if given is None:
        return None
    key = given.strip()
    if len(key) >= 2 and key[0] == key[-1] == '"':  # a structured field's string, as the draft writes it
        key = re.sub(r'\\(["\\])', r"\1", key[1:-1])
    if not _KEY.fullmatch(key):
        told = "the Idempotency-Key must be 1 to 255 printable ASCII characters"
        raise Rejected(told, code="malformed", hint="Use a random UUID.", where="header:Idempotency-Key")
    return key


IdempotencyKey = Annotated[str | None, Depends(key_of)]


async def body_digest(request: Request) -> str:
    """Return the digest of method, path and body: two requests with the same one are the same request."""
    return digest_of(request, await request.body())


def digest_of(request: Request, content: bytes) -> str:
    """Return the digest of a request whose content is given (for uploads: the file's own digest and its fields)."""
    start = f"{request.method} {request.url.path}?{request.url.query}\n".encode()
    return hashlib.sha256(start + content).hexdigest()


BodyDigest = Annotated[str, Depends(body_digest)]


def once(tenant_id: UUID, key: str | None, fingerprint: str, work: Callable[[Connection], Response]) -> Response:
    """Do `work` in one transaction and return its answer; under a known key return the first answer instead."""
    with app_database().transaction(tenant_id) as connection:
        if key is None:
            return work(connection)
        if not idempotency.lock(connection, tenant_id, key):
            told = "a request with this Idempotency-Key is still running"
            raise _InUse(told, code="key_in_use", hint="Wait a second and send it again.")
        first = idempotency.find(connection, key)
        if first is not None:
            if first["fingerprint"] != fingerprint:
                told = "this Idempotency-Key was used for another request"
                raise Rejected(told, code="key_reused", hint="Use a fresh key for each new request.")
            return Response(bytes(first["body"]), first["status"], {**first["headers"], "idempotent-replayed": "true"})
        answer = work(connection)
        headers = {name: answer.headers[name] for name in _KEPT_HEADERS if name in answer.headers}
        idempotency.remember(
            connection,
            tenant_id,
            key,
            fingerprint=fingerprint,
            status=answer.status_code,
            headers=headers,
            body=bytes(answer.body),
        )
        return answer
