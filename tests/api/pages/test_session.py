"""Logging in: who may, how often one may try, what a link is worth, and what a session allows."""

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import create_engine, text
from sqlalchemy.exc import ProgrammingError

from api.main import make_app
from api.pages import session
from api.security import COOKIE, open_session
from cli.embedded.temporary import Database
from core import keys, passwords
from core.db import app_database
from core.passwords import hash_password, make_link_token
from core.settings import settings
from core.store import accounts, journal
from core.store.sql import execute, rows
from tests.api import made
from tests.api.conftest import Desk

PASSWORD = "correct horse battery"
HTML = {"Accept": "text/html"}


@pytest.fixture(scope="module")
def users(desk: Desk) -> dict[str, UUID]:
    """One user for each scope; all have the same password."""
    hashed, found = hash_password(PASSWORD), {}
    with app_database().transaction(desk.tenant_id) as connection:
        for scope in accounts.SCOPES:
            email = f"{scope}@example.com"
            user = accounts.add_user(
                connection, desk.tenant_id, email=email, name=scope, scopes=[scope], password_hash=hashed
            )
            assert user is not None
            found[scope] = user
    return found


@pytest.fixture
def visitor(api_database: Database) -> Iterator[TestClient]:
    engine = create_engine(api_database.owner_url)
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM log_in_tries"))
    engine.dispose()
    yield TestClient(make_app(), headers=HTML, follow_redirects=False, raise_server_exceptions=False)


def signed_in(desk: Desk, users: dict[str, UUID], scope: str) -> tuple[TestClient, str]:
    """A visitor with a session of this scope, and the session's CSRF token."""
    client = TestClient(make_app(), headers=HTML, follow_redirects=False, raise_server_exceptions=False)
    client.cookies.set(COOKIE, open_session(users[scope], desk.tenant_id))
    page = client.get("/agents").text
    return client, page.split('data-csrf="')[1].split('"')[0]


def test_a_password_opens_a_session_whose_cookie_scripts_cannot_read(
    visitor: TestClient, users: dict[str, UUID]
) -> None:
    answer = visitor.post("/login?next=/audits", data={"email": "STAFF@example.com", "password": PASSWORD})
    assert (answer.status_code, answer.headers["location"]) == (303, "/audits")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert visitor.get("/").status_code == 200


@pytest.mark.parametrize(
    "data",
    [
        {"email": "staff@example.com", "password": "wrong"},
        {"email": "nobody@example.com", "password": PASSWORD},
        {"email": "\x00", "password": "x"},
        {"email": "staff@example.com", "password": "x" * 100_000},
        {},
    ],
)
def test_a_wrong_log_in_says_no_more_than_that(visitor: TestClient, users: object, data: dict[str, str]) -> None:
    answer = visitor.post("/login", data=data)
    assert answer.status_code == 401
    assert "Address or password is wrong." in answer.text
    assert "set-cookie" not in answer.headers


def test_after_ten_wrong_tries_even_the_right_password_waits(visitor: TestClient, users: object) -> None:
    for _ in range(session.TRIES):
        visitor.post("/login", data={"email": "ops@example.com", "password": "wrong"})
    answer = visitor.post("/login", data={"email": "ops@example.com", "password": PASSWORD})
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "900")
    assert visitor.post("/login", data={"email": "staff@example.com", "password": PASSWORD}).status_code == 303


def test_tries_at_the_same_moment_count_too(
    visitor: TestClient, users: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "TRIES", 3)

    def attempt(_: int) -> int:
        return visitor.post("/login", data={"email": "admin@example.com", "password": "wrong"}).status_code

    with ThreadPoolExecutor(2 * session.TRIES) as pool:
        answers = list(pool.map(attempt, range(2 * session.TRIES)))
    assert sorted(answers) == [401] * session.TRIES + [429] * session.TRIES


def test_one_client_that_tries_many_accounts_waits_too(
    visitor: TestClient, users: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "TRIES_OF_CLIENT", 3)
    for number in range(3):
        visitor.post("/login", data={"email": f"{number}@example.com", "password": "wrong"})
    right = {"email": "ops@example.com", "password": PASSWORD}
    assert visitor.post("/login", data=right).status_code == 429
    elsewhere = TestClient(make_app(), headers=HTML, follow_redirects=False, client=("192.0.2.7", 5000))
    assert elsewhere.post("/login", data=right).status_code == 303


def test_clients_behind_a_proxy_of_ours_are_told_apart_and_nobody_else_may_name_another(
    users: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "TRIES_OF_CLIENT", 3)
    monkeypatch.setenv("SAOLA_TRUSTED_PROXIES", "10.20.0.0/16")
    settings.cache_clear()

    def tries(caller: str, *names: str) -> list[int]:
        """Wrong passwords for different accounts, through `caller`, which says who calls; returns the answers."""
        client = TestClient(make_app(), headers=HTML, follow_redirects=False, client=(caller, 5000))
        return [
            client.post(
                "/login",
                data={"email": f"{caller}{number}@example.com", "password": "wrong"},
                headers={"X-Forwarded-For": name},
            ).status_code
            for number, name in enumerate(names)
        ]

    proxy, stranger = "10.20.0.5", "198.51.100.9"
    assert tries(proxy, *["203.0.113.1"] * 4, "203.0.113.2") == [401, 401, 401, 429, 401]
    assert tries(stranger, *(f"203.0.113.{number}" for number in range(20, 24))) == [401, 401, 401, 429]
    monkeypatch.undo()
    settings.cache_clear()


def test_tries_of_all_processes_count_together(
    visitor: TestClient, users: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = """from starlette.testclient import TestClient
from api.main import make_app
client = TestClient(make_app(), headers={"Accept": "text/html"})
print([client.post("/login", data={"email": "ops@example.com", "password": "wrong"}).status_code for _ in range(2)])"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[401, 401]"
    monkeypatch.setattr(session, "TRIES", 2)
    assert visitor.post("/login", data={"email": "ops@example.com", "password": PASSWORD}).status_code == 429


def test_the_application_itself_cannot_touch_the_tries(api_database: object) -> None:
    for sql in ("SELECT count(*) FROM log_in_tries", "DELETE FROM log_in_tries"):
        with pytest.raises(ProgrammingError, match="permission denied"), app_database().transaction() as connection:
            execute(connection, sql)


def test_ended_sessions_are_forgotten_and_others_kept(desk: Desk, users: dict[str, UUID]) -> None:
    kept, ended = (open_session(users["staff"], desk.tenant_id) for _ in range(2))
    with app_database().transaction(desk.tenant_id) as connection:
        digest = keys.digest(ended)
        execute(connection, "UPDATE sessions SET expires_at = now() - interval '1 hour' WHERE digest = :d", d=digest)
        accounts.forget_ended_sessions(connection)
        left = {row["digest"] for row in rows(connection, "SELECT digest FROM sessions")}
    assert keys.digest(kept) in left
    assert digest not in left


def test_another_site_cannot_log_anybody_in(visitor: TestClient, users: object) -> None:
    data = {"email": "staff@example.com", "password": PASSWORD}
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}):
        assert visitor.post("/login", data=data, headers=headers).status_code == 403


@pytest.mark.parametrize(
    "path", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:x", "/\tevil", ""]
)
def test_the_way_back_stays_here(path: str) -> None:
    assert session.local(path) == "/"


def test_a_link_logs_in_once_and_looking_at_it_uses_nothing_up(
    visitor: TestClient, desk: Desk, users: dict[str, UUID]
) -> None:
    path = f"/login/link/{make_link_token(users['staff'], desk.tenant_id)}"
    for _ in range(3):  # a mail program looks where the link leads
        looked = visitor.get(path)
        assert (looked.status_code, "set-cookie" in looked.headers) == (200, False)
    assert f'action="{path}"' in looked.text
    assert visitor.post(path, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    first = visitor.post(path)
    assert (first.status_code, first.headers["location"]) == (303, "/")
    assert visitor.get("/").status_code == 200
    visitor.cookies.clear()
    again = visitor.post(path)
    assert again.status_code == 401
    assert "used already" in again.text


def test_who_comes_by_a_link_and_has_no_password_chooses_one(visitor: TestClient, desk: Desk) -> None:
    with app_database().transaction(desk.tenant_id) as connection:
        new = accounts.add_user(
            connection, desk.tenant_id, email="new@example.com", name="", scopes=["staff"], password_hash=""
        )
    assert new is not None
    came = visitor.post(f"/login/link/{make_link_token(new, desk.tenant_id)}")
    assert (came.status_code, came.headers["location"]) == (303, "/account")
    account = visitor.get("/account").text
    assert "You have no password yet." in account
    csrf = account.split('data-csrf="')[1].split('"')[0]
    done = visitor.post("/account", data={"new": PASSWORD, "csrf": csrf}).text
    assert "You have no password yet." not in done and "The password is set." in done


def test_an_old_or_forged_link_is_worth_nothing(
    visitor: TestClient, desk: Desk, users: dict[str, UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    token = make_link_token(users["staff"], desk.tenant_id)
    forged = f"/login/link/{token[:-2]}xx"
    assert (visitor.get(forged).status_code, visitor.post(forged).status_code) == (401, 401)
    monkeypatch.setattr(passwords, "LINK_SECONDS", -1)
    assert visitor.post(f"/login/link/{token}").status_code == 401


def test_a_disabled_user_is_out_at_once(desk: Desk, users: dict[str, UUID]) -> None:
    from core.store.sql import execute

    client, _ = signed_in(desk, users, "developer")
    with app_database().transaction(desk.tenant_id) as connection:
        execute(connection, "UPDATE users SET disabled_at = clock_timestamp() WHERE id = :id", id=users["developer"])
    assert client.get("/report").headers["location"] == "/login?next=/report"
    with app_database().transaction(desk.tenant_id) as connection:
        execute(connection, "UPDATE users SET disabled_at = NULL WHERE id = :id", id=users["developer"])


def test_who_may_no_longer_log_in_does_not_by_a_link_and_is_not_in_the_journal(
    visitor: TestClient, desk: Desk, users: dict[str, UUID]
) -> None:
    link = f"/login/link/{make_link_token(users['developer'], desk.tenant_id)}"
    with app_database().transaction(desk.tenant_id) as connection:
        accounts.set_disabled(connection, users["developer"], True)
        before = len(journal.read(connection))
    came = visitor.post(link)
    assert (came.status_code, "set-cookie" in came.headers) == (401, False)
    with app_database().transaction(desk.tenant_id) as connection:
        assert len(journal.read(connection)) == before
        accounts.set_disabled(connection, users["developer"], False)


def test_a_kept_view_of_everything_is_the_current_one_in_the_inbox_only(desk: Desk, users: dict[str, UUID]) -> None:
    client, token = signed_in(desk, users, "staff")
    kept = {"name": "Everything", "filter": {}}
    client.post("/v1/views", json=kept, headers={"X-CSRF-Token": token}).raise_for_status()
    for path, current in (("/", True), ("/submit", False)):
        assert ('class="kept" href="/?" aria-current="page"' in client.get(path).text) == current, path


def test_pages_send_strangers_to_the_log_in_and_parts_too(visitor: TestClient) -> None:
    for path in ("/", "/tickets/01a20935-3d3b-7578-b036-c09f56d81688", "/audits", "/report", "/agents", "/journal"):
        answer = visitor.get(path)
        assert (answer.status_code, answer.headers["location"][:6]) == (303, "/login"), path
    part = visitor.get("/audits", headers={"HX-Request": "true"})
    assert (part.status_code, part.headers["hx-redirect"]) == (204, "/login?next=/audits")


def test_a_write_without_the_pages_token_is_refused(desk: Desk, users: dict[str, UUID]) -> None:
    client, token = signed_in(desk, users, "staff")
    held = made.held(desk.tenant_id)
    path = f"/tickets/{held.ticket_id}/approve/{held.decision_id}"
    assert client.post(path).status_code == 403
    assert client.post(path, data={"csrf": "wrong"}).status_code == 403
    assert client.post(path, headers={"X-CSRF-Token": "wrong"}).status_code == 403
    assert client.post("/v1/pause", json={"paused": True}).status_code == 403
    answer = client.post(path, data={"csrf": token})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/tickets/{held.ticket_id}")


def test_the_api_takes_the_session_too(desk: Desk, users: dict[str, UUID]) -> None:
    client, token = signed_in(desk, users, "staff")
    assert client.get("/v1/tickets").status_code == 200
    assert client.post("/v1/tickets", json={"text": "a"}).status_code == 403
    assert client.post("/v1/tickets", json={"text": "a"}, headers={"X-CSRF-Token": token}).status_code == 202


ALLOWED = {
    "staff": {"/?view=all", "/audits", "/documents", "/submit", "/report", "/agents"},
    "developer": {"/report", "/agents"},
    "ops": {"/?view=all", "/audits", "/documents", "/submit", "/report", "/agents", "/dead-letters", "/journal"},
}
ALLOWED["admin"] = ALLOWED["ops"]


@pytest.mark.parametrize("scope", sorted(ALLOWED))
def test_a_scope_opens_its_pages_and_no_others(desk: Desk, users: dict[str, UUID], scope: str) -> None:
    client, token = signed_in(desk, users, scope)
    opened = {path for path in ALLOWED["admin"] if client.get(path).status_code == 200}
    assert opened == ALLOWED[scope]
    paused = client.post("/pause", data={"csrf": token, "paused": "no"}).status_code
    assert paused == (303 if scope in ("ops", "admin") else 403)


def test_logging_out_forgets_the_session(desk: Desk, users: dict[str, UUID]) -> None:
    client, token = signed_in(desk, users, "staff")
    cookie = client.cookies[COOKIE]
    client.post("/logout", data={"csrf": token})
    client.cookies.set(COOKIE, cookie)
    assert client.get("/").status_code == 303


def test_errors_on_pages_are_pages(desk: Desk, users: dict[str, UUID]) -> None:
    client, _ = signed_in(desk, users, "staff")
    for path, status in [("/nothing", 404), ("/journal", 403), ("/tickets/x", 422), ("/agents/nobody", 404)]:
        answer = client.get(path)
        assert (answer.status_code, answer.headers["content-type"]) == (status, "text/html; charset=utf-8"), path
        assert 'href="/"' in answer.text
    assert client.get("/v1/nothing").headers["content-type"] == "application/problem+json"
