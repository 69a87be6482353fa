"""What is kept in the broker besides messages, and may be lost with it."""

import hashlib
from contextlib import suppress

import redis

SECONDS = 0.5  # for an answer: a model call waits for it


class BreakerBoard:
    """Which models' circuit breakers are open, for all workers: a key for each, which goes when its time is over."""

    def __init__(self, broker_url: str) -> None:
        self._broker = redis.Redis.from_url(
            redis_url(broker_url), socket_timeout=SECONDS, socket_connect_timeout=SECONDS
        )

    def left(self, name: str) -> float:
        """Return the seconds for which the breaker stays open; 0 where it is not, or the broker is away."""
        with suppress(redis.RedisError):
            return max(0.0, int(self._broker.pttl(_key(name))) / 1000)
        return 0.0

    def open(self, name: str, seconds: float) -> None:
        """Tell the others. Where the broker is away they find out for themselves."""
        with suppress(redis.RedisError):
            self._broker.set(_key(name), "", px=int(seconds * 1000))


def redis_url(url: str) -> str:
    """Celery writes redis+socket:///path for a unix socket, redis-py unix:///path."""
    return url.replace("redis+socket://", "unix://", 1)


def _key(name: str) -> str:
    return f"saola:breaker:{hashlib.sha256(name.encode()).hexdigest()[:16]}"
