"""What the llm engine needs to know about models and tool servers, as one small frozen value."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from core.settings import Settings


@dataclass(frozen=True, kw_only=True)
class ModelSettings:
    """Models, limits and keys of the llm engine. Times are in seconds.

    `model` is the default chain, used by agents that name none. `api_key` is sent to `base_url` (or, without one, to
    the provider of the first model) and nowhere else. `tool_headers` maps an origin such as https://api.shop.example
    to the Authorization header that OpenAPI and MCP tools send there.
    """

    model: tuple[str, ...] = ()
    base_url: str = ""
    api_key: str = field(default="", repr=False)
    timeout: float = 30.0  # of one model call, headers and body together
    attempts: int = 3  # of one model call, before the next model of the chain is asked
    first_wait: float = 0.5  # ceiling of the first wait between attempts; it doubles, up to 4 seconds
    longest_wait: float = 8.0  # a longer Retry-After goes to the next model, or puts the job off
    max_output_tokens: int = 2048
    logprobs: bool = False  # ask for token log-probabilities, a signal of the score; not every server has them
    prices: Path | None = None  # a YAML file of the operator's own prices, which win over the shipped ones
    tool_headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, settings: Settings) -> "ModelSettings":
        """Return the model settings among all `settings`."""
        return cls(
            model=tuple(name.strip() for name in settings.model.split(",") if name.strip()),
            base_url=settings.model_base_url,
            api_key=settings.model_api_key.get_secret_value(),
            timeout=settings.model_timeout,
            logprobs=settings.model_logprobs,
            prices=settings.model_prices,
            tool_headers={origin: value.get_secret_value() for origin, value in settings.tool_headers.items()},
        )
