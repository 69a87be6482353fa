"""`saola key` and `saola user` against a real database."""

from collections.abc import Iterator
from uuid import UUID

import pytest
from typer.testing import CliRunner

from cli.commands import key, user
from cli.embedded.temporary import Database, Servers
from cli.first_tenant import ensure_tenant
from core import db, keys
from core.errors import Rejected
from core.passwords import read_link_token, verify_password
from core.settings import settings
from core.store import accounts, journal

runner = CliRunner()


@pytest.fixture(scope="module")
def tenant(module_database: Database, servers: Servers) -> Iterator[UUID]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in servers.environment(module_database).items():
            patch.setenv(name, value)
        _forget()
        yield ensure_tenant(servers.home)[0]
        db.app_database().close()
        db.system_database().close()
    _forget()


def _forget() -> None:
    for cached in (settings, db.app_database, db.system_database):
        cached.cache_clear()


def test_a_new_key_is_printed_once_works_and_is_revoked(tenant: UUID) -> None:
    text = runner.invoke(key.app, ["new", "--name", "shop", "--scope", "staff,ops"]).stdout.strip()
    prefix = keys.key_prefix(text)
    assert prefix is not None
    with db.app_database().transaction() as connection:
        row = accounts.find_key(connection, prefix)
    assert row is not None
    assert (row["digest"], row["name"], sorted(row["scopes"])) == (keys.digest(text), "shop", ["ops", "staff"])
    listed = runner.invoke(key.app, ["list"]).stdout
    assert prefix in listed
    assert text not in listed
    assert runner.invoke(key.app, ["revoke", prefix]).exit_code == 0
    with db.app_database().transaction() as connection:
        assert accounts.find_key(connection, prefix) is None
    assert isinstance(runner.invoke(key.app, ["revoke", prefix]).exception, Rejected)


@pytest.mark.parametrize("scope", ["", "boss", "staff,boss"])
def test_a_scope_that_does_not_exist_is_refused(tenant: UUID, scope: str) -> None:
    assert isinstance(runner.invoke(key.app, ["new", "--scope", scope]).exception, Rejected)


def test_a_new_user_may_log_in_by_password_or_link(tenant: UUID) -> None:
    words = ["new", "Mai@example.com", "--scope", "admin", "--password", "correct horse battery"]
    assert runner.invoke(user.app, words).exit_code == 0
    with db.app_database().transaction() as connection:
        row = accounts.find_user(connection, "mai@example.com")
    assert row is not None
    assert verify_password("correct horse battery", row["password_hash"])
    assert not verify_password("correct horse", row["password_hash"])
    assert "mai@example.com" in runner.invoke(user.app, ["list"]).stdout
    link = runner.invoke(user.app, ["link", "mai@example.com"]).stdout.split("/login/link/")[1].split()[0]
    read = read_link_token(link)
    assert read is not None
    assert (read.user_id, read.tenant_id) == (row["id"], tenant)
    with db.app_database().transaction(tenant) as connection:
        actions = [entry["action"] for entry in journal.read(connection)]
    assert actions[:2] == ["user.link", "user.made"]
    assert isinstance(runner.invoke(user.app, words).exception, Rejected)  # the address is taken


@pytest.mark.parametrize(("email", "password"), [("nobody", "correct horse battery"), ("a@example.com", "short")])
def test_a_bad_address_or_password_is_refused(tenant: UUID, email: str, password: str) -> None:
    assert isinstance(runner.invoke(user.app, ["new", email, "--password", password]).exception, Rejected)


def test_there_is_no_link_for_somebody_who_does_not_exist(tenant: UUID) -> None:
    assert isinstance(runner.invoke(user.app, ["link", "nobody@example.com"]).exception, Rejected)
