from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from agents.manifest import Accepts, Manifest
from agents.triage.classifier import Classifier
from agents.triage.route import read_together, route, ticket_text
from core.contracts import DocumentRead, Message, WorkItem

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def manifest(name: str, **values: Any) -> Manifest:
    return Manifest(**{"name": name, "summary": "An agent.", "owner": "me", "engine": "answers", **values})


CARDS, PARCELS = manifest("cards"), manifest("parcels")
SERVING = {"cards": CARDS, "parcels": PARCELS}


def item(text: str = "", **values: Any) -> WorkItem:
    return WorkItem(
        id=uuid4(), tenant_id=uuid4(), kind=values.pop("kind", "ticket"), received_at=NOW, text=text, **values
    )


def test_a_ticket_goes_to_the_agent_of_its_intent(classifier: Classifier) -> None:
    chosen = route(item("my card is lost, please help"), classifier, SERVING)
    assert (chosen.agent, chosen.intent, chosen.language) == ("cards", "card_lost", "en")
    assert chosen.score > 0.5
    assert {"in_scope", "runner_up", "quick"} <= set(chosen.signals)


def test_the_subject_is_read_too(classifier: Classifier) -> None:
    assert route(item("please help me quickly", subject="Lost card"), classifier, SERVING).intent == "card_lost"


def test_a_ticket_with_two_matters_is_drafted_with_a_low_score_and_says_why(classifier: Classifier) -> None:
    chosen = route(item("my card was stolen yesterday. where is my parcel?"), classifier, SERVING)
    assert chosen.agent is not None
    assert chosen.score < 0.6
    assert "in part like" in chosen.reason and chosen.signals["other_matter"] > 0.4


def test_tickets_read_together_get_the_routes_that_each_gets_alone(classifier: Classifier) -> None:
    texts = ["where is my parcel", "", "my card was stolen yesterday. where is my parcel?", "where is my parcel", "?!"]
    tickets = [item(text) for text in texts]
    stored = Classifier.from_bytes(classifier.to_bytes())
    read = read_together([*tickets, document("invoice")], stored)
    assert set(read) == {texts[0], texts[2]}
    for ticket in tickets:
        alone, together = route(ticket, classifier, SERVING), route(ticket, stored, SERVING, read=read)
        assert (together.agent, together.intent, together.reason) == (alone.agent, alone.intent, alone.reason)
        assert together.score == pytest.approx(alone.score, abs=1e-4)
    assert read_together(tickets, None) == {}


def test_a_ticket_that_fits_nothing_goes_to_a_person(classifier: Classifier) -> None:
    chosen = route(item("I would like to sell you our new line of tractors"), classifier, SERVING)
    assert chosen.agent is None
    assert chosen.reason == "no agent covers this"


def test_a_ticket_of_an_agent_out_of_service_goes_to_a_person(classifier: Classifier) -> None:
    chosen = route(item("my card is lost, please help"), classifier, {"parcels": PARCELS})
    assert chosen.agent is None
    assert "not in service" in chosen.reason


def test_an_agent_takes_only_its_channels(classifier: Classifier) -> None:
    only_mail = {"cards": manifest("cards", accepts=Accepts(channels=("email",)))}
    assert route(item("my card is lost", channel="api"), classifier, only_mail).agent is None
    assert route(item("my card is lost", channel="email"), classifier, only_mail).agent == "cards"


@pytest.mark.parametrize("text", ["", "   ", "?!", "🦄"])
def test_a_message_without_words_goes_to_a_person(classifier: Classifier, text: str) -> None:
    assert route(item(text), classifier, SERVING).agent is None


def test_before_training_everything_goes_to_a_person() -> None:
    assert route(item("my card is lost"), None, SERVING).reason == "triage has not been trained yet"


@pytest.mark.parametrize("text", ["URGENT: my card is lost", "thẻ bị mất, xin làm gấp", "Karte weg, dringend!"])
def test_urgent_words_give_high_priority(classifier: Classifier, text: str) -> None:
    assert route(item(text), classifier, SERVING).priority == "high"


def test_a_short_follow_up_is_read_with_the_message_before_it() -> None:
    earlier = Message(turn=1, author="customer", text="my card is lost", at=NOW)
    asked = Message(turn=1, author="agent", text="lost or broken?", at=NOW)
    assert ticket_text(item("lost", turn=2, messages=(earlier, asked))) == "my card is lost\nlost"


def document(kind: str, media_type: str = "application/pdf") -> WorkItem:
    read = DocumentRead(id=uuid4(), filename="x", media_type=media_type, size=1, sha256="0", type=kind)
    return item(kind="document", documents=(read,))


INVOICES = manifest("invoices", kind="processor", engine="extract", accepts=Accepts(document_types=("invoice",)))


def test_a_document_goes_to_the_processor_of_its_type() -> None:
    assert route(document("invoice"), None, {"invoices": INVOICES, **SERVING}).agent == "invoices"


def test_a_document_of_another_type_goes_to_a_person() -> None:
    chosen = route(document("letter"), None, {"invoices": INVOICES})
    assert chosen.agent is None
    assert "letter" in chosen.reason


def test_a_processor_takes_only_its_media_types() -> None:
    accepts = Accepts(document_types=("invoice",), media_types=("image/png",))
    only_images = {"invoices": INVOICES.model_copy(update={"accepts": accepts})}
    assert route(document("invoice"), None, only_images).agent is None
    assert route(document("invoice", "image/png"), None, only_images).agent == "invoices"
