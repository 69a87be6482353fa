"""The classifier of given examples, trained once: a developer who runs an agent's cases again does not wait again.

What was trained is left in a file named by the examples, the embedder and this code; it may be removed at any time.
"""

import contextlib
import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path

from agents.triage import blob
from agents.triage.classifier import Classifier
from agents.triage.embedder import Embedder
from agents.triage.examples import Example
from agents.triage.training import train
from core.errors import Broken

KEPT = 4  # files; the least lately used go
_CODE = Path(__file__).parent  # how it is trained is part of what was trained


def trained(examples: Sequence[Example], embedder: Embedder, folder: Path) -> Classifier:
    """Return the classifier of `examples`, from `folder` where it has it."""
    path = folder / f"triage-{_digest(examples, embedder)}.npz"
    try:
        found = blob.unpack(path.read_bytes())
        os.utime(path)
    except (OSError, Broken):
        found = train(examples, embedder=embedder)
        _leave(path, blob.pack(found))
    return found


def _digest(examples: Sequence[Example], embedder: Embedder) -> str:
    code = [(file.name, file.stat().st_mtime_ns, file.stat().st_size) for file in sorted(_CODE.glob("*.py"))]
    told = json.dumps([str(_CODE), code, embedder.name, sorted(examples)])
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def _leave(path: Path, data: bytes) -> None:
    with contextlib.suppress(OSError):  # a cache that cannot be written costs time and nothing else
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(f".{os.getpid()}")
        part.write_bytes(data)
        part.replace(path)
        found = sorted(path.parent.glob("triage-*.npz"), key=lambda one: one.stat().st_mtime_ns)
        for old in found[:-KEPT]:
            old.unlink()
