"""What a model call costs: the shipped price list (prices.yaml) and the operator's own lines over it."""

from functools import lru_cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, RootModel, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from core.errors import Broken

_SHIPPED = Path(__file__).with_name("prices.yaml")
_MILLION = 1_000_000


class Price(BaseModel):
    """US dollars for a million tokens."""

    model_config = ConfigDict(frozen=True)

    read: float
    cached: float
    written: float

    def of(self, input_tokens: int, cached_tokens: int, output_tokens: int) -> float:
        """Return US dollars; `input_tokens` counts the cached ones too."""
        fresh = max(0, input_tokens - cached_tokens)
        return (fresh * self.read + cached_tokens * self.cached + output_tokens * self.written) / _MILLION


class _List(RootModel[dict[str, tuple[float, float, float]]]):
    pass


def price_of(model: str, own: Path | None = None) -> Price | None:
    """Return the price of `model` (provider:name), or None if it is not listed. Raises Broken if a list is wrong."""
    return _prices(own).get(model)


@lru_cache(maxsize=8)
def _prices(own: Path | None) -> dict[str, Price]:
    lines = _read(_SHIPPED) | (_read(own) if own else {})
    return {model: Price(read=read, cached=cached, written=written) for model, (read, cached, written) in lines.items()}


def _read(path: Path) -> dict[str, tuple[float, float, float]]:
    try:
        return _List.model_validate(YAML(typ="safe").load(path.read_text(encoding="utf-8")) or {}).root
    except (OSError, YAMLError, ValidationError) as error:
        raise Broken(f"model prices in {path}: {error}") from None
