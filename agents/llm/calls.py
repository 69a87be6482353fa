"""Every model call of a run passes here: the one retry layer, the fallback chain, the breakers and the run's budget."""

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from pathlib import Path
from typing import Any

import structlog
from langchain.agents.middleware import AgentMiddleware, ModelRequest, ModelResponse
from langchain_core.messages import AIMessage, SystemMessage
from tenacity import RetryCallState, Retrying, retry_if_exception_type

from agents.contract import Watch
from agents.llm.failures import sort_failure
from agents.llm.prices import price_of
from agents.llm.providers import Model
from agents.llm.settings import ModelSettings
from agents.manifest import Limits
from core.contracts import Usage
from core.errors import Broken, NeedsHuman, SaolaError, TryLater

_log = structlog.get_logger()


class LimitReached(NeedsHuman):
    """The run has used up its steps, tokens or money; the message says which limit of agent.yaml."""


class Budget:
    """What one run has used and may still use. `deadline` is a time.monotonic() value. Used by one thread at a time."""

    def __init__(self, limits: Limits, deadline: float, prices: Path | None = None, watch: Watch | None = None) -> None:
        self._limits, self._prices = limits, prices
        self.watch = watch
        self._started = time.monotonic()
        self.deadline = min(deadline, self._started + limits.seconds)
        self.model_calls = self.tool_calls = 0
        self._steps = 0
        self._read = self._written = self._cached = 0
        self._cost = 0.0
        self._answered: Counter[str] = Counter()  # calls by model, in the order in which they answered first
        self._failed: Counter[str] = Counter()
        self.unpriced: set[str] = set()
        self.unanswered: SaolaError | None = None  # with which the last call ended that no model of a chain answered

    def begin_sample(self) -> None:
        """Begin another pass over the same work item: steps count anew, tokens, money and time go on."""
        self._steps = 0

    def seconds_left(self) -> float:
        """Return the seconds left; raises TryLater when there are none."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TryLater(f"the run's {self._limits.seconds:g} seconds were used up")
        return left

    def check(self) -> None:
        """Raise LimitReached if another model call would go over the agent's limits."""
        if self._steps >= self._limits.steps:
            raise LimitReached(f"the limit of {self._limits.steps} model calls was reached")
        if self._read + self._written >= self._limits.tokens:
            raise LimitReached(f"the limit of {self._limits.tokens} tokens was reached")
        if self._cost >= self._limits.cost > 0:
            raise LimitReached(f"the limit of {self._limits.cost:g} US dollars was reached")
        self.seconds_left()

    def count(self, model: str, message: AIMessage) -> float:
        """Add one answered call; returns what it cost in US dollars, 0 where that is not known."""
        used = message.usage_metadata
        self.model_calls, self._steps = self.model_calls + 1, self._steps + 1
        self._answered[model] += 1
        if used is None:
            return 0.0
        read, written = used["input_tokens"], used["output_tokens"]
        cached = used.get("input_token_details", {}).get("cache_read") or 0
        self._read, self._written, self._cached = self._read + read, self._written + written, self._cached + cached
        if (price := price_of(model, self._prices)) is None:
            self.unpriced.add(model)
            return 0.0
        cost = price.of(read, cached, written)
        self._cost += cost
        return cost

    def failed(self, model: str, error: SaolaError) -> None:
        """Add one call that the provider could not answer or refused; what a model cannot take is no fault of it."""
        if not isinstance(error, NeedsHuman):
            self._failed[model] += 1

    def usage(self) -> Usage:
        """Return what was used so far; `model` names every model that answered, joined by commas."""
        return Usage(
            model=",".join(self._answered),
            model_calls=self.model_calls,
            tool_calls=self.tool_calls,
            input_tokens=self._read,
            output_tokens=self._written,
            cached_tokens=self._cached,
            cost_usd=round(self._cost, 8),
            seconds=round(time.monotonic() - self._started, 4),
            answered=dict(self._answered),
            failed=dict(self._failed),
        )


# Whose chain and budget a model call counts for: graphs are kept for an agent's version and shared by threads.
_current: ContextVar[tuple[Sequence[Model], Budget]] = ContextVar("saola_model_calls")


@contextmanager
def calling(chain: Sequence[Model], budget: Budget) -> Iterator[None]:
    """Let the model calls inside this block, in this thread and those it starts with its context, go to `chain`."""
    token = _current.set((chain, budget))
    try:
        yield
    finally:
        _current.reset(token)


class ModelCalls(AgentMiddleware):
    """Puts each model call to the chain, first choice first. Raises core.errors only, never a provider's error."""

    def __init__(self, settings: ModelSettings) -> None:
        super().__init__()
        self._settings = settings

    def wrap_model_call(
        self, request: ModelRequest[Any], handler: Callable[[ModelRequest[Any]], ModelResponse[Any]]
    ) -> ModelResponse[Any]:
        """Ask each model in turn until one answers; count what it used."""
        chain, budget = _current.get()
        last = request.messages[-1]
        if isinstance(last, AIMessage) and not last.tool_calls:  # asked again, it would only go on talking
            raise NeedsHuman("the model gave no answer in the agreed form")
        budget.check()
        began = time.monotonic()
        failures: list[SaolaError] = []
        for model in chain:
            try:
                response = self._ask(model, budget, request, handler)
            except SaolaError as error:
                failures.append(error)
                continue
            message = next(m for m in response.result if isinstance(m, AIMessage))
            cost = budget.count(model.name, message)
            if budget.watch is not None:
                budget.watch(_step(model.name, request, message, time.monotonic() - began, cost))
            return response
        budget.unanswered = worst(failures)
        raise budget.unanswered

    def _ask(
        self,
        model: Model,
        budget: Budget,
        request: ModelRequest[Any],
        handler: Callable[[ModelRequest[Any]], ModelResponse[Any]],
    ) -> ModelResponse[Any]:
        def attempt() -> ModelResponse[Any]:
            seconds = budget.seconds_left()  # before a breaker lets its one probe through: that must be carried out
            if (wait := model.breaker.wait()) > 0:
                raise _LeftAlone(f"{model.name}: left alone after repeated failures", after=wait)
            prepared = self._request_for(model, request, seconds)
            try:
                response = handler(prepared)
            except Exception as error:
                sorted_error = sort_failure(model.name, error)
                _log.warning("model.failed", model=model.name, error=type(sorted_error).__name__, why=str(sorted_error))
                _tell(model, sorted_error)
                budget.failed(model.name, sorted_error)
                raise sorted_error from None  # the provider's text must not reach a log through the traceback
            model.breaker.worked()
            return response

        later = retry_if_exception_type(TryLater)
        stop = partial(self._stop, budget.deadline)
        return Retrying(retry=later, wait=self._wait, stop=stop, reraise=True, sleep=time.sleep)(attempt)

    def _wait(self, state: RetryCallState) -> float:
        """Seconds before the next attempt: what the server asked for, else full jitter under a doubling ceiling
        (Brooker, Exponential Backoff And Jitter, AWS 2015)."""
        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, TryLater) and error.after is not None:
            return error.after
        return random.uniform(0, min(4.0, self._settings.first_wait * 2 ** (state.attempt_number - 1)))

    def _stop(self, deadline: float, state: RetryCallState) -> bool:
        """Give this model up: too many attempts, a breaker that is open, or a wait that is too long for this run."""
        error = state.outcome.exception() if state.outcome else None
        return (
            isinstance(error, _LeftAlone)
            or state.attempt_number >= self._settings.attempts
            or state.upcoming_sleep > self._settings.longest_wait
            or time.monotonic() + state.upcoming_sleep >= deadline
        )

    def _request_for(self, model: Model, request: ModelRequest[Any], seconds: float) -> ModelRequest[Any]:
        settings = {**request.model_settings, **model.call_settings(min(seconds, self._settings.timeout))}
        if model.provider == "anthropic" and request.system_message is not None:
            # Anthropic caches a prompt only where it is marked; OpenAI-compatible servers do it by themselves.
            block = {"type": "text", "text": request.system_message.text, "cache_control": {"type": "ephemeral"}}
            return request.override(
                model=model.chat, model_settings=settings, system_message=SystemMessage(content=[block])
            )
        return request.override(model=model.chat, model_settings=settings)


def _step(model: str, request: ModelRequest[Any], message: AIMessage, seconds: float, cost: float) -> dict[str, Any]:
    """Return one model call as a developer reads it: what was new to the model, and what it said."""
    said = [place for place, one in enumerate(request.messages) if isinstance(one, AIMessage)]
    new = request.messages[said[-1] + 1 :] if said else request.messages
    used = message.usage_metadata
    return {
        "step": "model",
        "name": model,
        "system": request.system_message.text if request.system_message is not None and not said else "",
        "sent": [one.text for one in new],
        "said": message.text,
        "calls": [{"name": call["name"], "arguments": call["args"]} for call in message.tool_calls],
        "tokens": [used["input_tokens"], used["output_tokens"]] if used else None,
        "cost_usd": round(cost, 8),
        "seconds": round(seconds, 3),
    }


class _LeftAlone(TryLater):
    """The breaker of this model is open."""


def _tell(model: Model, error: SaolaError) -> None:
    """Only a server that cannot answer is left alone; one that refuses at once costs no ticket any time."""
    if isinstance(error, TryLater):
        model.breaker.failed(error.after)
    else:
        model.breaker.worked()


def worst(failures: Sequence[SaolaError]) -> SaolaError:
    """Return the one error that says what to do after a whole chain has failed: try later if any model may recover,
    else a person if any model could only not take this ticket, else the installation is broken."""
    text = "; ".join(str(failure) for failure in failures)
    later = [failure for failure in failures if isinstance(failure, TryLater)]
    if later:
        waits = [failure.after for failure in later if failure.after is not None]
        return TryLater(text, after=min(waits) if waits else None)
    if any(isinstance(failure, NeedsHuman) for failure in failures):
        return NeedsHuman(text)
    return Broken(text)
