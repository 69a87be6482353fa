"""An embeddings endpoint over real loopback HTTP: what is asked, in which batches, and what its faults become."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import numpy as np
import pytest

from agents.triage.embedders import BATCH, EndpointEmbedder
from core.errors import TryLater


class Endpoint(BaseHTTPRequestHandler):
    """Answers each text with (its length, 1), the last text first; or with what `broken` holds."""

    seen: ClassVar[list[tuple[str, str | None, Any]]] = []
    broken: ClassVar[tuple[int, str] | None] = None

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.seen.append((self.path, self.headers["authorization"], body))
        rows = [{"index": place, "embedding": [len(text), 1]} for place, text in enumerate(body["input"])]
        status, answer = self.broken or (200, json.dumps({"data": rows[::-1]}))
        self.send_response(status)
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer.encode())

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def url() -> Iterator[str]:
    Endpoint.seen, Endpoint.broken = [], None
    with ThreadingHTTPServer(("127.0.0.1", 0), Endpoint) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/v1"
        server.shutdown()
        thread.join()


def test_vectors_come_back_at_length_one_in_the_order_of_the_texts(url: str) -> None:
    texts = ["x" * (1 + place % 7) for place in range(BATCH + 3)]
    vectors = EndpointEmbedder(url, "small", "sk-test").embed(texts)
    lengths = np.array([len(text) for text in texts], np.float32)
    wanted = np.stack([lengths, np.ones_like(lengths)], axis=1)
    np.testing.assert_allclose(vectors, wanted / np.linalg.norm(wanted, axis=1, keepdims=True), rtol=1e-6)
    assert vectors.dtype == np.float32
    assert [(path, key, len(body["input"])) for path, key, body in Endpoint.seen] == [
        ("/v1/embeddings", "Bearer sk-test", BATCH),
        ("/v1/embeddings", "Bearer sk-test", 3),
    ]
    assert {body["model"] for _, _, body in Endpoint.seen} == {"small"}


def test_an_empty_text_is_never_sent_and_without_texts_nothing_is(url: str) -> None:
    embedder = EndpointEmbedder(url, "small")
    embedder.embed(["", "  \n"])
    assert [(key, body["input"]) for _, key, body in Endpoint.seen] == [(None, ["-", "-"])]
    assert len(embedder.embed([])) == 0
    assert len(Endpoint.seen) == 1


@pytest.mark.parametrize(
    "broken", [(500, "no"), (200, "no JSON"), (200, "{}"), (200, '{"data": [{"index": 0}]}'), (200, '{"data": []}')]
)
def test_what_is_no_answer_is_tried_later_without_a_word_of_the_key(url: str, broken: tuple[int, str]) -> None:
    Endpoint.broken = broken
    with pytest.raises(TryLater) as caught:
        EndpointEmbedder(url, "small", "sk-secret").embed(["hello"])
    assert "sk-secret" not in str(caught.value)


def test_a_server_that_is_not_there_is_tried_later() -> None:
    with pytest.raises(TryLater):
        EndpointEmbedder("http://127.0.0.1:9/v1", "small").embed(["hello"])
