"""Which embedder the installation uses: the bundled one, an OpenAI-compatible endpoint, or any of LangChain's.

SAOLA_EMBEDDER is `bundled`, `http://host/v1#model` (a server that speaks OpenAI's embeddings API; its key is
SAOLA_MODEL_API_KEY), or `provider:model` as `langchain.embeddings.init_embeddings` takes it. All workers must have the
same: a classifier made with one embedder's vectors refuses another's.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Literal

import httpx
import numpy as np

from agents.triage.embedder import BundledEmbedder, Embedder, Floats, MessageEmbedder, bundled, clean, unit
from core.errors import Broken, TryLater
from core.settings import settings

Kind = Literal["message", "query", "passage"]

SECONDS = 30.0
BATCH = 64


@lru_cache
def chosen(kind: Kind = "query") -> Embedder:
    """Return the process's embedder for messages to be classified, for questions to knowledge, or for its passages.
    Raises Broken where the setting names none."""
    named = settings().embedder
    if named == "bundled" and kind == "message":
        return MessageEmbedder()
    if named == "bundled":
        return bundled() if kind == "query" else BundledEmbedder(kind="passage")
    if named.startswith(("http://", "https://")):
        url, _, model = named.partition("#")
        return EndpointEmbedder(url, model, settings().model_api_key.get_secret_value())
    if ":" in named:
        return LangChainEmbedder(named, "passage" if kind == "passage" else "query")
    raise Broken(f"SAOLA_EMBEDDER={named!r} is neither 'bundled', a URL, nor provider:model")


class EndpointEmbedder:
    """A server that speaks OpenAI's embeddings API. Its vectors are brought to length one."""

    def __init__(self, url: str, model: str, key: str = "") -> None:
        self.name = f"{url}#{model}"
        self._url, self._model = f"{url.rstrip('/')}/embeddings", model
        self._client = httpx.Client(timeout=SECONDS, headers={"Authorization": f"Bearer {key}"} if key else {})

    def embed(self, texts: Sequence[str]) -> Floats:
        """Return n x d vectors. Raises TryLater where the server does not answer as it should."""
        parts = [self._ask(texts[start : start + BATCH]) for start in range(0, len(texts), BATCH)]
        return _unit([vector for part in parts for vector in part])

    def _ask(self, texts: Sequence[str]) -> list[list[float]]:
        # An empty text is refused by most servers.
        body = {"model": self._model, "input": [clean(text).strip() or "-" for text in texts]}
        try:
            answer = self._client.post(self._url, json=body)
            answer.raise_for_status()
            rows = sorted(answer.json()["data"], key=lambda row: int(row["index"]))
            if len(rows) != len(texts):
                raise ValueError(f"{len(rows)} vectors for {len(texts)} texts")
            return [row["embedding"] for row in rows]
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            raise TryLater(f"the embedder at {self._url} does not answer: {type(error).__name__}", after=5.0) from None


class LangChainEmbedder:
    """Any embeddings of LangChain, by `provider:model`. Its package must be installed."""

    def __init__(self, name: str, kind: Literal["query", "passage"]) -> None:
        from langchain.embeddings import init_embeddings  # seconds of imports that the bundled embedder does not need

        self.name = f"langchain/{name}/{kind}"
        try:
            self._model: Any = init_embeddings(name)
        except (ImportError, ValueError) as error:
            raise Broken(f"SAOLA_EMBEDDER={name!r}: {error}") from error
        self._kind = kind

    def embed(self, texts: Sequence[str]) -> Floats:
        """Return n x d vectors. Raises TryLater where the provider fails."""
        readable = [clean(text).strip() or "-" for text in texts]
        try:
            if self._kind == "query":
                return _unit([self._model.embed_query(text) for text in readable])
            return _unit(self._model.embed_documents(readable) if readable else [])
        except Exception as error:  # every provider has errors of its own; their texts may hold secrets
            raise TryLater(f"the embedder {self.name} failed: {type(error).__name__}", after=5.0) from None


def _unit(vectors: Sequence[Sequence[float]]) -> Floats:
    if not vectors:
        return np.zeros((0, 0), np.float32)
    return unit(np.asarray(vectors, np.float32))
