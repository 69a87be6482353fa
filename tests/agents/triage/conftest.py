"""One small classifier, trained once with the real embedder, for all tests of triage."""

import pytest

from agents.triage.classifier import Classifier
from agents.triage.examples import Example
from agents.triage.training import train

MESSAGES = {
    "cards/card_lost": {
        "en": [
            "I lost my card",
            "my card is gone",
            "I cannot find my bank card",
            "my card was stolen",
            "lost credit card",
        ],
        "vi": ["Tôi bị mất thẻ", "Thẻ của tôi bị đánh cắp", "Tôi không tìm thấy thẻ", "Mất thẻ tín dụng rồi"],
        "de": [
            "Ich habe meine Karte verloren",
            "Meine Karte ist weg",
            "Karte gestohlen",
            "Ich finde meine Karte nicht",
        ],
    },
    "cards/card_fee": {
        "en": [
            "what does a card cost",
            "is there a yearly fee",
            "how much is the card",
            "card fee",
            "price of the card",
        ],
        "vi": ["Phí thẻ là bao nhiêu", "Thẻ có mất phí thường niên không", "Giá làm thẻ", "Làm thẻ tốn bao nhiêu"],
        "de": ["Was kostet die Karte", "Gibt es eine Jahresgebühr", "Preis der Karte", "Wie hoch ist die Kartengebühr"],
    },
    "parcels/parcel_late": {
        "en": [
            "where is my parcel",
            "my order has not arrived",
            "the delivery is late",
            "still waiting for my package",
        ],
        "vi": ["Đơn hàng của tôi đâu rồi", "Hàng vẫn chưa tới", "Giao hàng trễ quá", "Tôi chờ gói hàng mãi"],
        "de": [
            "Wo ist mein Paket",
            "Meine Bestellung ist nicht da",
            "Die Lieferung ist zu spät",
            "Paket kommt nicht an",
        ],
    },
    "parcels/change_address": {
        "en": [
            "change my delivery address",
            "send it to another address",
            "I moved, new address",
            "wrong address entered",
        ],
        "vi": ["Đổi địa chỉ giao hàng", "Giao tới địa chỉ khác", "Tôi chuyển nhà, địa chỉ mới", "Nhập sai địa chỉ"],
        "de": [
            "Lieferadresse ändern",
            "An eine andere Adresse senden",
            "Ich bin umgezogen",
            "Falsche Adresse angegeben",
        ],
    },
}


@pytest.fixture(scope="session")
def examples() -> list[Example]:
    """Sixty-odd messages of four intents of two agents in three languages."""
    return [
        Example(text, label, language)
        for label, by_language in MESSAGES.items()
        for language, texts in by_language.items()
        for text in texts
    ]


@pytest.fixture(scope="session")
def classifier(examples: list[Example]) -> Classifier:
    """A classifier of those messages."""
    return train(examples)
