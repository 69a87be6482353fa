"""Sort a model provider's failure into core.errors. A provider's own text never goes further than this file: it can
hold keys, prompts and other customers' data, so messages carry only the model's name, the status and a short code."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from langchain_core.exceptions import (
    ContextOverflowError,
    ModelAPIError,
    ModelAuthenticationError,
    ModelConnectionError,
    ModelInvalidRequestError,
    ModelNotFoundError,
    ModelPermissionDeniedError,
    ModelRateLimitError,
    ModelTimeoutError,
)

from core.errors import Broken, NeedsHuman, SaolaError, TryLater

_CODE = re.compile(r"[a-z_]{3,40}")  # an identifier such as rate_limit_exceeded: too narrow for a key or a sentence
_NO_MONEY = {"insufficient_quota", "billing_hard_limit_reached", "billing_not_active"}
_FILTERED = {"content_filter", "content_policy_violation", "invalid_prompt"}
_LATER = {408, 409, 425, 429, 500, 502, 503, 504, 529}


def sort_failure(model: str, error: Exception) -> SaolaError:
    """Return the SaolaError for what `model` raised: TryLater (with `after` in seconds where the server named it),
    NeedsHuman (this ticket cannot be put to this model) or Broken (key, name or request are wrong)."""
    if isinstance(error, SaolaError):
        return error
    status, code = _status(error), _code(error)
    words = " ".join(str(word) for word in (status, code) if word)
    if isinstance(error, ContextOverflowError):
        return NeedsHuman(f"{model}: the ticket and its sources are too long for the model")
    if code in _NO_MONEY:
        return Broken(f"{model}: the provider's account is out of credit ({words})")
    if code in _FILTERED:
        return NeedsHuman(f"{model}: the provider's content filter refused the ticket ({words})")
    if isinstance(error, ModelRateLimitError) or status == 429:
        return TryLater(f"{model}: rate limited ({words})", after=_retry_after(error))
    if isinstance(error, ModelTimeoutError | TimeoutError):
        return TryLater(f"{model}: no answer in time")
    if isinstance(error, ModelConnectionError | ConnectionError):
        return TryLater(f"{model}: the model server cannot be reached")
    if isinstance(error, ModelAPIError) or status in _LATER or (status or 0) >= 500:
        return TryLater(f"{model}: the model server failed ({words})", after=_retry_after(error))
    if isinstance(error, ModelAuthenticationError | ModelPermissionDeniedError) or status in (401, 403):
        return Broken(f"{model}: the model server refused the key ({words}); check SAOLA_MODEL_API_KEY")
    if isinstance(error, ModelNotFoundError) or status == 404:
        return Broken(f"{model}: the model server does not know this model ({words})")
    if isinstance(error, ModelInvalidRequestError) or status is not None:
        return Broken(f"{model}: the model server refused the request ({words})")
    # Anything else came up while reading the answer: a proxy's error page, cut JSON, a shape nobody agreed on.
    return TryLater(f"{model}: the model server's answer could not be read ({type(error).__name__})")


def _status(error: Exception) -> int | None:
    status = getattr(error, "status_code", None)
    return status if isinstance(status, int) else None


def _code(error: Exception) -> str:
    body = getattr(error, "body", None)
    inner: Any = body.get("error", body) if isinstance(body, dict) else {}
    for value in (getattr(error, "code", None), inner.get("code") if isinstance(inner, dict) else None):
        if isinstance(value, str) and _CODE.fullmatch(value):
            return value
    return ""


def _retry_after(error: Exception) -> float | None:
    """Seconds of the Retry-After header (RFC 9110, section 10.2.3: seconds or a date) or of OpenAI's
    retry-after-ms; None where the server names no time."""
    headers = getattr(getattr(error, "response", None), "headers", None) or {}
    try:
        if (milliseconds := headers.get("retry-after-ms")) is not None:
            return max(0.0, float(milliseconds) / 1000)
        if (value := headers.get("retry-after")) is None:
            return None
        if re.fullmatch(r"\s*\d+(\.\d+)?\s*", value):
            return float(value)
        return max(0.0, (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return None
