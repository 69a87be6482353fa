"""A classifier as bytes and back: arrays in .npz with a JSON header, never pickle. Half precision halves the size."""

import hashlib
import io
import json
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from agents.triage.calibration import Calibrator
from agents.triage.ngrams import BUCKETS, Features, Ngrams
from core.errors import Broken

if TYPE_CHECKING:
    from agents.triage.classifier import Classifier

FORMAT = 3
_CALIBRATORS = ("quick_right", "quick_scope", "full_right", "full_scope")


def halved(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return `values` as they will be after storing: rounded to half precision."""
    return values.astype(np.float16).astype(np.float32)


def pack(classifier: "Classifier") -> bytes:
    """Return the classifier's bytes; equal classifiers give equal bytes."""
    header, arrays = _parts(classifier)
    with io.BytesIO() as out:
        arrays["header"] = np.frombuffer(json.dumps(header, sort_keys=True).encode(), np.uint8)
        np.savez(out, allow_pickle=False, **arrays)
        return out.getvalue()


def unpack(data: bytes) -> "Classifier":
    """Return the classifier in `data`. Raises Broken if it is none, or of another format."""
    from agents.triage.classifier import Classifier  # the two modules make one thing; this one is the lower

    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as stored:
            arrays: dict[str, Any] = {name: stored[name] for name in stored.files}
        header = json.loads(arrays.pop("header").tobytes())
    except (ValueError, KeyError, OSError, EOFError, BadZipFile) as error:
        raise Broken(f"these bytes are no classifier: {error}") from None
    if header.get("format") != FORMAT:
        raise Broken(f"a classifier of format {header.get('format')!r}; this version reads {FORMAT}: train again")
    column = np.full(BUCKETS, -1, np.int32)
    column[arrays["buckets"]] = np.arange(len(arrays["buckets"]), dtype=np.int32)
    calibrators = {
        name: Calibrator(
            arrays[f"{name}_mean"], arrays[f"{name}_scale"], arrays[f"{name}_weights"], header["bias"][name]
        )
        for name in _CALIBRATORS
    }
    return Classifier(
        labels=tuple(header["labels"]),
        languages=tuple(header["languages"]),
        embedder=header["embedder"],
        centre=arrays["centre"],
        stretch=arrays["stretch"],
        vectors=arrays["vectors"].astype(np.float32),
        gamma=header["gamma"],
        alpha=arrays["alpha"].astype(np.float32),
        outside=arrays["outside"],
        ngrams=Ngrams(Features(column, arrays["idf"]), arrays["weights"], arrays["ngram_bias"]),
        ngram_weight=header["ngram_weight"],
        quick_from=header["quick_from"],
        spellings=header.get("spellings", {}),
        **calibrators,
    )


def fingerprint(classifier: "Classifier") -> str:
    """Return 16 hex digits of a SHA-256 over everything that could change a route."""
    header, arrays = _parts(classifier)
    digest = hashlib.sha256(json.dumps(header, sort_keys=True).encode())
    for name in sorted(arrays):
        digest.update(name.encode())
        digest.update(np.ascontiguousarray(arrays[name]).tobytes())
    return digest.hexdigest()[:16]


def _parts(classifier: "Classifier") -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    calibrators = {name: getattr(classifier, name) for name in _CALIBRATORS}
    header = {
        "format": FORMAT,
        "labels": classifier.labels,
        "languages": classifier.languages,
        "embedder": classifier.embedder,
        "gamma": classifier.gamma,
        "ngram_weight": classifier.ngram_weight,
        "quick_from": classifier.quick_from,
        "bias": {name: one.bias for name, one in calibrators.items()},
    }
    if classifier.spellings:  # where there are none, bytes and fingerprint are those of before there were any
        header["spellings"] = dict(classifier.spellings)
    arrays: dict[str, NDArray[Any]] = {
        "centre": classifier.centre,
        "stretch": classifier.stretch,
        "vectors": classifier.vectors.astype(np.float16, order="C"),
        "alpha": classifier.alpha.astype(np.float16),
        "outside": classifier.outside,
        "buckets": np.flatnonzero(classifier.ngrams.features.column >= 0).astype(np.int32),
        "idf": classifier.ngrams.features.idf,
        "weights": classifier.ngrams.weights.astype(np.float16),
        "ngram_bias": classifier.ngrams.bias,
    }
    for name, one in calibrators.items():
        arrays |= {f"{name}_mean": one.mean, f"{name}_scale": one.scale, f"{name}_weights": one.weights}
    return header, arrays
