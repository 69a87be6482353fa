"""No page shows English to who reads Vietnamese or German: every page of a company in which everything has happened."""

import re
from html.parser import HTMLParser
from uuid import UUID

import pytest
from fastapi.testclient import TestClient

from api.main import make_app
from api.security import COOKIE, open_session
from api.words import catalogue
from core.db import app_database
from core.store import accounts
from tests.api import conftest as api
from tests.api.company import PATHS, fill
from tests.api.conftest import Desk
from tests.browser.conftest import EMAIL

other_desk = api.other_desk
# Words that stand in most English sentences and are no words of Vietnamese or German.
ENGLISH = re.compile(
    r"\b(the|of|and|is|are|with|for|not|this|that|which|has|have|been|from|yet|than|its|it|by|to|no|new|your)\b", re.I
)
TOLD = ("title", "aria-label", "placeholder", "alt", "data-done", "data-lost", "data-refused")
VOID = {"meta", "link", "input", "img", "br", "path", "rect", "line", "circle", "hr", "source"}
# What is shown as it is kept: files of agents, the API's reference, what stands in a case or a step, names of keys.
KEPT = {"pre", "code", "kbd", "script", "style"}


class Shown(HTMLParser):
    """The texts of a page, but for those kept as they are and those that are somebody's (`lang` of another)."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[tuple[str, bool]] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, given: list[tuple[str, str | None]]) -> None:
        known = dict(given)
        names = (known.get("class") or "").split()
        own = tag in KEPT or "text" in names or "mono" in names or (tag == "option" and "lang" in known)
        kept = own or any(one for _, one in self.open)
        if not kept:
            self.texts += [known[name] or "" for name in TOLD if name in known]
        if tag not in VOID:
            self.open.append((tag, kept))

    def handle_endtag(self, tag: str) -> None:
        while self.open:
            if self.open.pop()[0] == tag:
                return

    def handle_data(self, text: str) -> None:
        if text.strip() and not any(kept for _, kept in self.open):
            self.texts.append(" ".join(text.split()))


def english_of(language: str) -> set[str]:
    """English texts of ours that read otherwise in the language, word for word."""
    own = catalogue(language)
    return {text for key, text in catalogue("en").items() if len(text) > 3 and own.get(key, text) != text}


@pytest.fixture(scope="module")
def filled(desk: Desk, person: UUID) -> tuple[str, ...]:
    return fill(desk, EMAIL)


def reading(desk: Desk, language: str) -> TestClient:
    """Somebody who may see everything and reads the language."""
    email = f"{language}@{desk.tenant_id.hex}.example"
    with app_database().transaction(desk.tenant_id) as connection:
        made = accounts.add_user(connection, desk.tenant_id, email=email, name="", scopes=["admin"], password_hash="")
        assert made is not None
        accounts.set_user_language(connection, made, language)
    cookies = {COOKIE: open_session(made, desk.tenant_id)}
    return TestClient(make_app(), cookies=cookies, headers={"Accept": "text/html", "Accept-Language": language})


def english_on(page: str, language: str) -> list[str]:
    """What of a page's texts is English, by its words or because it is a text of the English catalogue."""
    shown = Shown()
    shown.feed(page)
    known = english_of(language)
    ours = set(catalogue(language).values())
    return [text for text in shown.texts if text not in ours and (ENGLISH.search(text) or text in known)]


@pytest.mark.parametrize("language", ["vi", "de"])
def test_no_page_shows_english_to_who_reads_another_language(
    desk: Desk, other_desk: Desk, filled: tuple[str, ...], language: str
) -> None:
    found = {}
    for name, client, paths in (
        ("full", reading(desk, language), (*PATHS, *filled)),
        ("empty", reading(other_desk, language), PATHS),
    ):
        for path in paths:
            if english := english_on(client.get(path).text, language):
                found[name, path] = list(dict.fromkeys(english))[:8]
    assert found == {}
