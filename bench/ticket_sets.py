"""Sets of labelled tickets: one CSV, or a folder of them, with text,label,split,lang (DESIGN.md, section 7).

Splits `train`, `val` or `dev`, and `test` are used, others ignored; labels that begin with `__oos` are out of scope.
Without a split column, or with only `all`, a fixed hash splits: 60 % train, 10 % val, 30 % test.
"""

import csv
import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

SPLITS = {"train": "train", "val": "val", "dev": "val", "test": "test"}


class Row(NamedTuple):
    """One labelled message."""

    text: str
    label: str
    language: str

    @property
    def in_scope(self) -> bool:
        """Return whether any intent fits."""
        return not self.label.startswith("__oos")


@dataclass(frozen=True)
class TicketSet:
    """One data set: rows by split."""

    name: str
    train: tuple[Row, ...]
    val: tuple[Row, ...]
    test: tuple[Row, ...]
    few: Mapping[int, tuple[Row, ...]] = field(default_factory=dict)  # published few-shot splits (train_10shot)


def read_sets(path: Path) -> list[TicketSet]:
    """Return the data sets at `path`; files without usable splits are passed over.

    Raises ValueError if none is left.
    """
    files = sorted(path.glob("*.csv")) if path.is_dir() else [path]
    read = [_read(file) for file in files]
    found = [one for one in read if one.train and one.test]
    if not found:
        raise ValueError(f"{path}: no CSV with text,label and rows of the splits train and test")
    few = {count: rows for one in read for count, rows in one.few.items()}
    return [replace(found[0], few=few)] if len(found) == 1 else found


def shots(data: TicketSet, count: int, seed: int = 0) -> tuple[Row, ...]:
    """Return the published few-shot rows of that count, or else at most `count` rows of each intent of the train
    split, drawn with a fixed seed; messages out of scope are left out."""
    if count in data.few:
        return data.few[count]
    rows = data.train
    by_label: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if row.in_scope:
            by_label[row.label].append(row)
    draw = np.random.default_rng(seed)
    return tuple(
        by_label[label][int(place)] for label in sorted(by_label) for place in _some(by_label[label], count, draw)
    )


def _some(rows: Sequence[Row], count: int, draw: np.random.Generator) -> Iterable[int]:
    return sorted(draw.permutation(len(rows))[:count])


def _read(file: Path) -> TicketSet:
    rows: dict[str, list[Row]] = defaultdict(list)
    few: dict[int, list[Row]] = defaultdict(list)
    with file.open(encoding="utf-8-sig", newline="") as source:
        reader = csv.DictReader(source)
        if not {"text", "label"} <= set(reader.fieldnames or ()):
            return TicketSet(file.stem, (), (), ())
        raw = [row for row in reader if (row["text"] or "").strip()]
    hashed = all((row.get("split") or "all") == "all" for row in raw)
    for row in raw:
        named = (row.get("split") or "").strip()
        read = Row(row["text"], row["label"].strip(), (row.get("lang") or "").strip())
        rows[_hash_split(row["text"]) if hashed else SPLITS.get(named, "")].append(read)
        if match := re.fullmatch(r"train_(\d+)shot", named):
            few[int(match.group(1))].append(read)
    name = file.parent.name if file.stem == "data" else file.stem
    shown = {count: tuple(found) for count, found in few.items()}
    return TicketSet(name, tuple(rows["train"]), tuple(rows["val"]), tuple(rows["test"]), shown)


def _hash_split(text: str) -> str:
    place = hashlib.sha256(text.encode()).digest()[0] / 256
    return "train" if place < 0.6 else "val" if place < 0.7 else "test"
