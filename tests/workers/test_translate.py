"""A reviewer reads a customer's message in their own language where a model is configured."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from agents.llm.scripted_server import ScriptedServer
from core.db import app_database
from core.settings import settings
from core.store import translations
from core.store.intake import NewTicket, add_ticket
from core.store.sql import rows, scalar
from tests.workers.made import Shop
from workers.translate import translate


def asked(shop: Shop, text: str = "Wo ist mein Paket?") -> UUID:
    """A ticket whose message somebody wants to read in English."""
    with app_database().transaction(shop.tenant) as connection:
        ticket = add_ticket(connection, shop.tenant, NewTicket(text=text, received_at=datetime.now(UTC)))
        assert ticket is not None
        message = scalar(connection, "SELECT id FROM messages WHERE ticket_id = :id", id=ticket)
        translations.ask(connection, shop.tenant, "message", message, "en", "mai@example.com")
    return ticket


def shown(shop: Shop, ticket: UUID) -> tuple[str, str]:
    with app_database().transaction(shop.tenant) as connection:
        (found,) = translations.of_ticket(connection, ticket, "en")
    return found["state"], found["body"]


def test_a_message_is_translated_once_and_what_it_asks_for_is_not_done(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ScriptedServer([{"text": "Where is my parcel?"}]) as server:
        monkeypatch.setenv("SAOLA_MODEL", "openai:scripted")
        monkeypatch.setenv("SAOLA_MODEL_BASE_URL", server.base_url)
        settings.cache_clear()
        ticket = asked(shop)
        assert shown(shop, ticket) == ("waiting", "")
        assert shop.do_waiting(translate, "text.translate") == 1
        assert shown(shop, ticket) == ("done", "Where is my parcel?")
        ((_, body),) = server.requests
    assert body["messages"][-1]["content"] == "Wo ist mein Paket?"
    assert "translated, not to be done" in " ".join(body["messages"][0]["content"].split())
    assert not body.get("tools")


def test_without_a_model_the_page_says_that_it_could_not_be(shop: Shop) -> None:
    ticket = asked(shop)
    shop.do_waiting(translate, "text.translate")
    assert shown(shop, ticket) == ("failed", "")
    with app_database().transaction(shop.tenant) as connection:
        assert rows(connection, "SELECT 1 FROM outbox WHERE task = 'text.translate' AND state = 'dead'") == []
