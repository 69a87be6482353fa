"""A running embedded server: one for a home at a time, stopped when its block ends."""

import contextlib
from collections.abc import Callable
from typing import Self

from cli.child import Child, log_file, start_and_wait, stop
from cli.embedded.place import Place, locked


class EmbeddedServer:
    """A server that is up; also a context manager that stops it.

    Raises Rejected when another process runs the home's server, Broken when it does not come up.
    """

    def __init__(self, place: Place, name: str, child: Callable[[], Child]) -> None:
        self.place = place
        self._lock = contextlib.ExitStack()
        self._lock.enter_context(locked(place.home, name))
        try:
            self.child = child()
            self.process = start_and_wait(self.child, log_file(place.home, name))
        except BaseException:
            self._lock.close()
            raise

    def stop(self) -> None:
        """End the process, and let go of the home."""
        stop(self.process, self.child)
        self._lock.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
