"""The pages in real headless Chromium against a real server; skipped, with the reason, where there is no Chromium."""

import shutil
from collections.abc import Iterator
from uuid import UUID

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from api.security import COOKIE, open_session
from core.db import app_database
from core.passwords import hash_password
from core.settings import settings
from core.store import accounts
from tests.api import conftest as api
from tests.api.serving import served

EMAIL, PASSWORD = "mai@example.com", "correct horse battery"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
UNFOLD = "document.querySelectorAll('main details').forEach((one) => (one.open = true))"
RUN_AXE = """([only, frame]) => axe
  .run(frame ? document : { exclude: [["#side"]] }, { resultTypes: ["violations"], ...(only && { runOnly: only }) })
  .then(({ violations }) => violations.map((one) => [one.id, one.nodes[0].html.slice(0, 160)]))"""
# axe no longer looks for it, but a label leads to the first of two.
TWICE = """() => [...document.querySelectorAll("[id]")].map((one) => one.id)
  .filter((id, place, all) => all.indexOf(id) !== place).map((id) => ["id twice", id])"""
NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = next((path for name in NAMES if (path := shutil.which(name))), "")

api_database = api.api_database
desk = api.desk


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of this folder as one for a browser."""
    for item in items:
        if "tests/browser" in str(item.path):
            item.add_marker(pytest.mark.browser)
            item.add_marker(
                pytest.mark.skipif(not CHROMIUM, reason="no chromium on PATH (Debian: apt install chromium)")
            )


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def url(api_database: object) -> Iterator[str]:
    with served() as url:
        yield url


@pytest.fixture(scope="module")
def person(desk: api.Desk) -> UUID:
    """Somebody with every scope, who may log in."""
    with app_database().transaction(desk.tenant_id) as connection:
        made = accounts.add_user(
            connection,
            desk.tenant_id,
            email=EMAIL,
            name="Mai",
            scopes=["admin"],
            password_hash=hash_password(PASSWORD),
        )
    assert made is not None
    return made


@pytest.fixture(scope="module")
def cookie(desk: api.Desk, person: UUID) -> str:
    """A session of that person; how one is opened by hand is a test of its own."""
    return open_session(person, desk.tenant_id)


def open_page(context: BrowserContext, url: str, cookie: str) -> Page:
    """Return a page that is logged in and fails the test at any error that it raises."""
    context.add_cookies([{"name": COOKIE, "value": cookie, "url": url}])
    page = context.new_page()
    page.set_default_timeout(20_000)
    page.on("pageerror", lambda error: pytest.fail(f"the page raised {error}"))
    return page


def axe_faults(page: Page, *, frame: bool = True) -> list[tuple[str, str, str]]:
    """Return what axe finds on a page in the light theme, and about colours in the dark one; all else is the same.

    frame: with the navigation, which is the same on each page and half of what colours are measured of
    """
    if page.evaluate("typeof axe === 'undefined'"):  # it is 600 kB
        page.evaluate(Axe().axe_script)
    page.emulate_media(color_scheme="light")
    found = page.evaluate(RUN_AXE, [None, frame])
    page.emulate_media(color_scheme="dark")
    found += page.evaluate(RUN_AXE, [["color-contrast"], frame])
    found += page.evaluate(TWICE)
    return [(page.url, rule, html) for rule, html in found]


def press(page: Page, key: str) -> None:
    """Press a key once the page listens to keys."""
    page.wait_for_selector("html[data-ready]", state="attached")
    page.keyboard.press(key)


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    made = chromium.new_context(viewport={"width": 1280, "height": 900})
    yield made
    made.close()


@pytest.fixture
def page(context: BrowserContext, url: str, cookie: str) -> Page:
    return open_page(context, url, cookie)


@pytest.fixture
def model(api_database: object, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A model is configured, so that translations are offered; nobody asks it."""
    monkeypatch.setenv("SAOLA_MODEL", "openai:any")
    settings.cache_clear()
    yield
    monkeypatch.undo()
    settings.cache_clear()
