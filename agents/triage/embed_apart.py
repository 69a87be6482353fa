"""Many texts embedded at once, in processes of their own, one for each core: what training needs.

A worker routes each message with one thread: the workers are the parallelism. Bulk work happens apart.
"""

import io
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from agents.triage.embedder import EnglishEmbedder, Floats, MessageEmbedder
from core.errors import Broken
from core.processes import die_with_parent

WORTH_IT = 200  # starting a process takes as long as embedding so many short texts


class ApartEmbedder:
    """The bundled embedder of messages for many texts; a few are embedded here."""

    def __init__(self, processes: int = 0, *, kind: type[MessageEmbedder | EnglishEmbedder] = MessageEmbedder) -> None:
        self.processes = processes or os.cpu_count() or 1
        self.kind, self.name = kind, kind.name

    def english(self) -> "ApartEmbedder | None":
        """Return the embedder of English messages for many texts, or None where this is it."""
        return ApartEmbedder(self.processes, kind=EnglishEmbedder) if self.kind is MessageEmbedder else None

    def embed(self, texts: Sequence[str]) -> Floats:
        """Return n x 384 vectors of length one, the same as the bundled embedder's. Raises Broken where a process
        fails."""
        if len(texts) < WORTH_IT:
            return self.kind().embed(texts)
        parts = [texts[start :: self.processes] for start in range(self.processes)]  # by turns: long ones are spread
        with ThreadPoolExecutor(self.processes) as pool:
            found = list(pool.map(self._apart, parts))
        vectors = np.empty((len(texts), found[0].shape[1]), np.float32)
        for start, part in enumerate(found):
            vectors[start :: self.processes] = part
        return vectors

    def _apart(self, texts: Sequence[str]) -> Floats:
        words = [sys.executable, "-m", "agents.triage.embed_apart", str(os.getpid()), self.kind.__name__]
        done = subprocess.run(words, input=json.dumps(list(texts)).encode(), capture_output=True)
        if done.returncode:
            said = done.stderr.decode("utf-8", "replace")[-300:]
            raise Broken(f"embedding apart ended with {done.returncode}: {said}")
        vectors: Floats = np.load(io.BytesIO(done.stdout), allow_pickle=False)
        return vectors


def main() -> None:
    """Read a JSON list of texts from standard input and write their vectors as .npy."""
    die_with_parent(int(sys.argv[1]))
    kind = EnglishEmbedder if sys.argv[2] == EnglishEmbedder.__name__ else MessageEmbedder
    vectors = kind().embed(json.loads(sys.stdin.buffer.read()))
    with io.BytesIO() as out:
        np.save(out, vectors, allow_pickle=False)
        sys.stdout.buffer.write(out.getvalue())


if __name__ == "__main__":
    main()
