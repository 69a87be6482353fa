from pathlib import Path

import pytest

from agents.llm.prices import price_of
from core.errors import Broken


def test_cached_tokens_cost_less_and_are_not_counted_twice() -> None:
    price = price_of("openai:gpt-5-mini")
    assert price is not None
    assert price.of(1_000_000, 400_000, 100_000) == pytest.approx(0.6 * 0.25 + 0.4 * 0.025 + 0.1 * 2.0)


def test_a_model_that_nobody_listed_has_no_price() -> None:
    assert price_of("openai:gemma3-270m") is None


def test_an_operators_own_line_wins(tmp_path: Path) -> None:
    own = tmp_path / "prices.yaml"
    own.write_text("openai:gpt-5-mini: [1, 2, 3]\nopenai:ours: [0, 0, 0]\n")
    price = price_of("openai:gpt-5-mini", own)
    assert price is not None and price.read == 1
    assert price_of("openai:ours", own) is not None
    assert price_of("openai:gpt-5", own) == price_of("openai:gpt-5")


@pytest.mark.parametrize("text", ["openai:x: 3", "- a", "a: [1, 2, three]", ": : ["])
def test_a_list_that_cannot_be_read_is_named(tmp_path: Path, text: str) -> None:
    own = tmp_path / "wrong.yaml"
    own.write_text(text)
    with pytest.raises(Broken, match=r"wrong\.yaml"):
        price_of("openai:x", own)


def test_prices_are_known_for_listed_models_only() -> None:
    price = price_of("openai:gpt-5-mini")
    assert price is not None
    assert price.of(1_000_000, 400_000, 100_000) == pytest.approx(0.6 * 0.25 + 0.4 * 0.025 + 0.1 * 2.0)
    assert price_of("openai:gemma3-270m") is None
