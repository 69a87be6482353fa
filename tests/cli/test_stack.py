"""What `saola up` starts, as data."""

import socket
from pathlib import Path
from typing import Any

import psycopg
import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from cli.child import Child
from cli.embedded.temporary import Database
from cli.stack import MIGRATIONS, Stack, listen, newest_revision
from core.errors import Rejected
from core.settings import Settings


def children(home: Path, **values: Any) -> dict[str, Child]:
    said: list[str] = []
    with listen("127.0.0.1", 0) as listener:
        return {child.name: child for child in Stack(Settings(home=home, **values), said.append).children(listener)}


def test_everything_embedded_starts_servers_then_schema_then_api_then_the_rest(home: Path) -> None:
    found = children(home)
    assert list(found) == [
        *("postgres", "valkey", "migrate", "api", "relay", "schedule"),
        *("worker-tickets", "worker-documents", "worker-llm"),
    ]
    assert found["migrate"].once and set(found["migrate"].needs) == {"postgres", "valkey"}
    assert "migrate" in found["api"].needs
    assert all(found[name].needs == ("api",) for name in list(found)[4:])


def test_with_a_model_there_is_a_worker_of_threads_for_each_core_and_they_share_the_tickets(home: Path) -> None:
    found = children(home, model="openai:gpt-5-mini", workers=3, model_threads=32)
    workers = {name: child.argv for name, child in found.items() if name.startswith("worker-llm")}
    assert list(workers) == ["worker-llm", "worker-llm-2", "worker-llm-3"]
    threads = [words[words.index("--concurrency") + 1] for words in workers.values()]
    assert threads == ["11", "11", "11"], "together no fewer than SAOLA_MODEL_THREADS"
    assert len({words[words.index("-n") + 1] for words in workers.values()}) == 3


def test_external_servers_are_not_started(home: Path) -> None:
    urls = {f"{role}database_url": f"postgresql+psycopg://{role}@db/saola" for role in ("", "owner_", "system_")}
    found = children(home, broker_url="redis://cache/0", **urls)
    assert "postgres" not in found and "valkey" not in found and "migrate" in found
    environment = dict(found["api"].env or {})
    assert "SAOLA_DATABASE_URL" not in environment, "what stands in the environment is inherited, not rewritten"


def test_without_the_owner_nobody_can_migrate(home: Path) -> None:
    urls = {f"{role}database_url": f"postgresql+psycopg://{role}@db/saola" for role in ("", "system_")}
    found = children(home, broker_url="redis://cache/0", **urls)
    assert next(iter(found)) == "api"


def test_an_own_database_without_its_system_role_is_refused_before_anything_starts(home: Path) -> None:
    with pytest.raises(Rejected, match="SAOLA_SYSTEM_DATABASE_URL is not"):
        Stack(Settings(home=home, database_url="postgresql+psycopg://app@db/saola"), print)
    assert not home.exists()


def test_every_process_gets_the_urls_of_its_home(home: Path) -> None:
    found = children(home)
    for name in ("migrate", "api", "relay", "worker-llm"):
        environment = dict(found[name].env or {})
        assert environment["SAOLA_HOME"] == str(home)
        assert "saola_app" in environment["SAOLA_DATABASE_URL"]
        assert "saola_system" in environment["SAOLA_SYSTEM_DATABASE_URL"]
        assert environment["SAOLA_BROKER_URL"].startswith("redis+socket:///")
        assert environment["LANGSMITH_TRACING"] == "false"


def test_no_password_stands_on_a_command_line(home: Path) -> None:
    found = children(home)
    words = [word for child in found.values() for word in child.argv]
    assert not [word for word in words if "postgresql+psycopg" in word]


def test_the_next_free_port_is_taken() -> None:
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with listen("127.0.0.1", port) as other:
            assert other.getsockname()[1] > port


def test_no_free_port_is_said_plainly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cli.stack.PORTS_TRIED", 1)
    with listen("127.0.0.1", 0) as taken, pytest.raises(Rejected, match="No port"):
        listen("127.0.0.1", taken.getsockname()[1])


def test_an_address_that_is_not_ours_is_said_plainly() -> None:
    with pytest.raises(Rejected, match="is free on 192"):
        listen("192.0.2.1", 8000)


def test_the_listener_takes_connections_before_the_api_runs() -> None:
    with listen("127.0.0.1", 0) as listener, socket.create_connection(listener.getsockname(), timeout=1):
        pass


def test_the_newest_revision_is_the_one_that_alembic_takes_for_head() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS.parent))
    assert newest_revision() == ScriptDirectory.from_config(config).get_current_head()


def test_a_migrated_database_has_the_newest_revision(template: Database) -> None:
    with psycopg.connect(template.owner_url.replace("+psycopg", "")) as connection:
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    assert row == (newest_revision(),)
