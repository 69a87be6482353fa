"""Embeddings remembered across trainings: an agent's new example costs one embedding, not all of them again."""

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from agents.triage.embedder import Embedder

Floats = NDArray[np.float32]

KEPT = 200_000  # vectors of 384 half-precision numbers: 150 MB


class Remembered:
    """An embedder that looks first into a file in `folder`. Vectors are kept in half precision under a hash of the
    text, never the text itself; a file that cannot be read is made anew."""

    def __init__(self, embedder: Embedder, folder: Path) -> None:
        self.name = embedder.name
        self._embedder = embedder
        self._path = folder / f"{hashlib.sha256(embedder.name.encode()).hexdigest()[:16]}.npz"
        self._known = _load(self._path)

    def embed(self, texts: Sequence[str]) -> Floats:
        """Return n x d vectors; those not known yet are computed and kept."""
        keys = [hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest() for text in texts]
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in self._known}
        if missing:
            fresh = self._embedder.embed(list(missing.values())).astype(np.float16)
            self._known.update(zip(missing, fresh, strict=True))
            self._save()
        return np.stack([self._known[key] for key in keys]).astype(np.float32)

    def _save(self) -> None:
        kept = dict(list(self._known.items())[-KEPT:])
        self._path.parent.mkdir(parents=True, exist_ok=True)
        part = self._path.with_suffix(f".{os.getpid()}.npz")
        np.savez(part, keys=np.array(list(kept)), vectors=np.stack(list(kept.values())))
        part.replace(self._path)


def _load(path: Path) -> dict[str, NDArray[np.float16]]:
    try:
        with np.load(path, allow_pickle=False) as stored:
            return dict(zip(stored["keys"].tolist(), stored["vectors"], strict=True))
    except (OSError, ValueError, KeyError, EOFError):
        return {}
