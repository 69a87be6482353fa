"""Embeddings that were computed before, kept in one file: training again after a small change takes seconds.

The file is a head (dimensions, 4 bytes) and records of a text's digest (16 bytes) and its vector in half precision.
Records are only ever added, each batch in one write; a record that a crash cut short is passed over. It is a cache: it
may be removed at any time. Vectors come back rounded in the same way whether they were stored or not.
"""

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from agents.triage.embedder import Embedder, Floats
from agents.triage.views import english_of

_DIGEST = 16
_HEAD = 4
MAX_BYTES = 500_000_000


class CachedEmbedder:
    """An embedder that remembers, in a file of its own in `folder`, what `inner` said."""

    def __init__(self, inner: Embedder, folder: Path) -> None:
        self.inner = inner
        self.name = inner.name
        self.path = folder / f"embeddings-{hashlib.sha256(inner.name.encode()).hexdigest()[:16]}.bin"

    def embed(self, texts: Sequence[str]) -> Floats:
        """Return n x d vectors; only texts that were never seen are embedded."""
        digests = [hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=_DIGEST).digest() for text in texts]
        known = self._read()
        missing = {digest: text for digest, text in zip(digests, texts, strict=True) if digest not in known}
        if missing:
            vectors = self.inner.embed(list(missing.values())).astype(np.float16)
            known |= dict(zip(missing, vectors, strict=True))
            self._add(list(missing), vectors)
        if not texts:
            return self.inner.embed([])
        found: Floats = np.stack([known[digest] for digest in digests]).astype(np.float32)
        return found

    def english(self) -> "CachedEmbedder | None":
        """Return the inner embedder's embedder of English, remembered too, or None where it has none."""
        inner = english_of(self.inner)
        return CachedEmbedder(inner, self.path.parent) if inner else None

    def _read(self) -> dict[bytes, NDArray[np.float16]]:
        try:
            data = self.path.read_bytes()
        except OSError:
            return {}
        size = int.from_bytes(data[:_HEAD], "little")
        if not 0 < size < 100_000:
            return {}
        record = np.dtype([("digest", f"V{_DIGEST}"), ("vector", np.float16, (size,))])
        count = (len(data) - _HEAD) // record.itemsize
        rows = np.frombuffer(data, record, count, _HEAD)
        return {row["digest"].tobytes(): row["vector"] for row in rows}

    def _add(self, digests: Sequence[bytes], vectors: NDArray[np.float16]) -> None:
        size = vectors.shape[1]
        step = _DIGEST + 2 * size
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            length = self.path.stat().st_size if self.path.exists() else 0
            if length > MAX_BYTES:
                self.path.unlink()
                length = 0
            head = b"" if length else size.to_bytes(_HEAD, "little")
            # A record cut short by a crash is filled up, so that those after it stay in step.
            gap = b"\0" * (-(length - _HEAD) % step) if length else b""
            body = b"".join(digest + row.tobytes() for digest, row in zip(digests, vectors, strict=True))
            descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                os.write(descriptor, head + gap + body)
            finally:
                os.close(descriptor)
        except OSError:
            return  # a cache that cannot be written costs time and nothing else
