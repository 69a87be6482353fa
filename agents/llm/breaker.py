"""Circuit breakers, one for each model and server: a model that keeps failing is left alone for a while, so that
tickets go to the next model at once instead of each waiting for its own timeout. In process and in memory only."""

import threading
import time
from collections.abc import Callable


class Breaker:
    """Closed until `failures` calls in a row failed, then open for `seconds` (or as long as the server asked); then
    one probe is let through, and its result closes or reopens it. Safe across threads."""

    def __init__(
        self, *, failures: int = 5, seconds: float = 30.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._limit, self._seconds, self._clock = failures, seconds, clock
        self._lock = threading.Lock()
        self._failed = 0
        self._open_until = 0.0
        self._probing = False

    def wait(self) -> float:
        """Return 0 if a call may go ahead (it is the probe if the breaker was open), else the seconds left."""
        with self._lock:
            if self._failed < self._limit:
                return 0.0
            left = self._open_until - self._clock()
            if left > 0 or self._probing:
                return max(left, 1.0)
            self._probing = True
            return 0.0

    def worked(self) -> None:
        """Note a call that was answered: the breaker closes."""
        with self._lock:
            self._failed, self._probing = 0, False

    def failed(self, after: float | None = None) -> None:
        """Note a failed call; `after` is how long the server asked to be left alone, in seconds."""
        with self._lock:
            self._failed += 1
            self._probing = False
            if self._failed >= self._limit:
                self._open_until = self._clock() + max(after or 0.0, self._seconds)


_breakers: dict[tuple[str, str], Breaker] = {}
_lock = threading.Lock()


def breaker_of(model: str, base_url: str) -> Breaker:
    """Return this process's breaker for `model` (provider:name) at `base_url`."""
    with _lock:
        return _breakers.setdefault((model, base_url), Breaker())


def forget() -> None:
    """Drop all breakers (tests; and after an operator has repaired a server)."""
    with _lock:
        _breakers.clear()
