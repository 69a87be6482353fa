"""The fixtures that every other test stands on."""

import psycopg
import pytest
import redis

from cli.embedded.temporary import Database, Servers, temporary_servers


def plain(url: str) -> str:
    return url.replace("+psycopg", "")


def test_the_broker_answers(servers: Servers) -> None:
    with redis.Redis(unix_socket_path=servers.broker_url.removeprefix("redis+socket://")) as client:
        assert client.ping()


@pytest.mark.parametrize("turn", [1, 2])
def test_each_test_gets_an_empty_database_of_its_own(database: Database, turn: int) -> None:
    with psycopg.connect(plain(database.owner_url)) as connection:
        connection.execute("CREATE TABLE made_by_a_test (n int)")
        assert connection.execute(
            "SELECT current_user, extname FROM pg_extension WHERE extname = 'vector'"
        ).fetchone() == (
            "saola_owner",
            "vector",
        )


@pytest.mark.parametrize("role", ["app_url", "system_url"])
def test_the_serving_roles_can_neither_own_nor_bypass(database: Database, role: str) -> None:
    query = "SELECT rolsuper, rolbypassrls, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname = current_user"
    with psycopg.connect(plain(getattr(database, role))) as connection:
        assert connection.execute(query).fetchone() == (False, False, False, False)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("CREATE TABLE not_allowed (n int)")


def test_nothing_is_left_of_temporary_servers() -> None:
    with temporary_servers(durable=False) as made:
        place = made.postgres.place
        assert made.home.exists() and place.sockets.exists()
    assert not made.home.exists() and not place.sockets.exists() and not place.data.exists()
