"""The embedded Valkey: what survives, who may reach it."""

import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
import redis

from cli.embedded.place import find_place
from cli.embedded.temporary import Servers
from cli.embedded.valkey import Valkey, start_valkey
from core.errors import Broken, Rejected
from tests.cli.waiting import alive, crowding, wait_for

HOLD = """
import sys, time
from pathlib import Path
from cli.embedded.valkey import start_valkey
server = start_valkey(Path(sys.argv[1]))
print(server.process.pid, flush=True)
time.sleep(600)
"""


def client(valkey: Valkey) -> "redis.Redis":
    return redis.Redis(unix_socket_path=str(valkey.socket))


def push(valkey: Valkey, count: int) -> None:
    with client(valkey) as connection:
        for number in range(count):
            connection.rpush("queue", number)


def length(valkey: Valkey) -> object:
    with client(valkey) as connection:
        return connection.llen("queue")


def test_it_listens_on_a_private_unix_socket_only(servers: Servers) -> None:
    valkey = servers.valkey.valkey
    assert stat.S_IMODE(valkey.socket.stat().st_mode) == 0o700
    assert stat.S_IMODE(valkey.data.stat().st_mode) == 0o700
    assert len(str(valkey.socket)) < 100
    assert psutil.Process(servers.valkey.process.pid).net_connections("inet") == []


def test_its_settings_keep_what_is_queued(servers: Servers) -> None:
    with client(servers.valkey.valkey) as connection:
        wanted = {"appendonly": "yes", "appendfsync": "everysec", "maxmemory-policy": "noeviction", "save": ""}
        assert {name: connection.config_get(name)[name] for name in wanted} == wanted


@pytest.mark.skipif(os.geteuid() != 0, reason="only root drops privileges")
def test_root_drops_to_a_user_of_its_own(servers: Servers) -> None:
    user = servers.valkey.place.user
    assert user and set(psutil.Process(servers.valkey.process.pid).uids()) == {user[0]} and user[0] != 0


def test_kill_9_loses_no_queued_message(home: Path) -> None:
    with start_valkey(home) as server:
        push(server.valkey, 1000)
        os.kill(server.process.pid, signal.SIGKILL)
        server.process.wait()
    with start_valkey(home) as server:
        assert length(server.valkey) == 1000


def test_kill_9_of_the_parent_ends_the_server_and_loses_nothing(home: Path) -> None:
    parent = subprocess.Popen([sys.executable, "-c", HOLD, str(home)], stdout=subprocess.PIPE, text=True)
    assert parent.stdout
    pid = int(parent.stdout.readline())
    push(Valkey(find_place(home)), 100)
    parent.kill()
    parent.communicate()
    if sys.platform == "linux":
        wait_for(lambda: not alive(pid), what="valkey has ended")
    began = time.monotonic()
    with start_valkey(home) as server:
        assert time.monotonic() - began < 2 * crowding()
        assert length(server.valkey) == 100


def test_an_orphan_is_taken_over(home: Path) -> None:
    valkey = Valkey(find_place(home))
    valkey.prepare()
    child = valkey.child()
    options: dict[str, int] = {} if child.user is None else {"user": child.user[0], "group": child.user[1]}
    orphan = subprocess.Popen(child.argv, stdout=subprocess.DEVNULL, **options)  # type: ignore[call-overload] # mypy wants each keyword by name
    wait_for(valkey.is_ready)
    push(valkey, 10)
    with start_valkey(home) as server:
        assert orphan.wait(5) == 0, "it was stopped gently"
        assert length(server.valkey) == 10


def test_a_second_start_beside_a_running_one_is_refused(servers: Servers) -> None:
    with pytest.raises(Rejected, match="already run"):
        start_valkey(servers.home)
    assert servers.valkey.valkey.is_ready()


def test_a_file_that_cannot_be_read_is_set_aside_since_the_database_is_the_queue(home: Path) -> None:
    with start_valkey(home) as server:
        push(server.valkey, 10)
        stored = server.valkey.data / "appendonlydir"
    incremental = next(stored.glob("*.incr.aof"))
    incremental.write_bytes(b"not a command" + incremental.read_bytes())
    with pytest.raises(Broken, match="Bad file format"):
        start_valkey(home)
    with start_valkey(home) as server:  # as the supervisor does next
        assert length(server.valkey) == 0
    assert (stored.with_name("appendonlydir.damaged") / incremental.name).exists()
