"""Passwords (argon2id, through pwdlib) and signed log-in links that work once and for a short time."""

import secrets
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from itsdangerous import BadData, URLSafeTimedSerializer
from pwdlib import PasswordHash

from core.errors import Rejected
from core.keys import signing_secret

SHORTEST = 10  # characters
LONGEST = 200
LINK_SECONDS = 15 * 60


class Link(NamedTuple):
    """What a log-in link says: who, in which tenant, and the number under which it counts as used."""

    user_id: UUID
    tenant_id: UUID
    number: str


@lru_cache
def _hasher() -> PasswordHash:
    return PasswordHash.recommended()


def hash_password(password: str) -> str:
    """Return a password's argon2id hash. Raises Rejected (code weak_password) when it is too short or too long."""
    if not SHORTEST <= len(password) <= LONGEST:
        told = f"a password has {SHORTEST} to {LONGEST} characters"
        raise Rejected(told, code="weak_password", hint="Use a few words that only you would put together.")
    return _hasher().hash(password)


def verify_password(password: str, stored: str) -> bool:
    """Return whether a password is right. An empty `stored` (no such user) takes as long, and is never right."""
    if len(password) > LONGEST:
        return False
    return _hasher().verify(password, stored or _nobody()) and bool(stored)


@lru_cache
def _nobody() -> str:
    return _hasher().hash(secrets.token_urlsafe(16))


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(signing_secret(), salt="saola.log-in-link")


def make_link_token(user_id: UUID, tenant_id: UUID) -> str:
    """Return the token of a log-in link, /login/link/TOKEN, good for 15 minutes and one use."""
    return str(_serializer().dumps([str(user_id), str(tenant_id), secrets.token_hex(8)]))


def read_link_token(token: str) -> Link | None:
    """Return what a token says, None when it is not ours or too old. The caller sees to it that it is used once."""
    try:
        user, tenant, number = _serializer().loads(token, max_age=LINK_SECONDS)
        return Link(UUID(user), UUID(tenant), str(number))
    except (BadData, ValueError, TypeError):
        return None
