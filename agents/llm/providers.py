"""Chat models of any provider by LangChain's `init_chat_model`, with one honest timeout and no retries of their own."""

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.request import getproxies

import httpx2
import openai
from langchain.chat_models import init_chat_model
from langchain_core.language_models import BaseChatModel

from agents.llm.breaker import Breaker, breaker_of
from agents.llm.settings import ModelSettings
from agents.manifest import Manifest
from core.errors import Broken

# These take `timeout` with each call, so that a call gets no more than what is left of the run's time.
_TIMEOUT_BY_CALL = {"openai", "azure_openai", "anthropic"}


@dataclass(frozen=True, kw_only=True)
class Model:
    """One model of a chain: its name (provider:name), the chat model and the breaker of that model and server."""

    name: str
    chat: BaseChatModel
    breaker: Breaker

    @property
    def provider(self) -> str:
        return self.name.partition(":")[0]

    def call_settings(self, seconds: float) -> dict[str, Any]:
        """Return the keyword arguments that hold one call to `seconds`."""
        return {"timeout": seconds} if self.provider in _TIMEOUT_BY_CALL else {}


def chain_names(manifest: Manifest, settings: ModelSettings) -> tuple[str, ...]:
    """Return the names of the agent's models, first choice first; empty when no model is configured."""
    own = (manifest.model,) if isinstance(manifest.model, str) else manifest.model
    return tuple(name for name in own if name) or settings.model


def model_chain(manifest: Manifest, settings: ModelSettings) -> tuple[Model, ...]:
    """Return the agent's models in the order in which they are asked.

    Raises Broken when a name lacks its provider, or the provider's package is not installed.
    """
    base_url = manifest.base_url or settings.base_url
    return tuple(_model(name, base_url, settings) for name in chain_names(manifest, settings))


def default_chain(settings: ModelSettings) -> tuple[Model, ...]:
    """Return the models that are configured for all; empty where none is. Raises Broken as above."""
    return tuple(_model(name, settings.base_url, settings) for name in settings.model)


def named_chain(name: str, settings: ModelSettings) -> tuple[Model, ...]:
    """Return one model by its name, at the configured server. Raises Broken as above."""
    return (_model(name, settings.base_url, settings),)


def _model(name: str, base_url: str, settings: ModelSettings) -> Model:
    provider, separator, model = name.partition(":")
    if not (provider and separator and model):
        raise Broken(f"model {name!r} must be written provider:name, for example openai:gpt-5-mini")
    url = base_url if provider == "openai" else ""  # base_url names an OpenAI-compatible server
    key = settings.api_key if _key_belongs(provider, url, settings) else ""
    with _making:  # of the threads that begin at once, one makes it
        chat = _chat_model(provider, model, url, key, settings.timeout, settings.max_output_tokens, settings.logprobs)
    return Model(name=name, chat=chat, breaker=breaker_of(name, url))


def _key_belongs(provider: str, url: str, settings: ModelSettings) -> bool:
    """The key goes to the configured server only: a manifest with a base_url of its own must not get it sent there."""
    if settings.base_url:
        return url.rstrip("/") == settings.base_url.rstrip("/")
    return not url and bool(settings.model) and provider == settings.model[0].partition(":")[0]


_making = threading.Lock()


@lru_cache(maxsize=64)
def _chat_model(
    provider: str, model: str, base_url: str, key: str, timeout: float, max_tokens: int, logprobs: bool
) -> BaseChatModel:
    """Make the chat model once; it is shared by all threads of the worker, and with it its connections."""
    options: dict[str, Any] = {"timeout": timeout, "max_retries": 0, "max_tokens": max_tokens}
    if base_url:
        options |= {"base_url": base_url, "api_key": key or "none", "http_client": TotalTimeoutClient()}
    elif key:
        options["api_key"] = key
    if provider == "openai":
        options.setdefault("http_client", TotalTimeoutClient())
        if logprobs:
            options["logprobs"] = True
    try:
        chat: BaseChatModel = init_chat_model(model, model_provider=provider, **options)
    except ImportError:
        raise Broken(f"the package for {provider!r} models is missing: install langchain-{provider}") from None
    except Exception as error:
        # The text may name keys and hosts; its class is enough to find the cause.
        raise Broken(f"model {provider}:{model} cannot be set up ({type(error).__name__})") from None
    return chat


class _ThreadsOwn(httpx2.BaseTransport):
    """A connection pool for each thread. A worker's threads each wait for one answer at a time, and one pool for all
    of them looks at every other thread's connection, under a lock, whenever one of them begins or ends."""

    def __init__(self) -> None:
        self._verify = httpx2.create_ssl_context()  # loading the certificates takes long; once is enough
        self._local = threading.local()

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        if not hasattr(self._local, "pool"):
            self._local.pool = httpx2.HTTPTransport(verify=self._verify)
        response: httpx2.Response = self._local.pool.handle_request(request)
        return response


class TotalTimeoutClient(openai.DefaultHttpxClient):
    """An HTTP client whose read timeout bounds the whole answer. httpx starts its read timeout anew with each byte, so
    a server that drips one byte now and then would hold a worker's thread for ever. (A server that drips and then
    falls silent holds it for at most twice the timeout.)"""

    def __init__(self) -> None:
        # Where the environment names proxies, httpx's own choice of the transport is left alone.
        super().__init__(transport=None if getproxies() else _ThreadsOwn())

    def send(self, request: httpx2.Request, *, stream: bool = False, **options: Any) -> httpx2.Response:
        seconds = request.extensions.get("timeout", {}).get("read")
        ends = time.monotonic() + seconds if seconds else None
        response: httpx2.Response = super().send(request, stream=True, **options)
        if ends is not None and isinstance(response.stream, httpx2.SyncByteStream):
            response.stream = _Bounded(response.stream, ends, request)
        if not stream:
            try:
                response.read()
            except BaseException:
                response.close()
                raise
        return response


class _Bounded(httpx2.SyncByteStream):
    def __init__(self, inner: httpx2.SyncByteStream, ends: float, request: httpx2.Request) -> None:
        self._inner, self._ends, self._request = inner, ends, request

    def __iter__(self) -> Iterator[bytes]:
        for part in self._inner:
            if time.monotonic() > self._ends:
                raise httpx2.ReadTimeout("the answer took longer than the call's time", request=self._request)
            yield part

    def close(self) -> None:
        self._inner.close()
