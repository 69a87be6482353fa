"""`python -m bench.documents PATH`: how right and how fast documents are read, field by field, and what share of them
may go straight through at a certified accuracy.

PATH is a set of documents with keys (bench.document_sets), a folder of e-invoices or of e-mails. Without PATH, `--text`
and `--scans` generate documents and send them through the whole line, `--learning` measures per-sender memory, and
`--types` how well types are known.
"""

import argparse
import json
import os
import statistics
import sys
import threading
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from agents import yaml_errors
from agents.documents.classify import classify
from agents.documents.extract.engine import extract
from agents.documents.values import Reading
from agents.fields_file import FieldsFile
from bench import document_sets
from bench.bare_engine import bare_engine
from bench.document_sets import Case
from core.contracts import FieldValue
from core.errors import SaolaError
from metrics.certificates import binomial
from metrics.certificates.fixed_sequence import choose_threshold
from workers.parse_client import parse

LIBRARY = Path(__file__).resolve().parent.parent / "agents" / "library"
TARGET, AUDITS, DRAWS = 0.95, 1_000, 2_000
PAIRS = (("date", "total"),)
AS_PRINTED = "all, of documents whose keys are as the set's transcripts print them"
Figures = dict[str, Any]


@dataclass(frozen=True)
class Read:
    """What came of one file: the type seen, the fields (none when it was refused), pages, seconds."""

    type: str
    fields: tuple[FieldValue, ...]
    pages: int
    seconds: float
    error: str = ""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one benchmark and print its table and, last, its JSON line."""
    options = _options(arguments)
    if options.text or options.scans:
        from bench import document_line

        result = document_line.run(options)
    elif options.learning:
        from bench import document_learning

        result = document_learning.run(options)
    elif options.types:
        from bench import document_types

        result = document_types.run(options)
    elif document_sets.load(options.path):
        result = _keyed(options)
    else:
        from bench import document_kinds

        result = document_kinds.run(options.path)
    print(json.dumps(result, ensure_ascii=False))


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.documents", description=__doc__)
    parser.add_argument("path", nargs="?", type=Path, help="a folder of documents")
    parser.add_argument("--text", action="store_true", help="generated text PDFs through the whole line")
    parser.add_argument("--scans", action="store_true", help="generated scans through the whole line")
    parser.add_argument("--learning", action="store_true", help="what reviewers' corrections teach about a sender")
    parser.add_argument("--types", action="store_true", help="generated documents of every type, and of none")
    parser.add_argument("--seconds", type=float, default=300.0, help="how long --text and --scans run")
    parser.add_argument("--processor", default="", help="receipt, invoice, ...; empty: by the names of the keys")
    parser.add_argument("--first", type=int, default=0, help="only so many files")
    parser.add_argument("--skip", type=int, default=0, help="leave out so many files at the beginning")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--wrong", action="store_true", help="list what was read wrongly")
    options = parser.parse_args(arguments)
    if options.path is None and not (options.text or options.scans or options.learning or options.types):
        parser.error("give a folder of documents, or --text, --scans, --learning or --types")
    return options


def _keyed(options: argparse.Namespace) -> Figures:
    cases = document_sets.load(options.path)[options.skip :]
    cases = cases[: options.first or None]
    name, file = _processor(options.processor, cases)
    started = time.monotonic()
    with PeakMemory() as memory:
        reads = list(_read_all([case.path for case in cases], name, options.processes))
    seconds = time.monotonic() - started
    available = {spec.name for spec in file.fields}
    names = {
        truth: ours for case in cases for truth in case.truth if (ours := document_sets.field_for(truth, available))
    }
    if options.wrong:
        _show_wrong(cases, reads, names)
    figures = judge(cases, reads, names)
    figures["documents_per_second"] = round(len(cases) / seconds, 3)
    figures["peak_mb"] = round(memory.peak / 1e6)
    pictures = list(document_sets.pages_of([case.path for case in cases]))
    yardstick = {"pages_per_second": bare_engine(pictures[:12]).pages_per_second} if pictures else {}
    _print(options.path, figures, len(cases), seconds)
    return {
        "bench": "documents",
        "data": str(options.path.name),
        "n": len(cases),
        "seconds": round(seconds, 1),
        "processor": name,
        "figures": figures,
        "yardstick": yardstick,
    }


def _processor(wanted: str, cases: Iterable[Case]) -> tuple[str, FieldsFile]:
    """The processor asked for, or the one whose fields answer most of the keys' names."""
    keys = {name for case in cases for name in case.truth}
    best: tuple[int, str, FieldsFile] | None = None
    for folder in sorted(LIBRARY.iterdir()):
        path = folder / "fields.yaml"
        if not path.is_file() or (wanted and folder.name != wanted):
            continue
        file = yaml_errors.parse(FieldsFile, path.read_text("utf-8"))
        available = {spec.name for spec in file.fields}
        hits = sum(document_sets.field_for(key, available) is not None for key in keys)
        hits = hits * 10 + sum(key in available for key in keys)
        if best is None or hits > best[0]:
            best = hits, folder.name, file
    if best is None:
        sys.exit(f"there is no processor {wanted!r} in {LIBRARY}")
    return best[1], best[2]


def _read_all(paths: Sequence[Path], processor: str, processes: int) -> Iterable[Read]:
    with ProcessPoolExecutor(processes) as pool:
        for number, read in enumerate(pool.map(_read_one, paths, [processor] * len(paths)), 1):
            print(f"\r{number} of {len(paths)} read", end="", file=sys.stderr, flush=True)
            yield read
    print(file=sys.stderr)


def _read_one(path: Path, processor: str) -> Read:
    file = yaml_errors.parse(FieldsFile, (LIBRARY / processor / "fields.yaml").read_text("utf-8"))
    started = time.monotonic()
    try:
        reading: Reading = parse(path)
    except SaolaError as error:
        return Read("refused", (), 0, time.monotonic() - started, str(error))
    fields, _ = extract(reading, file)
    return Read(classify(reading).type, fields, len(reading.pages), time.monotonic() - started)


def judge(cases: Sequence[Case], reads: Sequence[Read], names: dict[str, str]) -> Figures:
    """Field accuracy (business and exact rule), document accuracy, F1, and the certified straight-through share."""
    right: dict[str, list[bool]] = {}
    strict: dict[str, list[bool]] = {}
    documents: list[dict[str, tuple[bool, float]]] = []
    hit = proposed = wanted = 0
    for case, read in zip(cases, reads, strict=True):
        fields = {field.name: field for field in read.fields}
        document: dict[str, tuple[bool, float]] = {}
        for truth_name, ours in names.items():
            truth = case.truth.get(truth_name, "")
            field = fields.get(ours)
            if not truth:
                continue
            good = field is not None and document_sets.same(field, truth)
            right.setdefault(truth_name, []).append(good)
            strict.setdefault(truth_name, []).append(field is not None and document_sets.exactly(field, truth))
            document[truth_name] = (good, field.score if field is not None and field.value is not None else 0.0)
            wanted += 1
            proposed += field is not None and field.value is not None
            hit += good
        documents.append(document)
    figures: Figures = {
        "field_accuracy": {name: rate(sum(oks), len(oks)) for name, oks in right.items()},
        "field_accuracy_exact": {name: rate(sum(oks), len(oks)) for name, oks in strict.items()},
    }
    whole = [all(good for good, _ in document.values()) for document in documents]
    figures["document_accuracy"] = rate(sum(whole), len(whole))
    figures["f1"] = round(2 * hit / max(1, proposed + wanted), 4)
    groups = {"all": tuple(names)} | {"+".join(pair): pair for pair in PAIRS if set(pair) < set(names)}
    figures["straight_through_certified"] = {
        label: _straight_through(documents, group) for label, group in groups.items()
    }
    printed = [one for one, case in zip(documents, cases, strict=True) if case.transcribed]
    if printed and len(printed) < len(documents):
        figures["straight_through_certified"][AS_PRINTED] = _straight_through(printed, tuple(names))
    return figures


def _straight_through(documents: Sequence[dict[str, tuple[bool, float]]], group: Sequence[str]) -> Figures:
    """Share of documents above the threshold that 1,000 audits (drawn with replacement) certify at 95 %; the mean
    over 2,000 draws, and the share of draws in which the documents above it are right less often than certified."""
    rows = [[document[name] for name in group if name in document] for document in documents]
    scores = np.array([float(np.prod([score for _, score in row])) for row in rows])
    oks = np.array([all(good for good, _ in row) for row in rows], dtype=float)
    random = np.random.default_rng(7)
    shares, missed = [], 0
    for _ in range(DRAWS):
        drawn = random.integers(0, len(scores), AUDITS)
        choice = choose_threshold(scores[drawn], oks[drawn], population=scores, target=TARGET)
        above = scores >= choice.threshold if choice.threshold is not None else np.zeros(len(scores), bool)
        shares.append(float(above.mean()))
        missed += bool(above.any() and oks[above].mean() < TARGET)
    order = np.argsort(-scores)
    running = np.cumsum(oks[order]) / np.arange(1, len(oks) + 1)
    reach = np.nonzero(running >= TARGET)[0]
    return {
        "value": round(statistics.fmean(shares), 4),
        "target_missed": round(missed / DRAWS, 4),
        "oracle": round(float(reach[-1] + 1) / len(oks), 4) if len(reach) else 0.0,
        "n": len(oks),
        "draws": DRAWS,
    }


def rate(k: int, n: int) -> Figures:
    """A share with its exact interval (Clopper and Pearson)."""
    low, high = binomial.interval(k, n) if n else (0.0, 1.0)
    return {"value": round(k / n, 4) if n else None, "low": round(low, 4), "high": round(high, 4), "k": k, "n": n}


class PeakMemory:
    """Samples the memory of this process and all below it twice a second; `peak` in bytes."""

    def __init__(self) -> None:
        self.peak = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> "PeakMemory":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(0.5):
            whole = 0
            for process in [psutil.Process(), *psutil.Process().children(recursive=True)]:
                try:
                    whole += process.memory_info().rss
                except psutil.NoSuchProcess:
                    continue
            self.peak = max(self.peak, whole)


def _show_wrong(cases: Sequence[Case], reads: Sequence[Read], names: dict[str, str]) -> None:
    for case, read in zip(cases, reads, strict=True):
        fields = {field.name: field for field in read.fields}
        if read.error:
            print(f"{case.path.name}: {read.error}")
        for truth_name, ours in names.items():
            truth, field = case.truth.get(truth_name, ""), fields.get(ours)
            if truth and (field is None or not document_sets.same(field, truth)):
                got = f"{field.value!r} ({field.score:.2f})" if field is not None else "nothing"
                print(f"{case.path.name} [{read.type}] {truth_name}: wanted {truth!r}, read {got}")


def _print(path: Path, figures: Figures, n: int, seconds: float) -> None:
    print(f"\n{path.name}: {n} documents in {seconds:.0f} s, {figures['documents_per_second']} a second")
    print(f"{'field':<24}{'right':>9}{'low':>9}{'high':>9}{'exact':>9}")
    for name, value in figures["field_accuracy"].items():
        exact = figures["field_accuracy_exact"][name]["value"]
        print(f"{name:<24}{value['value']:>9.1%}{value['low']:>9.1%}{value['high']:>9.1%}{exact:>9.1%}")
    whole = figures["document_accuracy"]
    print(f"{'all of a document':<24}{whole['value']:>9.1%}{whole['low']:>9.1%}{whole['high']:>9.1%}")
    for name, value in figures["straight_through_certified"].items():
        print(f"straight through, {name}: {value['value']:.1%} (with a perfect threshold {value['oracle']:.1%})")


if __name__ == "__main__":
    main()
