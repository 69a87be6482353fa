"""The embedded PostgreSQL: who may reach it, what survives, how it starts again. As root and as an ordinary user."""

import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from cli.embedded.place import SHARED, Place
from cli.embedded.postgres import OPTIONS, ROLES, Postgres, find_postgres, start_postgres
from cli.embedded.temporary import Servers
from core.errors import Broken, Rejected
from tests.cli.waiting import alive, crowding, open_to_others, wait_for

HOLD = """
import sys, time
from pathlib import Path
from cli.embedded.postgres import start_postgres
server = start_postgres(Path(sys.argv[1]), durable=False)
print(server.process.pid, flush=True)
time.sleep(600)
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home of its own whose server has been started and stopped once."""
    home = tmp_path_factory.mktemp("home")
    with start_postgres(home, durable=False) as server, session(server.postgres, "saola_owner") as connection:
        connection.execute("CREATE TABLE kept (n int)")
        connection.execute("INSERT INTO kept VALUES (1)")
    yield home
    server.place.remove()


def session(postgres: Postgres, role: str) -> "psycopg.Connection[tuple[object, ...]]":
    return psycopg.connect(postgres.url(role).replace("+psycopg", ""), autocommit=True)


def kept(postgres: Postgres) -> object:
    with session(postgres, "saola_owner") as connection:
        row = connection.execute("SELECT count(*) FROM kept").fetchone()
    return row and row[0]


def hold(home: Path) -> "tuple[subprocess.Popen[str], int]":
    """Start the server in a process of its own, to be killed."""
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(home)], stdout=subprocess.PIPE, text=True)
    assert process.stdout
    return process, int(process.stdout.readline())


def test_only_a_unix_socket_in_a_private_folder(servers: Servers) -> None:
    place = servers.postgres.place
    path = place.sockets / ".s.PGSQL.5432"
    assert stat.S_ISSOCK(path.stat().st_mode) and stat.S_IMODE(path.stat().st_mode) == 0o700
    assert len(str(path)) < 100
    assert stat.S_IMODE(place.sockets.stat().st_mode) == 0o700
    connections = psutil.Process(servers.postgres.process.pid).net_connections("inet")
    assert connections == []


def test_nothing_is_open_to_other_users(servers: Servers) -> None:
    place = servers.postgres.place
    assert open_to_others(servers.home) == []
    assert [path for path in open_to_others(place.data) if path != place.data / "home"] == []
    assert open_to_others(place.sockets) == []


def test_a_wrong_password_is_refused(servers: Servers) -> None:
    url = servers.postgres.app_url.replace("+psycopg", "").replace(
        servers.postgres.postgres.passwords["saola_app"], "no"
    )
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(url)
    with session(servers.postgres.postgres, "postgres") as connection:
        methods = {row[0] for row in connection.execute("SELECT auth_method FROM pg_hba_file_rules")}
    assert methods == {"scram-sha-256"}


def test_passwords_stand_in_no_log_and_no_command_line(servers: Servers) -> None:
    said = " ".join(psutil.Process(servers.postgres.process.pid).cmdline())
    said += (servers.home / "logs" / "postgres.log").read_text()
    assert not [role for role in ROLES if servers.postgres.postgres.passwords[role] in said]


def test_a_shipped_server_syncs_to_disk(home: Path) -> None:
    with start_postgres(home) as server, session(server.postgres, "saola_app") as connection:
        for name in ("fsync", "synchronous_commit", "full_page_writes"):
            assert connection.execute(f"SHOW {name}").fetchone() == ("on",)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root drops privileges")
def test_root_drops_to_a_user_of_its_own(servers: Servers) -> None:
    place = servers.postgres.place
    assert place.user and place.user[0] != 0
    process = psutil.Process(servers.postgres.process.pid)
    assert set(process.uids()) == {place.user[0]} and set(process.gids()) == {place.user[1]}
    assert Path(f"/proc/{process.pid}/status").read_text().split("Groups:")[1].split("\n")[0].strip() == ""
    assert (place.data / "postgres").stat().st_uid == place.user[0] and place.data.parent == SHARED
    assert servers.home.stat().st_uid == 0 and stat.S_IMODE(servers.home.stat().st_mode) == 0o700


def test_the_second_start_is_quick_and_keeps_the_data(home: Path) -> None:
    began = time.monotonic()
    with start_postgres(home, durable=False) as server:
        assert time.monotonic() - began < 0.5 * crowding()
        assert kept(server.postgres) == 1
        assert server.postgres.revision() == "", "a database without our schema has no revision"


def test_a_second_start_beside_a_running_one_is_refused_and_harms_nothing(servers: Servers) -> None:
    with pytest.raises(Rejected, match=f"already run by process {os.getpid()}"):
        start_postgres(servers.home)
    with session(servers.postgres.postgres, "saola_app") as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent has died")
def test_kill_9_of_the_parent_ends_the_server_and_loses_nothing(home: Path) -> None:
    parent, pid = hold(home)
    with session(find_postgres(home), "saola_owner") as connection:
        connection.execute("INSERT INTO kept VALUES (2)")
    parent.kill()
    parent.communicate()
    wait_for(lambda: not alive(pid), what="postgres has ended")
    with start_postgres(home, durable=False) as server, session(server.postgres, "saola_owner") as connection:
        assert connection.execute("DELETE FROM kept WHERE n = 2").rowcount == 1


def test_an_orphan_is_taken_over(home: Path) -> None:
    postgres = find_postgres(home, durable=False)
    child = postgres.child()
    options: dict[str, int] = {} if child.user is None else {"user": child.user[0], "group": child.user[1]}
    orphan = subprocess.Popen(child.argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options)  # type: ignore[call-overload] # mypy wants each keyword by name
    wait_for(postgres.is_ready)
    with start_postgres(home, durable=False) as server:
        assert orphan.wait(5) == 0, "it was stopped gently"
        assert server.process.pid != orphan.pid and kept(server.postgres) == 1


def test_kill_9_of_the_postmaster_loses_nothing_even_with_a_busy_session(home: Path) -> None:
    with start_postgres(home, durable=False) as server:
        busy = session(server.postgres, "saola_owner")
        busy.execute("INSERT INTO kept VALUES (3)")
        busy.pgconn.send_query(
            b"SELECT sum(sqrt(n)) FROM generate_series(1, 2000000000) n"
        )  # looks at nothing for long
        os.kill(server.process.pid, signal.SIGKILL)
        server.process.wait()
    began = time.monotonic()
    with start_postgres(home, durable=False) as server, session(server.postgres, "saola_owner") as connection:
        assert connection.execute("DELETE FROM kept WHERE n = 3").rowcount == 1
    assert time.monotonic() - began < 10 * crowding()
    busy.close()


def test_kill_9_of_a_backend_is_healed_by_the_server_itself(home: Path) -> None:
    with start_postgres(home, durable=False) as server:
        connection = session(server.postgres, "saola_owner")
        os.kill(connection.info.backend_pid, signal.SIGKILL)
        wait_for(lambda: _answers(server.postgres))
        assert server.process.poll() is None and kept(server.postgres) == 1
        connection.close()


def _answers(postgres: Postgres) -> bool:
    try:
        return kept(postgres) == 1
    except psycopg.Error:
        return False


def test_a_stranger_with_the_number_in_the_pid_file_is_left_alone(home: Path) -> None:
    stranger = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    data = find_postgres(home).data
    (data / "postmaster.pid").write_text(f"{stranger.pid}\n{data}\n")
    with start_postgres(home, durable=False) as server:
        assert stranger.poll() is None
        assert kept(server.postgres) == 1
    stranger.kill()
    stranger.wait()


def test_a_half_made_data_folder_is_made_anew(tmp_path: Path) -> None:
    postgres = find_postgres(tmp_path, durable=False)
    fresh = postgres.place.folder("postgres.new")
    (fresh / "PG_VERSION").write_text("18\n")  # as a kill during initdb leaves it
    with start_postgres(tmp_path, durable=False) as server, session(server.postgres, "saola_app") as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    assert not fresh.exists()
    server.place.remove()


def test_a_server_that_cannot_start_says_why(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(OPTIONS, "max_connections", "many")
    with pytest.raises(Broken, match='invalid value for parameter "max_connections"'):
        start_postgres(home)


def test_a_copied_home_does_not_share_the_data(home: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    copy.mkdir()
    (copy / "embedded.json").write_bytes((home / "embedded.json").read_bytes())
    first, second = find_postgres(home).place, find_postgres(copy).place
    assert first.data != second.data and first.sockets != second.sockets
    second.remove()


def test_a_moved_home_finds_its_data(home: Path, tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("an ordinary user's data lie in the home itself")
    data = find_postgres(home).data
    moved = home.rename(tmp_path / "moved")
    assert find_postgres(moved).data == data
    moved.rename(home)
    assert find_postgres(home).data == data


def test_a_socket_folder_that_others_can_enter_is_refused(tmp_path: Path) -> None:
    place: Place = find_postgres(tmp_path).place
    place.sockets.chmod(0o755)
    with pytest.raises(Rejected, match="not a private folder"):
        find_postgres(tmp_path)
    place.remove()
