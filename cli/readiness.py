"""How the supervisor knows that a process does its work, not only that it runs."""

import http.client
from pathlib import Path

from cli.child import log_file

PROBE_SECONDS = 0.3


class LogLine:
    """Ready once the log of `name` says `words` in what was written since `begin`."""

    def __init__(self, home: Path, name: str, words: str) -> None:
        self.log = log_file(home, name)
        self.words = words.encode()
        self.seen = 0

    def begin(self) -> None:
        """Remember where the log ends now, before the process starts."""
        self.seen = self.log.stat().st_size if self.log.exists() else 0

    def __call__(self) -> bool:
        if not self.log.exists():
            return False
        with self.log.open("rb") as file:
            file.seek(self.seen)
            return self.words in file.read()


class Answers:
    """Ready once GET `path` on an HTTP server answers 200."""

    def __init__(self, host: str, port: int, path: str) -> None:
        self.host, self.port, self.path = host, port, path

    def __call__(self) -> bool:
        connection = http.client.HTTPConnection(self.host, self.port, timeout=PROBE_SECONDS)
        try:
            connection.request("GET", self.path)
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()
