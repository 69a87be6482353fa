"""API keys and the process's signing secret: pure making and parsing, no database.

A key reads `sao_PREFIX_SECRETCHECK`: 8 characters that name it in lists and logs, 32 of secret (192 random bits,
base64url) and 6 of checksum (CRC-32), so that a scanner or a slip of the hand is told apart from a revoked key without
a look-up. Only the SHA-256 of the whole key is stored: that many random bits need no slow hash.
"""

import hashlib
import hmac
import re
import secrets
import zlib
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from core.settings import settings

_KEY = re.compile(r"sao_([a-z0-9]{8})_([A-Za-z0-9_-]{32})([0-9a-z]{6})")
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


class NewKey(NamedTuple):
    """A fresh key: `text` is shown once, `prefix` and `digest` are stored."""

    text: str
    prefix: str
    digest: str


def make_key() -> NewKey:
    """Return a new API key with 192 random bits."""
    prefix = "".join(secrets.choice(_DIGITS) for _ in range(8))
    body = f"sao_{prefix}_{secrets.token_urlsafe(24)}"
    text = body + _checksum(body)
    return NewKey(text, prefix, digest(text))


def key_prefix(text: str) -> str | None:
    """Return a key's prefix, or None when it is no key of ours or its checksum does not fit."""
    match = _KEY.fullmatch(text)
    if match is None or not hmac.compare_digest(_checksum(text[:-6]), text[-6:]):
        return None
    return match[1]


def digest(text: str) -> str:
    """Return the stored form of a key or of a session cookie: its SHA-256 in hexadecimal."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def same(first: str, second: str) -> bool:
    """Compare two secrets in a time that does not depend on where they differ."""
    return hmac.compare_digest(first.encode("utf-8", "surrogatepass"), second.encode("utf-8", "surrogatepass"))


def signing_secret() -> str:
    """Return SAOLA_SECRET, or a secret kept in a file of SAOLA_HOME that only the owner may read, made if missing."""
    given = settings().secret.get_secret_value()
    return given or _read_once(settings().home / "secret")


@lru_cache
def _read_once(path: Path) -> str:
    return _kept_secret(path)  # asked for twice with every item


def _kept_secret(path: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    if not path.exists():
        # Written whole under another name first: a process that starts at the same moment never reads half a secret.
        fresh.touch(mode=0o600)
        fresh.write_text(secrets.token_urlsafe(48))
        try:
            path.hardlink_to(fresh)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return path.read_text().strip()


def _checksum(text: str) -> str:
    number, found = zlib.crc32(text.encode()), ""
    for _ in range(6):
        number, digit = divmod(number, 36)
        found = _DIGITS[digit] + found
    return found
