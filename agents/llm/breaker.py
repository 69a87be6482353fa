"""Circuit breakers, one for each model and server: a model that keeps failing is left alone for a while, so that
tickets go to the next model at once instead of each waiting for its own timeout.

Each process counts its own failures. What one has found out is told to the others where they share a board.
"""

import threading
import time
from collections.abc import Callable
from typing import Protocol

BOARD_SECONDS = 1.0  # how old what a board said may be


class Board(Protocol):
    """Where processes tell each other which breakers are open. One that cannot be reached says 0 and keeps nothing."""

    def left(self, name: str) -> float:
        """Return the seconds for which the breaker stays open; 0 where it is not."""
        ...

    def open(self, name: str, seconds: float) -> None:
        """Tell the others that the breaker is open from now on for so long."""
        ...


class Breaker:
    """Closed until `failures` calls in a row failed, then open for `seconds` (or as long as the server asked); then
    one probe is let through, and its result closes or reopens it. Safe across threads.

    One that another process has opened is open here too; when its time is over, this process finds out for itself.
    """

    def __init__(
        self,
        *,
        failures: int = 5,
        seconds: float = 30.0,
        clock: Callable[[], float] = time.monotonic,
        name: str = "",
        board: Board | None = None,
    ) -> None:
        self._limit, self._seconds, self._clock = failures, seconds, clock
        self._name, self._board = name, board
        self._asked_at, self._others_until = float("-inf"), float("-inf")
        self._lock = threading.Lock()
        self._failed = 0
        self._open_until = 0.0
        self._probing = False

    def wait(self) -> float:
        """Return 0 if a call may go ahead (it is the probe if the breaker was open), else the seconds left."""
        with self._lock:
            if self._failed < self._limit:
                return self._others()
            left = self._open_until - self._clock()
            if left > 0 or self._probing:
                return max(left, 1.0)
            self._probing = True
            return 0.0

    def left(self) -> float:
        """Return the seconds for which no call goes ahead, 0 where one may; asking lets no probe through."""
        with self._lock:
            return max(0.0, self._open_until - self._clock()) if self._failed >= self._limit else 0.0

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
                seconds = max(after or 0.0, self._seconds)
                self._open_until = self._clock() + seconds
                if self._board is not None:
                    self._board.open(self._name, seconds)

    def _others(self) -> float:
        now = self._clock()
        if self._board is not None and now - self._asked_at >= BOARD_SECONDS:
            self._asked_at, self._others_until = now, now + self._board.left(self._name)
        return max(0.0, self._others_until - now)


_breakers: dict[tuple[str, str], Breaker] = {}
_boards: list[Board] = []
_lock = threading.Lock()


def share(board: Board | None) -> None:
    """Let the breakers that this process makes from now on speak with those of others; None for no others."""
    with _lock:
        _boards[:] = [board] if board is not None else []


def breaker_of(model: str, base_url: str) -> Breaker:
    """Return this process's breaker for `model` (provider:name) at `base_url`."""
    with _lock:
        if (model, base_url) not in _breakers:
            board = _boards[0] if _boards else None
            _breakers[(model, base_url)] = Breaker(name=f"{model} {base_url}", board=board)
        return _breakers[(model, base_url)]


def resting() -> dict[str, float]:
    """Return the models of this process that are left alone now, with the seconds left (the longest of its servers)."""
    found: dict[str, float] = {}
    with _lock:
        known = list(_breakers.items())
    for (model, _), breaker in known:
        if left := breaker.left():
            found[model] = max(left, found.get(model, 0.0))
    return found


def forget() -> None:
    """Drop all breakers (tests; and after an operator has repaired a server)."""
    with _lock:
        _breakers.clear()
