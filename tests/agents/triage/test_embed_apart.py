import numpy as np
import psutil

from agents.triage import embed_apart
from agents.triage.embed_apart import ApartEmbedder
from agents.triage.embedder import MessageEmbedder


def test_vectors_made_apart_are_the_bundled_ones_in_the_order_given() -> None:
    texts = [f"my card number {number} is lost{' again' * (number % 7)}" for number in range(embed_apart.WORTH_IT + 3)]
    apart = ApartEmbedder(2)
    assert apart.name == MessageEmbedder.name
    np.testing.assert_allclose(apart.embed(texts), MessageEmbedder().embed(texts), atol=1e-6)


def test_this_process_gets_no_threads_by_it() -> None:
    MessageEmbedder().embed(["warm"])
    before = psutil.Process().num_threads()
    ApartEmbedder(2).embed(["a text"] * embed_apart.WORTH_IT)
    MessageEmbedder().embed(["and now?"])
    assert psutil.Process().num_threads() <= before
