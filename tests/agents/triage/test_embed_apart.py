import subprocess
import sys

import numpy as np

from agents.triage import embed_apart
from agents.triage.embed_apart import ApartEmbedder
from agents.triage.embedder import MessageEmbedder


def test_vectors_made_apart_are_the_bundled_ones_in_the_order_given() -> None:
    texts = [f"my card number {number} is lost{' again' * (number % 7)}" for number in range(embed_apart.WORTH_IT + 3)]
    apart = ApartEmbedder(2)
    assert apart.name == MessageEmbedder.name
    np.testing.assert_allclose(apart.embed(texts), MessageEmbedder().embed(texts), atol=1e-6)


ALONE = """
import time
import psutil
from agents.triage import embed_apart
from agents.triage.embedder import MessageEmbedder

MessageEmbedder().embed(["warm"])
before = psutil.Process().num_threads()
embed_apart.ApartEmbedder(2).embed(["a text"] * embed_apart.WORTH_IT)
MessageEmbedder().embed(["and now?"])
end = time.monotonic() + 10  # the pool's own threads end a moment after it
while psutil.Process().num_threads() > before and time.monotonic() < end:
    time.sleep(0.02)
print(psutil.Process().num_threads() - before)
"""


def test_its_process_gets_no_threads_by_it() -> None:
    # Alone: threads that other tests left come and go.
    done = subprocess.run([sys.executable, "-c", ALONE], capture_output=True, text=True, check=True, timeout=120)
    assert int(done.stdout) <= 0
