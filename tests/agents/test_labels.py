"""How history and staff may name an intent."""

from agents.labels import resolve


def test_history_may_name_an_intent_with_or_without_its_agent() -> None:
    labels = ["cards/lost", "cards/fee", "parcels/fee"]
    assert resolve(["cards/lost", "lost", "fee", "unknown"], labels) == ["cards/lost", "cards/lost", "", ""]
