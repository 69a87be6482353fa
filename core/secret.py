"""The installation's secret: signs sessions and log-in links, and draws audit coins that nobody can choose."""

import os
import secrets
from functools import lru_cache

from core.settings import settings


@lru_cache
def process_secret() -> bytes:
    """Return SAOLA_SECRET, or the secret kept in home (made at first use, readable by its owner only)."""
    given = settings().secret.get_secret_value()
    if given:
        return given.encode()
    path = settings().home / "secret"
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(48))
    except FileExistsError:
        pass
    return path.read_bytes()
