"""Sets of labelled tickets: one CSV, or a folder of them, with text,label,split,lang (DESIGN.md, section 7).

Splits `train`, `val` or `dev`, and `test` are used, others ignored; labels that begin with `__oos` are out of scope.
Without a split column, or with only `all`, a fixed hash splits: 60 % train, 10 % val, 30 % test. Rows without a text or
a label are passed over. Where no row says its language, all are in the one that most of their text looks like.
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

from agents.triage.language import rank

LOOKED_AT = 5_000  # letters from which the language of a set is told
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

    Raises ValueError if none is left, or a file is no CSV in UTF-8, and OSError where it cannot be read.
    """
    files = sorted(path.glob("*.csv")) if path.is_dir() else [path]
    read = [_read(file) for file in files]
    found = [one for one in read if one.test and any(row.in_scope for row in one.train)]
    if not found:
        raise ValueError(f"{path}: no CSV with text,label and labelled rows of the splits train and test")
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
    raw = _raw(file)
    hashed = all((row.get("split") or "all").lower() == "all" for row in raw)
    spoken = "" if any(map(_language, raw)) else _spoken([row["text"] for row in raw])
    for row in raw:
        read, split = Row(row["text"], row["label"], _language(row) or spoken), row.get("split", "").lower()
        rows[_hash_split(row["text"]) if hashed else SPLITS.get(split, "")].append(read)
        if match := re.fullmatch(r"train_(\d+)shot", split):
            few[int(match.group(1))].append(read)
    name = file.parent.name if file.stem == "data" else file.stem
    shown = {count: tuple(found) for count, found in few.items()}
    return TicketSet(name, tuple(rows["train"]), tuple(rows["val"]), tuple(rows["test"]), shown)


def _raw(file: Path) -> list[dict[str, str]]:
    """Return the rows that have a text and a label, by column in lower case; none where there are no such columns."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as source:
            reader = csv.reader(source)
            head = [name.strip().lower() for name in next(reader, [])]
            read = [dict(zip(head, values, strict=False)) for values in reader]
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"{file}: no CSV in UTF-8: {error}") from error
    rows = [{name: value if name == "text" else value.strip() for name, value in row.items()} for row in read]
    return [row for row in rows if row.get("text", "").strip() and row.get("label")]


def _language(row: Mapping[str, str]) -> str:
    """Return the code of a row's language, 'vi' also of 'vi-VN'; '' where it says none, or something else."""
    match = re.match(r"[a-z]{2,3}(?![a-z])", row.get("lang", "").lower())
    return match.group() if match else ""


def _spoken(texts: Sequence[str]) -> str:
    found = rank("\n".join(texts)[:LOOKED_AT])
    return max(found, key=found.__getitem__)


def _hash_split(text: str) -> str:
    place = hashlib.sha256(text.encode()).digest()[0] / 256
    return "train" if place < 0.6 else "val" if place < 0.7 else "test"
