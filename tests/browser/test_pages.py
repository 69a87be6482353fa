"""Every page, full and empty: no accessibility fault in either theme, nothing wider than a phone, and light."""

from uuid import UUID

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Response, expect

from api.security import open_session
from core.db import app_database
from core.passwords import hash_password, make_link_token
from core.store import accounts, canned
from tests.api import conftest as api
from tests.api.company import ERRORS, PATHS, fill
from tests.api.conftest import Desk
from tests.browser.conftest import EMAIL, UNFOLD, axe_faults, open_page, press

MOST_BYTES = 60_000  # compressed scripts and styles of a page; the limit we set ourselves is 300 kB
other_desk = api.other_desk


@pytest.fixture(scope="module")
def filled(desk: Desk, person: UUID) -> tuple[str, ...]:
    """Something on every list; returns the addresses of items."""
    return fill(desk, EMAIL)


def somebody(tenant_id: UUID, email: str, *scopes: str, password: str = "") -> str:
    """Add a person and return their session."""
    with app_database().transaction(tenant_id) as connection:
        hashed = hash_password(password) if password else ""
        made_id = accounts.add_user(connection, tenant_id, email=email, name="", scopes=scopes, password_hash=hashed)
    assert made_id is not None
    return open_session(made_id, tenant_id)


@pytest.fixture
def empty_page(context: BrowserContext, url: str, other_desk: Desk) -> Page:
    """A page of a company to which nothing has happened yet."""
    email = f"new-{len(other_desk.keys)}-{id(context)}@example.com"
    return open_page(context, url, somebody(other_desk.tenant_id, email, "admin"))


def test_axe_finds_nothing_in_either_theme(page: Page, url: str, filled: tuple[str, ...]) -> None:
    found = []
    for number, path in enumerate((*PATHS, *filled, "/login", "/docs")):
        page.goto(url + path)
        page.evaluate(UNFOLD)
        found += axe_faults(page, frame=number == 0)
    assert found == []


def test_axe_finds_nothing_where_nothing_has_happened_yet(empty_page: Page, url: str) -> None:
    found = []
    for number, path in enumerate(PATHS):
        empty_page.goto(url + path)
        found += axe_faults(empty_page, frame=number == 0)
    assert found == []


def test_axe_finds_nothing_in_what_opens_and_in_what_is_told(
    page: Page, url: str, filled: tuple[str, ...], desk: Desk
) -> None:
    page.goto(url + filled[0])
    press(page, "?")
    expect(page.locator("dialog[open]")).to_be_visible()
    found = axe_faults(page)
    page.goto(f"{url}/?view=all")
    press(page, "j")
    press(page, "x")
    expect(page.locator("#bulk")).to_be_visible()
    found += axe_faults(page)
    page.goto(url + filled[0])
    press(page, "e")
    page.locator("#edited").fill("Something else entirely")
    expect(page.locator("#edited-diff")).to_be_visible()
    found += axe_faults(page)
    page.goto(f"{url}/people")
    page.get_by_text("Add a person").first.click()
    page.locator("[name=email]").fill("new@example.com")
    page.locator("form[action='/people'] button").click()
    expect(page.get_by_text("/login/link/")).to_be_visible()
    found += axe_faults(page)
    page.goto(f"{url}/keys")
    page.locator("summary").first.click()
    page.locator("[name=name]").fill("shop")
    page.locator("form[action='/keys'] button").click()
    expect(page.locator("#new-key")).to_be_visible()
    found += axe_faults(page)
    assert found == []


def test_axe_finds_nothing_on_the_way_in_and_where_it_ends(
    context: BrowserContext, url: str, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor = context.new_page()
    visitor.goto(f"{url}/login")
    visitor.locator("[name=email]").fill("nobody@example.com")
    visitor.locator("[name=password]").fill("wrong")
    visitor.get_by_role("button", name="Log in").click()
    expect(visitor.get_by_role("alert")).to_be_visible()
    found = axe_faults(visitor)
    session = somebody(desk.tenant_id, "reset@example.com", "staff")
    with app_database().transaction(desk.tenant_id) as connection:
        user = accounts.find_user(connection, "reset@example.com")
    assert user is not None
    visitor.goto(f"{url}/login/link/{make_link_token(user['id'], desk.tenant_id)}")
    found += axe_faults(visitor)
    visitor.goto(f"{url}/login/link/forged")
    found += axe_faults(visitor)
    page = open_page(context, url, session)
    monkeypatch.setattr(canned, "replies", lambda _: 1 / 0)
    for path, status in (("/account", 200), ("/journal", 403), ("/canned", 500)):
        answer = page.goto(url + path)
        assert answer is not None and answer.status == status, path
        found += axe_faults(page)
    assert found == []


@pytest.mark.parametrize("language", ["en", "vi", "de"])
def test_no_page_is_wider_than_a_phone(
    chromium: Browser, url: str, desk: Desk, person: UUID, cookie: str, filled: tuple[str, ...], language: str
) -> None:
    context = chromium.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = open_page(context, url, cookie)
    speak(desk, person, language)
    wide = {}
    for path in (*PATHS, *filled, "/login", "/docs"):
        page.goto(url + path)
        page.evaluate(UNFOLD)
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > 390:
            wide[path] = width
    speak(desk, person, "en")
    page.goto(url)
    page.get_by_role("button", name="Menu").click()
    assert axe_faults(page) == []
    page.get_by_role("link", name="Control room").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Control room")
    context.close()
    assert wide == {}


def test_what_matters_of_a_list_is_seen_on_a_phone_without_scrolling_it(
    chromium: Browser, url: str, cookie: str, filled: tuple[str, ...]
) -> None:
    context = chromium.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = open_page(context, url, cookie)
    scrolled = []
    for path in ("/agents", "/audits", "/journal", "/keys", "/people", "/gaps", "/agents/warranty/versions", *filled):
        page.goto(url + path)
        wide = "(every) => every.filter((one) => one.scrollWidth > one.clientWidth + 1).length"
        scrolled += [path] * page.locator(".table-scroll, .card, .draft").evaluate_all(wide)
    context.close()
    assert scrolled == []


def test_no_chip_is_cut_off_on_a_tablet(
    chromium: Browser, url: str, desk: Desk, person: UUID, cookie: str, filled: tuple[str, ...]
) -> None:
    context = chromium.new_context(viewport={"width": 1024, "height": 768})
    page = open_page(context, url, cookie)
    speak(desk, person, "de")
    cut = {}
    for path in ("/agents", "/audits", "/people", "/keys", "/agents/warranty/versions"):
        page.goto(url + path)
        short = "(every) => every.filter((one) => one.scrollWidth > one.clientWidth).map((one) => one.textContent)"
        if found := page.locator("main .chip").evaluate_all(short):
            cut[path] = found
    speak(desk, person, "en")
    context.close()
    assert cut == {}


def speak(desk: Desk, person: UUID, language: str) -> None:
    with app_database().transaction(desk.tenant_id) as connection:
        accounts.set_user_language(connection, person, language)


def test_every_page_weighs_little(page: Page, url: str, filled: tuple[str, ...]) -> None:
    sizes: dict[str, int] = {}  # compressed, as sent; a file that the browser has already is asked for by its age only
    asked: set[str] = set()

    def note(answer: Response) -> None:
        asked.add(answer.url)
        sizes[answer.url] = max(sizes.get(answer.url, 0), int(answer.headers.get("content-length", 0)))

    page.on("response", note)
    for path in (*(path for path in PATHS if path not in ERRORS), *filled):
        asked.clear()
        page.goto(url + path)
        page.wait_for_selector("html[data-ready]", state="attached")
        sent = {name: sizes[name] for name in asked if "/static/" in name}
        assert len(sent) > 5 and all(sent.values()), (path, sent)
        assert sum(sent.values()) < MOST_BYTES, path
        assert {name.split("/")[2] for name in asked if name.startswith("http")} == {url.split("/")[2]}, path
